package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LogCollectorConfigTest {

    @Test
    void theDefaultsAreThoseOfTheJavadoc() {
        LogCollectorConfig config = LogCollectorConfig.defaults();
        assertThat(config.maxStreams()).isEqualTo(256);
        assertThat(config.headWindow()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.lagLimit()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.clockTolerance()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.overlap()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.checkAfter()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.silenceLimit()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.minBackoff()).isEqualTo(Duration.ofMillis(200));
        assertThat(config.maxBackoff()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.giveUpAfter()).isEqualTo(Duration.ofMinutes(15));
    }

    @Test
    void allMistakesAreToldAtOnce() {
        assertThatThrownBy(() -> LogCollectorConfig.builder()
                        .maxStreams(0)
                        .headWindow(Duration.ofSeconds(-1))
                        .lagLimit(Duration.ZERO)
                        .clockTolerance(Duration.ofSeconds(-1))
                        .overlap(Duration.ofSeconds(-1))
                        .checkAfter(Duration.ZERO)
                        .silenceLimit(Duration.ZERO)
                        .minBackoff(Duration.ZERO)
                        .maxBackoff(Duration.ofSeconds(-1))
                        .giveUpAfter(Duration.ofSeconds(-1))
                        .build())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID))
                .message()
                .contains(
                        "maxStreams",
                        "headWindow",
                        "lagLimit",
                        "clockTolerance",
                        "overlap",
                        "checkAfter",
                        "silenceLimit",
                        "minBackoff",
                        "maxBackoff",
                        "giveUpAfter");
    }
}
