package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlErrorsTest {

    @ParameterizedTest
    @CsvSource({
        "08006, UNAVAILABLE",
        "08001, UNAVAILABLE",
        "57P01, UNAVAILABLE",
        "57P03, UNAVAILABLE",
        "53300, UNAVAILABLE",
        "53100, UNAVAILABLE",
        "40P01, UNAVAILABLE",
        "40001, UNAVAILABLE",
        "25006, UNAVAILABLE",
        "58030, UNAVAILABLE",
        "57014, TIMEOUT",
        "55P03, TIMEOUT",
        "25P03, TIMEOUT",
        "42501, DENIED",
        "28P01, DENIED",
        "28000, DENIED",
        "22003, INVALID",
        "23514, INVALID",
        "54000, INVALID",
        "P0001, INVALID",
        "42P01, INTERNAL",
        "42601, INTERNAL",
        "3D000, INTERNAL",
        "XX000, INTERNAL"
    })
    void aSqlStateBecomesACode(String state, Code code) {
        ResultsException e =
                SqlErrors.translate("reading x", new IllegalStateException(new SQLException("secret", state)));

        assertThat(e.code()).isEqualTo(code);
        assertThat(e)
                .hasMessageContaining("reading x")
                .hasMessageContaining(state)
                .hasMessageNotContaining("secret");
        assertThat(e.isRetryable()).isEqualTo(code == Code.UNAVAILABLE || code == Code.TIMEOUT);
    }

    @Test
    void aPoolThatIsExhaustedIsUnavailable() {
        SQLException e = new SQLTransientConnectionException("pool - Connection is not available");

        assertThat(SqlErrors.translate("x", e).code()).isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void aPoolThatIsRefusedTheLoginIsDenied() {
        SQLException e = new SQLTransientConnectionException("pool - Connection is not available", "28P01");

        assertThat(SqlErrors.translate("x", e).code()).isEqualTo(Code.DENIED);
    }

    @ParameterizedTest
    @CsvSource({"22003", "23514", "P0001", "XX000", "54000"})
    void theCauseDoesNotHoldWhatTheServerSaysOfData(String state) {
        ResultsException e = SqlErrors.translate("x", new SQLException("Failing row contains (secret)", state));

        assertThat(e).hasStackTraceContaining(state);
        assertThat(e.getCause()).hasMessageNotContaining("secret").hasNoCause();
    }

    @Test
    void anInterruptStaysVisible() {
        SqlErrors.translate("x", new SQLException("interrupted", new InterruptedException()));

        assertThat(Thread.interrupted()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "08006, false",
        "57014, false",
        "53200, false",
        "40P01, false",
        "42P01, false",
        "42501, false",
        "XX001, false",
        "23503, false",
        "22003, true",
        "23514, true",
        "P0001, true",
        "54000, true"
    })
    void onlyWhatIsAboutARowIsTakenForPoison(String state, boolean poison) {
        assertThat(SqlErrors.isAboutTheRow(new SQLException("x", state))).isEqualTo(poison);
    }
}
