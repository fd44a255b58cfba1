package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.PodSnapshot;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompletenessTest {

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private final Completeness completeness = new Completeness(LogCollectorConfig.defaults());

    private void runs(@Nullable Instant started, @Nullable Instant finished) {
        completeness.run(new PodSnapshot.Container(
                "step", PodSnapshot.Role.STEP, PodSnapshot.State.RUNNING, 0, started, finished));
    }

    private static Instant after(long seconds) {
        return START.plusSeconds(seconds);
    }

    @Test
    void aLogThatWasOpenedSoonAfterTheStartHasItsHead() {
        runs(START, null);
        completeness.opened(after(10));
        assertThat(completeness.headDoubt(after(3_600))).isEmpty();
        assertThat(completeness.headDoubt(null)).isEmpty();
    }

    @Test
    void aLogThatWasOpenedLateHasItsHeadWhenItsFirstLineIsOfTheStart() {
        runs(START, null);
        completeness.opened(after(600));
        assertThat(completeness.headDoubt(after(10))).isEmpty();
        assertThat(completeness.headDoubt(after(11))).isPresent();
        assertThat(completeness.headDoubt(null)).isPresent();
    }

    @Test
    void aClockFarFromOursProvesNothing() {
        runs(START, null);
        completeness.opened(after(-3));
        assertThat(completeness.headDoubt(null)).isPresent();
    }

    @Test
    void aShortRunHasItsHeadWheneverItIsRead() {
        runs(START, after(10));
        completeness.opened(after(86_400));
        assertThat(completeness.headDoubt(null)).isEmpty();
    }

    @Test
    void aRunOfWhichNothingIsKnownIsDoubted() {
        completeness.opened(START);
        assertThat(completeness.headDoubt(START))
                .hasValueSatisfying(doubt -> assertThat(doubt).contains("not known"));
    }

    @Test
    void aSilentStreamThatTheOtherSideEndedIsTakenUpWithoutLosingTheHead() {
        runs(START, null);
        completeness.opened(after(1));
        completeness.ended(after(300));
        completeness.opened(after(301));
        assertThat(completeness.headDoubt(after(500))).isEmpty();
        completeness.ended(after(600));
        completeness.opened(after(611));
        assertThat(completeness.headDoubt(after(700))).isPresent();
    }

    @Test
    void aSilentStreamThatWasClosedFromHereMayHaveBeenDead() {
        runs(START, null);
        completeness.opened(after(1));
        completeness.opened(after(301));
        assertThat(completeness.headDoubt(after(500))).isPresent();
    }

    @Test
    void linesThatWereThereOnceDoNotProveTheHeadOfALogThatIsEmptyAgain() {
        runs(START, null);
        completeness.opened(after(1));
        completeness.delivered();
        completeness.opened(after(60));
        assertThat(completeness.headDoubt(after(55))).isPresent();
    }

    @Test
    void whatWasWrittenBeforeTheStreamWasOpenedIsNotLate() {
        completeness.opened(after(100));
        assertThat(completeness.isLagging(after(0), after(101))).isFalse();
        assertThat(completeness.isLagging(after(50), after(104))).isFalse();
        assertThat(completeness.isLagging(after(60), after(106))).isTrue();
    }

    @Test
    void aLineThatWaitedIsLateAndOneThatDidNotIsNot() {
        completeness.opened(after(0));
        assertThat(completeness.isLagging(after(50), after(50))).isFalse();
        assertThat(completeness.isLagging(after(55), after(60))).isFalse();
        assertThat(completeness.isLagging(after(60), after(65).plusMillis(1))).isTrue();
    }

    @Test
    void aClockAheadIsAllowedForAndOneBehindUpToTheTolerance() {
        completeness.opened(after(0));
        assertThat(completeness.isLagging(after(130), after(100))).isFalse();
        assertThat(completeness.isLagging(after(230), after(204))).isFalse();
        assertThat(completeness.isLagging(after(330), after(306))).isTrue();
        Completeness other = new Completeness(LogCollectorConfig.defaults());
        other.opened(after(0));
        assertThat(other.isLagging(after(93), after(100))).isFalse();
        assertThat(other.isLagging(after(192), after(200))).isTrue();
        assertThat(other.open(after(7))).isEqualTo(Duration.ofSeconds(7));
    }
}
