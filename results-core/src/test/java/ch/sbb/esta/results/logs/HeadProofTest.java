package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.Container;
import ch.sbb.esta.results.PodSnapshot.Role;
import ch.sbb.esta.results.PodSnapshot.State;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HeadProofTest {

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private final HeadProof head = new HeadProof(LogCollectorConfig.defaults());

    private void runs(@Nullable Instant started, @Nullable Instant finished) {
        observe(new Container("step-a", Role.STEP, State.TERMINATED, 0, null, null), null, started, finished);
    }

    /** A step behind another one. */
    private void runsBehind(Instant started, @Nullable Instant finished, @Nullable Instant finishedBefore) {
        observe(
                new Container(
                        "step-a",
                        Role.STEP,
                        finishedBefore == null ? State.RUNNING : State.TERMINATED,
                        0,
                        START,
                        finishedBefore),
                "step-a",
                started,
                finished);
    }

    private void observe(
            Container before, @Nullable String waitsFor, @Nullable Instant started, @Nullable Instant finished) {
        Container own = new Container(
                "step-b",
                Role.STEP,
                finished == null ? State.RUNNING : State.TERMINATED,
                0,
                started,
                finished,
                waitsFor);
        head.observe(new PodSnapshot("ci", "pod", "p", "t", false, List.of(before, own)), own);
    }

    private void empty(long asked) {
        head.empty(after(asked), after(asked));
    }

    private static Instant after(long seconds) {
        return START.plusSeconds(seconds);
    }

    @Test
    void aFirstLineThatIsReadSoonAfterTheStartIsTheHead() {
        runs(START, null);
        assertThat(head.doubt(after(3_600), after(10))).isEmpty();
    }

    @Test
    void aFirstLineThatWasWrittenSoonAfterTheStartIsTheHead() {
        runs(START, null);
        assertThat(head.doubt(after(10), after(600))).isEmpty();
        assertThat(head.doubt(after(11), after(600)))
                .hasValueSatisfying(doubt -> assertThat(doubt).contains("10:00:11", "10:10", "10:00:00"));
    }

    @Test
    void aClockFarFromOursProvesNothing() {
        runs(START, null);
        assertThat(head.doubt(after(-3), after(600))).isPresent();
    }

    @Test
    void aShortRunHasItsHeadWheneverItIsRead() {
        runs(START, after(10));
        empty(86_400);
        assertThat(head.doubt(after(500), after(86_400))).isEmpty();
        assertThat(head.doubtOfNothing()).isEmpty();
    }

    @Test
    void aRunOfWhichNothingIsKnownIsDoubted() {
        assertThat(head.doubt(START, START))
                .hasValueSatisfying(doubt -> assertThat(doubt).contains("not known"));
        empty(1);
        assertThat(head.doubtOfNothing()).isPresent();
    }

    @Test
    void readsThatFoundNothingLeadFromTheStartToTheFirstLine() {
        runs(START, null);
        for (int second = 8; second < 300; second += 10) {
            empty(second);
        }
        assertThat(head.doubt(after(300), after(308))).isEmpty();
        assertThat(head.doubt(after(300), after(309))).as("written in time").isEmpty();
        assertThat(head.doubt(after(306), after(307))).isEmpty();
        assertThat(head.doubt(after(310), after(310))).isPresent();
    }

    @Test
    void aReadThatCameTooLateProvesNothing() {
        runs(START, null);
        empty(8);
        empty(19);
        empty(21);
        assertThat(head.doubt(after(22), after(22))).isPresent();
    }

    @Test
    void aReadThatWasAnsweredTooLateProvesNothing() {
        runs(START, null);
        head.empty(after(9), after(30));
        assertThat(head.doubt(after(18), after(18))).isPresent();
    }

    @Test
    void aClockThatIsBehindProvesNothing() {
        runs(START, null);
        empty(8);
        assertThat(head.doubt(after(5), after(600)))
                .as("before the read, but soon after the start")
                .isEmpty();
        empty(16);
        assertThat(head.doubt(after(13), after(600)))
                .as("before the read that found nothing")
                .isPresent();
    }

    @Test
    void aLogThatStaysEmptyIsReadUntilItsEnd() {
        runs(START, null);
        empty(10);
        empty(20);
        runs(START, after(25));
        empty(600);
        assertThat(head.doubtOfNothing()).isEmpty();
    }

    @Test
    void aLogThatWasNotReadForTooLongBeforeItsEndIsDoubted() {
        runs(START, null);
        empty(10);
        runs(START, after(25));
        empty(26);
        assertThat(head.doubtOfNothing()).isPresent();
    }

    @Test
    void aStepBeginsWhenTheOneBeforeHasEnded() {
        runsBehind(START, null, null);
        assertThat(head.isTurnPending()).isTrue();
        assertThat(head.doubt(after(603), after(603))).isPresent();
        runsBehind(START, null, after(600));
        assertThat(head.isTurnPending()).isFalse();
        assertThat(head.doubt(after(603), after(603))).isEmpty();
        assertThat(head.doubt(after(608), after(900))).isEmpty();
        assertThat(head.doubt(after(609), after(900))).isPresent();
    }

    @Test
    void aLookThatFindsTheStepBeforeAtWorkIsAMomentWithoutText() {
        runsBehind(START, null, null);
        head.observedAt(after(600));
        assertThat(head.doubt(after(603), after(603))).isEmpty();
        assertThat(head.doubt(after(611), after(611))).isPresent();
        runsBehind(START, null, after(605));
        head.observedAt(after(700));
        assertThat(head.doubt(after(701), after(701)))
                .as("the step before was not at work any more")
                .isPresent();
    }

    @Test
    void aStepThatNeverGotItsTurnHasACompleteLog() {
        runsBehind(START, after(3_600), after(3_600));
        empty(4_000);
        assertThat(head.doubtOfNothing()).isEmpty();
    }

    @Test
    void anOrderThatCannotBeIsNotBelieved() {
        runsBehind(START, null, null);
        runsBehind(START, after(3_600), after(4_000));
        empty(4_000);
        assertThat(head.doubtOfNothing()).isPresent();
    }
}
