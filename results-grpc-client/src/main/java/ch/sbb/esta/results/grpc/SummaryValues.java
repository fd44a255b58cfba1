package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the figures of a summary as the server's database prints them: counts are numbers, times are seconds since 1970 as a number or as
 * text, durations are text such as {@code 1 day 02:03:04.5}, what is missing is null.
 */
final class SummaryValues {

    private static final Pattern INTERVAL = Pattern.compile(
            "(?:(?<days>[+-]?\\d{1,9}) days?)? ?(?:(?<sign>[+-]?)(?<hours>\\d{1,12}):(?<minutes>\\d{2}):(?<seconds>\\d{2}(?:\\.\\d{1,6})?))?");

    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,18}(?:\\.\\d{1,18})?");

    private SummaryValues() {}

    static StatisticsRow row(Struct summary, StatisticsQuery query) {
        StatisticsRow.Builder row = StatisticsRow.builder();
        Grouping grouping = query.grouping().orElse(null);
        if (grouping instanceof Grouping.ByTime) {
            row.groupTime(time(value(summary, "group_value")));
        } else if (grouping != null) {
            row.group(text(value(summary, "group_value")));
        }
        for (Aggregate aggregate : query.aggregates()) {
            Value value = value(summary, aggregate.text());
            switch (aggregate.kind()) {
                case COUNT -> row.count(aggregate, count(value));
                case TIME -> row.time(aggregate, time(value));
                case DURATION -> row.duration(aggregate, duration(value));
                case RATE -> throw new IllegalArgumentException(aggregate + " is never asked for");
            }
        }
        return row.build();
    }

    private static Value value(Struct summary, String field) {
        Value value = summary.getFieldsMap().get(field);
        if (value == null) {
            throw unreadable("a summary without " + field);
        }
        return value;
    }

    private static boolean isNull(Value value) {
        return value.getKindCase() == Value.KindCase.NULL_VALUE;
    }

    private static @Nullable String text(Value value) {
        if (isNull(value)) {
            return null;
        }
        if (value.getKindCase() != Value.KindCase.STRING_VALUE) {
            throw unreadable("a group that is no text");
        }
        return value.getStringValue();
    }

    private static long count(Value value) {
        try {
            return number(value).longValueExact();
        } catch (ArithmeticException e) {
            throw unreadable("a count that is no whole number");
        }
    }

    private static @Nullable Instant time(Value value) {
        if (isNull(value)) {
            return null;
        }
        BigDecimal micros = number(value).movePointRight(6).setScale(0, RoundingMode.HALF_UP);
        try {
            return Instant.EPOCH.plus(micros.longValueExact(), ChronoUnit.MICROS);
        } catch (ArithmeticException | DateTimeException e) {
            throw unreadable("a time beyond all calendars");
        }
    }

    private static BigDecimal number(Value value) {
        if (value.getKindCase() == Value.KindCase.NUMBER_VALUE && Double.isFinite(value.getNumberValue())) {
            return BigDecimal.valueOf(value.getNumberValue());
        }
        if (value.getKindCase() == Value.KindCase.STRING_VALUE
                && NUMBER.matcher(value.getStringValue()).matches()) {
            return new BigDecimal(value.getStringValue());
        }
        throw unreadable("something else where a number should be");
    }

    private static @Nullable Duration duration(Value value) {
        String text = text(value);
        if (text == null) {
            return null;
        }
        Matcher interval = INTERVAL.matcher(text);
        if (text.isBlank() || !interval.matches()) {
            throw unreadable("the duration " + Escaped.of(text));
        }
        Duration duration = Duration.ZERO;
        if (interval.group("days") != null) {
            duration = Duration.ofDays(Long.parseLong(interval.group("days")));
        }
        if (interval.group("hours") != null) {
            long micros =
                    new BigDecimal(interval.group("seconds")).movePointRight(6).longValueExact();
            Duration rest = Duration.ofHours(Long.parseLong(interval.group("hours")))
                    .plusMinutes(Long.parseLong(interval.group("minutes")))
                    .plus(micros, ChronoUnit.MICROS);
            duration = interval.group("sign").equals("-") ? duration.minus(rest) : duration.plus(rest);
        }
        return duration;
    }

    private static ResultsException unreadable(String what) {
        return new ResultsException(ResultsException.Code.INTERNAL, "the server answered " + what);
    }
}
