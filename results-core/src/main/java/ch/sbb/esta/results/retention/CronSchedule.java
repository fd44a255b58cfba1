package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Points in time in the notation of cron, in UTC: minute, hour, day of the month, month, day of the week, each {@code *}, a number, a
 * range {@code a-b}, either with a step {@code /n}, or a comma list of those. Months and days of the week have names of three letters; Sunday
 * is 0 or 7. Where both days are restricted, one of them suffices. Also {@code @hourly}, {@code @daily}, {@code @midnight},
 * {@code @weekly}, {@code @monthly}, {@code @yearly} and {@code @annually}.
 *
 * <p>Immutable and thread-safe.
 */
public final class CronSchedule {

    private static final int DAYS_AHEAD = 366 * 8 + 2;
    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final List<String> WEEKDAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
    private static final Map<String, String> SHORT = Map.of(
            "@hourly", "0 * * * *",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@weekly", "0 0 * * 0",
            "@monthly", "0 0 1 * *",
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *");

    /** Sundays at 07:07, the default of Tekton Results. */
    public static final CronSchedule WEEKLY = parse("7 7 * * 7");

    private final String text;
    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet days;
    private final BitSet months;
    private final BitSet weekdays;
    private final boolean anyDayIsEnough;

    private CronSchedule(String text, String[] fields) {
        this.text = text;
        minutes = field(fields[0], 0, 59, List.of());
        hours = field(fields[1], 0, 23, List.of());
        days = field(fields[2], 1, 31, List.of());
        months = field(fields[3], 1, 12, MONTHS);
        weekdays = field(fields[4], 0, 7, WEEKDAYS);
        if (weekdays.get(7)) {
            weekdays.set(0);
        }
        anyDayIsEnough = !isAny(fields[2]) && !isAny(fields[4]);
    }

    /**
     * Reads a schedule.
     *
     * @param text five fields, or one of the words with an at sign
     * @return the schedule
     * @throws ResultsException {@code INVALID} when it is of another form or there is no such day within eight years
     */
    public static CronSchedule parse(String text) {
        String plain = text.trim().toLowerCase(Locale.ROOT);
        String[] fields = SHORT.getOrDefault(plain, plain).split("\\s+", -1);
        if (fields.length != 5) {
            throw malformed(
                    text, "it takes five fields: minute, hour, day of the month, month, day of the week (in UTC)");
        }
        CronSchedule schedule;
        try {
            schedule = new CronSchedule(text.trim(), fields);
        } catch (ResultsException e) {
            throw malformed(text, String.valueOf(e.getMessage()));
        }
        if (schedule.find(Instant.EPOCH).isEmpty()) {
            throw malformed(text, "there is no such day");
        }
        return schedule;
    }

    /**
     * The first point in time behind another.
     *
     * @param after a time
     * @return the next time of this schedule, later than that
     */
    public Instant next(Instant after) {
        return find(after).orElseThrow(() -> malformed(text, "there is no such day"));
    }

    private Optional<Instant> find(Instant after) {
        LocalDateTime from = LocalDateTime.ofInstant(Objects.requireNonNull(after, "after"), ZoneOffset.UTC)
                .withSecond(0)
                .withNano(0)
                .plusMinutes(1);
        LocalDate day = from.toLocalDate();
        for (int i = 0; i < DAYS_AHEAD; i++, day = day.plusDays(1)) {
            if (!isDue(day)) {
                continue;
            }
            int first = i == 0 ? from.getHour() : 0;
            for (int hour = hours.nextSetBit(first); hour >= 0; hour = hours.nextSetBit(hour + 1)) {
                int minute = minutes.nextSetBit(i == 0 && hour == from.getHour() ? from.getMinute() : 0);
                if (minute >= 0) {
                    return Optional.of(day.atTime(hour, minute).toInstant(ZoneOffset.UTC));
                }
            }
        }
        return Optional.empty();
    }

    private boolean isDue(LocalDate day) {
        if (!months.get(day.getMonthValue())) {
            return false;
        }
        boolean byMonth = days.get(day.getDayOfMonth());
        boolean byWeek = weekdays.get(day.getDayOfWeek().getValue() % 7);
        return anyDayIsEnough ? byMonth || byWeek : byMonth && byWeek;
    }

    private static boolean isAny(String field) {
        return field.startsWith("*") || field.equals("?");
    }

    private static BitSet field(String field, int min, int max, List<String> names) {
        BitSet set = new BitSet();
        for (String item : field.split(",", -1)) {
            String[] stepped = item.split("/", -1);
            if (stepped.length > 2) {
                throw ResultsException.invalid(Escaped.of(item) + " has more than one step");
            }
            int from = min;
            int to = max == 7 ? 6 : max;
            if (!stepped[0].equals("*") && !stepped[0].equals("?")) {
                String[] range = stepped[0].split("-", -1);
                if (range.length > 2) {
                    throw ResultsException.invalid(Escaped.of(item) + " is no range");
                }
                from = number(range[0], min, max, names);
                to = range.length == 2 ? number(range[1], min, max, names) : stepped.length == 2 ? to : from;
            }
            int step = stepped.length == 2 ? number(stepped[1], 1, max, List.of()) : 1;
            if (from > to) {
                throw ResultsException.invalid(Escaped.of(item) + " ends before it begins");
            }
            for (int i = from; i <= to; i += step) {
                set.set(i);
            }
        }
        return set;
    }

    private static int number(String text, int min, int max, List<String> names) {
        int named = names.indexOf(text);
        if (named >= 0) {
            return named + min;
        }
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) < min || Integer.parseInt(text) > max) {
            throw ResultsException.invalid(Escaped.of(text) + " is not between " + min + " and " + max);
        }
        return Integer.parseInt(text);
    }

    private static ResultsException malformed(String text, String why) {
        return ResultsException.invalid("the schedule " + Escaped.of(text) + " is malformed: " + why);
    }

    /** The text that was parsed. */
    @Override
    public String toString() {
        return text;
    }
}
