package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogFileTest {

    private static final String LINES = "first\n\nsecond line\r\n";

    @Test
    void everyLineHasALaterTimeThanTheOneBefore() {
        LogFile file = new LogFile(new LogLinesText(LINES.getBytes(StandardCharsets.UTF_8)), 100_000);
        StringBuilder content = new StringBuilder();
        List<Instant> times = new ArrayList<>();
        for (byte[] more = file.write(); more.length > 0; more = file.write()) {
            for (String line : new String(more, StandardCharsets.UTF_8).split("(?<=\n)", 0)) {
                int space = line.indexOf(' ');
                times.add(Instant.parse(line.substring(0, space)));
                content.append(line.substring(space + 1));
            }
        }

        assertThat(content.toString()).isEqualTo(LINES.repeat(100_000));
        assertThat(times).isSorted().doesNotHaveDuplicates();
        assertThat(times.get(0))
                .isCloseTo(Instant.now(), org.assertj.core.api.Assertions.within(Duration.ofMinutes(1)));
    }

    @Test
    void onlyTheNewestTenMebibytesCanBeReadAgain() {
        LogFile file =
                new LogFile(new LogLinesText("x".repeat(99_999).concat("\n").getBytes(StandardCharsets.UTF_8)), 200);
        int largest = 0;
        byte[] last = new byte[0];
        for (byte[] more = file.write(); more.length > 0; more = file.write()) {
            largest = Math.max(largest, file.newest().length);
            last = more;
        }

        assertThat(largest).isBetween(10 << 20, (10 << 20) + 200_000);
        assertThat(new String(file.newest(), StandardCharsets.UTF_8))
                .endsWith(new String(last, StandardCharsets.UTF_8));
    }
}
