package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ReaderLagTest {

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private final ReaderLag lag = new ReaderLag(LogCollectorConfig.defaults());

    private static Instant after(long seconds) {
        return START.plusSeconds(seconds);
    }

    @Test
    void whatWasWrittenBeforeTheStreamWasOpenedIsNotLate() {
        lag.opened(after(100));
        assertThat(lag.isLagging(after(0), after(101))).isFalse();
        assertThat(lag.isLagging(after(50), after(104))).isFalse();
        assertThat(lag.isLagging(after(60), after(106))).isTrue();
    }

    @Test
    void aLineThatWaitedIsLateAndOneThatDidNotIsNot() {
        lag.opened(after(0));
        assertThat(lag.isLagging(after(50), after(50))).isFalse();
        assertThat(lag.isLagging(after(55), after(60))).isFalse();
        assertThat(lag.isLagging(after(60), after(65).plusMillis(1))).isTrue();
    }

    @Test
    void aClockAheadIsAllowedForAndOneBehindUpToTheTolerance() {
        lag.opened(after(0));
        assertThat(lag.isLagging(after(130), after(100))).isFalse();
        assertThat(lag.isLagging(after(230), after(204))).isFalse();
        assertThat(lag.isLagging(after(330), after(306))).isTrue();
        ReaderLag other = new ReaderLag(LogCollectorConfig.defaults());
        other.opened(after(0));
        assertThat(other.isLagging(after(93), after(100))).isFalse();
        assertThat(other.isLagging(after(192), after(200))).isTrue();
        assertThat(other.open(after(7))).isEqualTo(Duration.ofSeconds(7));
    }
}
