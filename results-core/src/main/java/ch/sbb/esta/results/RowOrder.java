package ch.sbb.esta.results;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The order of the rows of a query. */
final class RowOrder {

    private RowOrder() {}

    static Comparator<StatisticsRow> of(StatisticsQuery query) {
        Comparator<StatisticsRow> byValue = byValue(query.grouping().orElse(null));
        Optional<StatisticsQuery.Order> asked = query.order();
        return asked.isEmpty()
                ? byValue
                : byFigure(asked.get(), query.counting()).thenComparing(byValue);
    }

    private static Comparator<StatisticsRow> byValue(@Nullable Grouping grouping) {
        if (grouping instanceof Grouping.ByTime) {
            return missingLast(row -> row.groupTime().orElse(null), Comparator.<Instant>naturalOrder());
        }
        if (grouping == Grouping.ByField.STATE) {
            return missingLast(
                    row -> row.group().map(SummaryStatus::valueOf).orElse(null),
                    Comparator.<SummaryStatus>naturalOrder());
        }
        return missingLast(row -> row.group().orElse(null), RowOrder::compareCodePoints);
    }

    /** In databases what is missing is the largest, and upstream leaves it so. */
    private static Comparator<StatisticsRow> byFigure(StatisticsQuery.Order order, Counting counting) {
        boolean ascending = order.direction() == ListOrder.Direction.ASC;
        boolean missingFirst = counting == Counting.UPSTREAM && !ascending;
        Aggregate aggregate = order.aggregate();
        return switch (aggregate.kind()) {
            case COUNT -> sorted(row -> row.count(aggregate), ascending, missingFirst);
            case TIME -> RowOrder.<Instant>sorted(row -> row.time(aggregate).orElse(null), ascending, missingFirst);
            case DURATION ->
                RowOrder.<Duration>sorted(row -> row.duration(aggregate).orElse(null), ascending, missingFirst);
            case RATE -> sorted(row -> rate(row, aggregate), ascending, missingFirst);
        };
    }

    private static @Nullable Double rate(StatisticsRow row, Aggregate aggregate) {
        return row.rate(aggregate).isEmpty() ? null : row.rate(aggregate).getAsDouble();
    }

    private static <T extends Comparable<T>> Comparator<StatisticsRow> sorted(
            Function<StatisticsRow, @Nullable T> figure, boolean ascending, boolean missingFirst) {
        Comparator<T> order = ascending ? Comparator.naturalOrder() : Comparator.reverseOrder();
        return missingFirst ? missingLast(figure, order.reversed()).reversed() : missingLast(figure, order);
    }

    private static <T> Comparator<StatisticsRow> missingLast(
            Function<StatisticsRow, @Nullable T> value, Comparator<? super T> order) {
        return (one, other) -> {
            T first = value.apply(one);
            T second = value.apply(other);
            if (first == null || second == null) {
                return Boolean.compare(first == null, second == null);
            }
            return order.compare(first, second);
        };
    }

    /** As the bytes of UTF-8 compare, and not the units of UTF-16. */
    private static int compareCodePoints(String one, String other) {
        int i = 0;
        while (i < one.length() && i < other.length()) {
            int difference = Integer.compare(one.codePointAt(i), other.codePointAt(i));
            if (difference != 0) {
                return difference;
            }
            i += Character.charCount(one.codePointAt(i));
        }
        return Integer.compare(one.length(), other.length());
    }
}
