package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttemptsTest {

    private static SQLException failure(String state) {
        return new SQLException("x", state);
    }

    @ParameterizedTest
    @ValueSource(strings = {"08006", "08001", "08003", "08P01", "57P01", "57P02", "57P03", "57P05", "25006"})
    void whatIsLostIsTriedAgainForAWhile(String state) {
        Attempts patient = new Attempts(Duration.ofHours(1));
        assertThat(patient.repeat(failure(state))).isTrue();
        assertThat(patient.repeat(failure(state))).isTrue();

        Attempts hasty = new Attempts(Duration.ofNanos(1));
        assertThat(hasty.repeat(failure(state))).as("at once").isTrue();
        assertThat(hasty.repeat(failure(state))).isFalse();

        assertThat(new Attempts(Duration.ZERO).repeat(failure(state))).isFalse();
    }

    @Test
    void whoLosesAgainstOthersTriesTenTimes() {
        Attempts attempts = new Attempts(Duration.ZERO);
        int tries = 1;
        while (attempts.repeat(failure("40P01"))) {
            tries++;
        }
        assertThat(tries).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"57014", "42P01", "28P01", "53300", "22003", "XX000"})
    void whatWouldFailAgainIsNotTriedAgain(String state) {
        assertThat(new Attempts(Duration.ofHours(1)).repeat(failure(state))).isFalse();
    }

    @Test
    void anInterruptedThreadDoesNotTryAgain() {
        Thread.currentThread().interrupt();
        try {
            assertThat(new Attempts(Duration.ofHours(1)).repeat(failure("08006")))
                    .isFalse();
            assertThat(new Attempts(Duration.ofHours(1)).repeat(failure("40001")))
                    .isFalse();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
