package ch.sbb.esta.results.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {

    @ParameterizedTest
    @CsvSource({
        "0 2 * * *, 2026-03-01T02:00:00Z, 2026-03-02T02:00:00Z",
        "0 2 * * *, 2026-03-01T01:59:59.999Z, 2026-03-01T02:00:00Z",
        "7 7 * * 7, 2026-03-01T07:06:00Z, 2026-03-01T07:07:00Z",
        "7 7 * * 0, 2026-03-01T07:07:00Z, 2026-03-08T07:07:00Z",
        "7 7 * * sun, 2026-03-01T07:07:00Z, 2026-03-08T07:07:00Z",
        "*/15 * * * *, 2026-03-01T23:50:00Z, 2026-03-02T00:00:00Z",
        "5/20 8 * * *, 2026-03-01T08:06:00Z, 2026-03-01T08:25:00Z",
        "'0 9-17/4,20 * * MON-FRI', 2026-02-28T00:00:00Z, 2026-03-02T09:00:00Z",
        "'0 9-17/4,20 * * MON-FRI', 2026-03-02T17:00:00Z, 2026-03-02T20:00:00Z",
        "0 0 29 2 *, 2026-03-01T00:00:00Z, 2028-02-29T00:00:00Z",
        "0 0 29 2 *, 2096-03-01T00:00:00Z, 2104-02-29T00:00:00Z",
        "0 0 13 * fri, 2026-03-01T00:00:00Z, 2026-03-06T00:00:00Z",
        "0 0 13 * fri, 2026-03-10T00:00:00Z, 2026-03-13T00:00:00Z",
        "0 0 ? JAN ?, 2026-03-01T00:00:00Z, 2027-01-01T00:00:00Z",
        "0 0 1 */5 *, 2026-03-01T00:00:00Z, 2026-06-01T00:00:00Z",
        "0 0 * * 5-7, 2026-03-01T00:00:00Z, 2026-03-06T00:00:00Z",
        "@hourly, 2026-03-01T00:00:00Z, 2026-03-01T01:00:00Z",
        "@daily, 2026-03-01T00:00:00Z, 2026-03-02T00:00:00Z",
        "@Weekly, 2026-03-02T00:00:00Z, 2026-03-08T00:00:00Z",
        "@monthly, 2026-03-01T00:00:00Z, 2026-04-01T00:00:00Z",
        "@yearly, 2026-03-01T00:00:00Z, 2027-01-01T00:00:00Z"
    })
    void theNextTimeIsTheFirstThatFits(String text, Instant after, Instant expected) {
        assertThat(CronSchedule.parse(text).next(after)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * 32 * *",
                "* * * 13 *",
                "* * * * 8",
                "5-1 * * * *",
                "1-2-3 * * * *",
                "*/0 * * * *",
                "*/x * * * *",
                "1/2/3 * * * *",
                "1,,2 * * * *",
                "-1 * * * *",
                "mon * * * *",
                "0 0 30 2 *",
                "@every 1h",
                "@reboot",
                "CRON_TZ=UTC 0 0 * * *"
            })
    void textThatIsNoScheduleIsInvalid(String text) {
        assertThatThrownBy(() -> CronSchedule.parse(text))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("the schedule \"" + text + "\"");
    }

    @Test
    void noTimeIsLeftOutWhateverTheSchedule() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            int minute = random.nextInt(60);
            int hour = random.nextInt(24);
            int day = 1 + random.nextInt(28);
            int weekday = 1 + random.nextInt(7);
            CronSchedule schedule = CronSchedule.parse(minute + " " + hour + " " + day + " * " + weekday);
            Instant start = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(random.nextInt(100_000_000));
            LocalDateTime walk = LocalDateTime.ofInstant(start, ZoneOffset.UTC)
                    .withSecond(0)
                    .withNano(0)
                    .plusMinutes(1);
            while (walk.getMinute() != minute
                    || walk.getHour() != hour
                    || (walk.getDayOfMonth() != day && walk.getDayOfWeek() != DayOfWeek.of(weekday))) {
                walk = walk.plusMinutes(1);
            }

            assertThat(schedule.next(start))
                    .as("seed %s, %s after %s", seed, schedule, start)
                    .isEqualTo(walk.toInstant(ZoneOffset.UTC));
        }
    }
}
