package ch.sbb.esta.results.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MomentsTest {

    @ParameterizedTest
    @CsvSource({
        "1970-01-01T00:00:00Z, 0",
        "1969-12-31T23:59:59.999999999Z, -1",
        "2026-03-01T01:00:00.1+01:00, 1772323200100000",
        "0001-01-01T00:00:00Z, -62135596800000000",
    })
    void readsTimesToTheMicrosecond(String text, long micros) {
        assertThat(Moments.time(text)).isEqualTo(BigInteger.valueOf(micros));
    }

    @Test
    void knowsTheDaysOfEveryYear() {
        for (int year = 1; year <= 9_999; year++) {
            assertThat(Moments.time(String.format("%04d-02-28T00:00:00Z", year)))
                    .isNotNull();
            assertThat(Moments.time(String.format("%04d-02-29T00:00:00Z", year)) != null)
                    .as("year %s", year)
                    .isEqualTo(LocalDate.ofYearDay(year, 1).isLeapYear());
        }
        for (int month = 1; month <= 12; month++) {
            int last = LocalDate.of(2026, month, 1).lengthOfMonth();
            assertThat(Moments.time(String.format("2026-%02d-%02dT00:00:00Z", month, last)))
                    .isEqualTo(Moments.micros(Instant.parse(String.format("2026-%02d-%02dT00:00:00Z", month, last))));
            assertThat(Moments.time(String.format("2026-%02d-%02dT00:00:00Z", month, last + 1)))
                    .isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2026-03-01",
                "2026-03-01 00:00:00Z",
                "2026-03-01T00:00:00",
                "2026-03-01T24:00:00Z",
                "2026-03-01T00:00:60Z",
                "0000-03-01T00:00:00Z",
                "2026-3-1T00:00:00Z",
                "2026-03-01T00:00:00.Z",
                "2026-03-01T00:00:00+16:00",
                "2026-00-01T00:00:00Z",
                "2026-03-00T00:00:00Z",
                "12026-03-01T00:00:00Z",
                "2026-03-01T00:00:00Z\n",
                "2026-03-01t00:00:00z"
            })
    void refusesWhatIsNoTime(String text) {
        assertThat(Moments.time(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "5m, 300000000",
        "1h0m0s, 3600000000",
        "-1.5s, -1500000",
        "1ms2us900ns, 1002",
        "0.5h, 1800000000",
        "5ms, 5000",
    })
    void readsSpans(String text, long micros) {
        assertThat(Moments.span(text)).isEqualTo(BigInteger.valueOf(micros));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "5", "1d", "5 m", "m", "1s1m", "1h1h", "1.h", ".5h", "+5m", "5M", "1234567890h"})
    void refusesWhatIsNoSpan(String text) {
        assertThat(Moments.span(text)).isNull();
    }
}
