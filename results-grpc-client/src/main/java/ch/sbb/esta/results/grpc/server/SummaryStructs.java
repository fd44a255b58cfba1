package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Writes figures as servers of Tekton Results do: numbers, Unix seconds, and lengths of time as Postgres prints them. */
final class SummaryStructs {

    private static final Value NULL =
            Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();

    private SummaryStructs() {}

    static Struct of(StatisticsRow row, StatisticsQuery query) {
        Struct.Builder struct = Struct.newBuilder();
        query.grouping().ifPresent(grouping -> struct.putFields("group_value", group(row, grouping)));
        for (Aggregate aggregate : query.aggregates()) {
            struct.putFields(aggregate.text(), figure(row, aggregate));
        }
        return struct.build();
    }

    private static Value group(StatisticsRow row, Grouping grouping) {
        return grouping instanceof Grouping.ByTime
                ? row.groupTime().map(SummaryStructs::seconds).orElse(NULL)
                : row.group().map(SummaryStructs::text).orElse(NULL);
    }

    private static Value figure(StatisticsRow row, Aggregate aggregate) {
        return switch (aggregate.kind()) {
            case COUNT -> number((double) row.count(aggregate));
            case RATE -> {
                var rate = row.rate(aggregate);
                yield rate.isPresent() ? number(rate.getAsDouble()) : NULL;
            }
            case TIME -> row.time(aggregate).map(SummaryStructs::seconds).orElse(NULL);
            case DURATION -> {
                Optional<Duration> duration = row.duration(aggregate);
                yield duration.map(length -> text(interval(length))).orElse(NULL);
            }
        };
    }

    private static Value seconds(Instant time) {
        return number(time.getEpochSecond() + time.getNano() / 1e9);
    }

    /** For example {@code 1 day 02:03:04.5}. */
    static String interval(Duration duration) {
        Duration length = duration.abs();
        String sign = duration.isNegative() ? "-" : "";
        StringBuilder text = new StringBuilder();
        long days = length.toDays();
        if (days > 0) {
            text.append(sign).append(days).append(days == 1 && sign.isEmpty() ? " day" : " days");
        }
        if (days == 0 || !length.minusDays(days).isZero()) {
            text.append(days > 0 ? " " : "").append(sign);
            text.append(String.format(
                    "%02d:%02d:%02d", length.toHoursPart(), length.toMinutesPart(), length.toSecondsPart()));
            int micros = length.toNanosPart() / 1_000;
            if (micros > 0) {
                text.append('.').append(String.format("%06d", micros).replaceAll("0+$", ""));
            }
        }
        return text.toString();
    }

    private static Value number(double number) {
        return Value.newBuilder().setNumberValue(number).build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }
}
