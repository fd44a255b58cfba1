package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FanOutConfigTest {

    @Test
    void theDefaultsAreThoseOfTheJavadoc() {
        FanOutConfig config = FanOutConfig.builder().build();
        assertThat(config.threads()).isEqualTo(4);
        assertThat(config.windowBytes()).isEqualTo(32 << 10);
        assertThat(config.bufferBytes()).isEqualTo(16 << 20);
        assertThat(config.maxLogs()).isEqualTo(10_000);
        assertThat(config.minPause()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.maxPause()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.stallAfter()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.closeLimit()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.clock().instant()).isNotNull();
    }

    @Test
    void allMistakesAreToldAtOnce() {
        assertThatThrownBy(() -> FanOutConfig.builder()
                        .threads(9)
                        .windowBytes(64 << 10)
                        .bufferBytes(-1)
                        .maxLogs(0)
                        .minPause(Duration.ZERO)
                        .maxPause(Duration.ofHours(2))
                        .stallAfter(Duration.ZERO)
                        .closeLimit(Duration.ofSeconds(-1))
                        .build())
                .isInstanceOf(ResultsException.class)
                .hasMessageContainingAll(
                        "threads 9",
                        "windowBytes 65536",
                        "bufferBytes -1",
                        "maxLogs 0",
                        "minPause PT0S",
                        "maxPause PT2H",
                        "stallAfter PT0S",
                        "closeLimit PT-1S");
    }
}
