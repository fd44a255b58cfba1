package ch.sbb.esta.results;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one group of runs.
 *
 * <p>Immutable and thread-safe.
 */
public final class StatisticsRow {

    private final @Nullable String group;
    private final @Nullable Instant groupTime;
    private final Map<Aggregate, Optional<Object>> figures;

    private StatisticsRow(Builder builder) {
        group = builder.group;
        groupTime = builder.groupTime;
        figures = new EnumMap<>(builder.figures);
    }

    /**
     * Collects the figures of a group.
     *
     * @return a builder of a row without group value and figures
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The value that the runs of this group have in common.
     *
     * @return the text, as {@link Grouping} says; of a grouping by time the beginning of the unit in the notation of
     *     {@link Instant#toString()}; empty for runs without such a value, and when nothing was grouped
     */
    public Optional<String> group() {
        return Optional.ofNullable(groupTime == null ? group : groupTime.toString());
    }

    /**
     * When the unit of a grouping by time begins.
     *
     * @return its first instant, or empty for runs without that time, and when nothing was grouped by time
     */
    public Optional<Instant> groupTime() {
        return Optional.ofNullable(groupTime);
    }

    /**
     * A number of runs.
     *
     * @param aggregate one of the kind {@code COUNT}
     * @return 0 or more
     * @throws ResultsException {@code INVALID} when it is of another kind or was not asked for
     */
    public long count(Aggregate aggregate) {
        return (Long) figure(aggregate, Aggregate.Kind.COUNT).orElse(0L);
    }

    /**
     * A length of time.
     *
     * @param aggregate one of the kind {@code DURATION}
     * @return in microseconds, less than zero where clocks disagreed; empty when no run of the group has both times
     * @throws ResultsException {@code INVALID} when it is of another kind or was not asked for
     */
    public Optional<Duration> duration(Aggregate aggregate) {
        return figure(aggregate, Aggregate.Kind.DURATION).map(Duration.class::cast);
    }

    /**
     * A point in time.
     *
     * @param aggregate one of the kind {@code TIME}
     * @return in microseconds, or empty when no run of the group has it
     * @throws ResultsException {@code INVALID} when it is of another kind or was not asked for
     */
    public Optional<Instant> time(Aggregate aggregate) {
        return figure(aggregate, Aggregate.Kind.TIME).map(Instant.class::cast);
    }

    /**
     * A share.
     *
     * @param aggregate one of the kind {@code RATE}
     * @return 0 to 1, or empty when no run of the group has finished
     * @throws ResultsException {@code INVALID} when it is of another kind or was not asked for
     */
    public OptionalDouble rate(Aggregate aggregate) {
        Optional<Object> rate = figure(aggregate, Aggregate.Kind.RATE);
        return rate.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of((Double) rate.get());
    }

    private Optional<Object> figure(Aggregate aggregate, Aggregate.Kind kind) {
        if (aggregate.kind() != kind) {
            throw ResultsException.invalid(aggregate + " is a " + aggregate.kind() + " and no " + kind);
        }
        Optional<Object> figure = figures.get(aggregate);
        if (figure == null) {
            throw ResultsException.invalid(
                    aggregate + " was not asked for, only " + figures.keySet() + "; name it in the query's aggregates");
        }
        return figure;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StatisticsRow that
                && Objects.equals(group, that.group)
                && Objects.equals(groupTime, that.groupTime)
                && figures.equals(that.figures);
    }

    @Override
    public int hashCode() {
        return Objects.hash(group, groupTime, figures);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(group().map(Escaped::of).orElse("-"));
        figures.forEach((aggregate, figure) -> text.append(' ')
                .append(aggregate.text())
                .append('=')
                .append(figure.map(Object::toString).orElse("-")));
        return text.toString();
    }

    /** Collects the figures of a group. Not thread-safe. */
    public static final class Builder {

        private final Map<Aggregate, Optional<Object>> figures = new EnumMap<>(Aggregate.class);
        private @Nullable String group;
        private @Nullable Instant groupTime;

        private Builder() {}

        /**
         * Names the group.
         *
         * @param value the value that its runs have in common, or null for runs that have none
         * @return this
         */
        public Builder group(@Nullable String value) {
            this.group = value;
            return this;
        }

        /**
         * Names a group of a grouping by time.
         *
         * @param start the first instant of the unit, or null for runs without that time
         * @return this
         */
        public Builder groupTime(@Nullable Instant start) {
            this.groupTime = start;
            return this;
        }

        /**
         * Adds a number of runs.
         *
         * @param aggregate one of the kind {@code COUNT}
         * @param count 0 or more
         * @return this
         */
        public Builder count(Aggregate aggregate, long count) {
            return put(aggregate, Aggregate.Kind.COUNT, count);
        }

        /**
         * Adds a length of time.
         *
         * @param aggregate one of the kind {@code DURATION}
         * @param duration the length, cut to microseconds, or null where no run has it
         * @return this
         */
        public Builder duration(Aggregate aggregate, @Nullable Duration duration) {
            return put(
                    aggregate,
                    Aggregate.Kind.DURATION,
                    duration == null ? null : duration.truncatedTo(ChronoUnit.MICROS));
        }

        /**
         * Adds a point in time.
         *
         * @param aggregate one of the kind {@code TIME}
         * @param time the time, cut to microseconds, or null where no run has it
         * @return this
         */
        public Builder time(Aggregate aggregate, @Nullable Instant time) {
            return put(aggregate, Aggregate.Kind.TIME, time == null ? null : time.truncatedTo(ChronoUnit.MICROS));
        }

        /**
         * Adds a share.
         *
         * @param aggregate one of the kind {@code RATE}
         * @param share 0 to 1, or null where there is nothing to divide by
         * @return this
         */
        public Builder rate(Aggregate aggregate, @Nullable Double share) {
            return put(aggregate, Aggregate.Kind.RATE, share);
        }

        private Builder put(Aggregate aggregate, Aggregate.Kind kind, @Nullable Object figure) {
            if (aggregate.kind() != kind) {
                throw ResultsException.invalid(aggregate + " is a " + aggregate.kind() + " and no " + kind);
            }
            figures.put(aggregate, Optional.ofNullable(figure));
            return this;
        }

        /**
         * Creates the row.
         *
         * @return the row
         */
        public StatisticsRow build() {
            return new StatisticsRow(this);
        }
    }
}
