package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.RunSnapshot.Origin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunVersionTest {

    private static RunVersion watched(boolean finished, String version) {
        return new RunVersion(finished, version, Origin.WATCH);
    }

    @ParameterizedTest
    @CsvSource({
        "true, 1, false, 9, true",
        "false, 9, true, 1, false",
        "true, 9, true, 10, false",
        "true, 10, true, 9, true",
        "true, 5, true, 5, true",
        "false, 007, false, 7, true",
        "true, 99999999999999999999, true, 9, true",
        "true, 9, true, 99999999999999999999, false",
        "true, abc, true, 9, true",
        "true, 9, true, abc, true",
        "true, '', true, 9, true",
        "true, -1, true, 9, true"
    })
    void decidesWhichStays(boolean finished, String version, boolean storedFinished, String stored, boolean newer) {
        assertThat(watched(finished, version).supersedes(watched(storedFinished, stored)))
                .isEqualTo(newer);
    }

    @Test
    void aLiveReadBeatsAHigherVersionButNotAFinishedOne() {
        RunVersion live = new RunVersion(false, "3", Origin.LIVE_READ);
        assertThat(live.supersedes(watched(false, "9"))).isTrue();
        assertThat(live.supersedes(watched(true, "1"))).isFalse();
        assertThat(new RunVersion(true, "3", Origin.LIVE_READ).supersedes(watched(true, "9")))
                .isTrue();
        assertThat(watched(true, "2").supersedes(new RunVersion(true, "3", Origin.LIVE_READ)))
                .as("where the stored version came from does not matter")
                .isFalse();
    }

    @Test
    void whateverTheOrderOfArrivalTheSameVersionStays() {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            List<RunVersion> versions = new ArrayList<>();
            for (int i = 0; i < 2 + random.nextInt(8); i++) {
                versions.add(watched(random.nextBoolean(), String.valueOf(random.nextInt(30))));
            }
            RunVersion expected = stays(versions);
            for (int i = 0; i < 5; i++) {
                Collections.shuffle(versions, random);
                assertThat(stays(versions)).as("seed %s, %s", seed, versions).isEqualTo(expected);
            }
            for (RunVersion version : versions) {
                assertThat(expected.supersedes(version))
                        .as("seed %s, %s over %s", seed, expected, version)
                        .isTrue();
            }
        }
    }

    private static RunVersion stays(List<RunVersion> arrivals) {
        RunVersion stored = arrivals.get(0);
        for (RunVersion version : arrivals) {
            stored = version.supersedes(stored) ? version : stored;
        }
        return stored;
    }
}
