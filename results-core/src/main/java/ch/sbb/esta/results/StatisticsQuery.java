package ch.sbb.esta.results;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is counted and measured: which runs, which figures of them, and in which groups.
 *
 * <p>Unless it says otherwise a query is about PipelineRuns of every version: a TaskRun of a PipelineRun is a part of it, and to count
 * both is to count the work twice. {@link Builder#kinds} chooses others, {@link Builder#allRecords} takes every record, as Tekton Results
 * does.
 *
 * <p>Values in a run that are not as Tekton writes them are taken for missing: times that are not of RFC 3339, and texts that are no JSON
 * strings, are longer than 512 bytes, or hold U+0000 or half a surrogate pair.
 *
 * <p>Immutable and thread-safe.
 */
public final class StatisticsQuery {

    /** How many groups are answered where the caller names no number. */
    public static final int DEFAULT_LIMIT = 1_000;

    /** The largest number of groups that are answered. */
    public static final int MAX_LIMIT = 100_000;

    private final String parent;
    private final String result;
    private final Set<Aggregate> aggregates;
    private final Set<RunKind> kinds;
    private final Counting counting;
    private final @Nullable Grouping grouping;
    private final @Nullable Order order;
    private final @Nullable Span span;
    private final @Nullable String filter;
    private final ZoneId zone;
    private final int limit;

    /**
     * By what groups are sorted.
     *
     * @param aggregate the figure that is compared; groups without it come last
     * @param direction smallest or largest first; equal ones by the value of the group, ascending
     */
    public record Order(Aggregate aggregate, ListOrder.Direction direction) {

        /**
         * Checks that no component is null.
         *
         * @param aggregate the figure that is compared
         * @param direction smallest or largest first
         */
        public Order {
            Objects.requireNonNull(aggregate, "aggregate");
            Objects.requireNonNull(direction, "direction");
        }
    }

    /**
     * A span of time in which runs must lie.
     *
     * @param moment which time of the run; a run without it lies in no span
     * @param from its first instant
     * @param until the first instant behind it
     */
    public record Span(RunMoment moment, Instant from, Instant until) {

        /**
         * Checks that it is not empty.
         *
         * @param moment which time of the run
         * @param from its first instant, cut to microseconds
         * @param until the first instant behind it, cut to microseconds
         * @throws ResultsException {@code INVALID} when it does not end after its beginning
         */
        public Span {
            Objects.requireNonNull(moment, "moment");
            from = from.truncatedTo(ChronoUnit.MICROS);
            until = until.truncatedTo(ChronoUnit.MICROS);
            if (!from.isBefore(until)) {
                throw ResultsException.invalid("the span from " + from + " until " + until + " is empty");
            }
        }
    }

    private StatisticsQuery(Builder builder, String parent, String result) {
        this.parent = parent;
        this.result = result;
        aggregates = Collections.unmodifiableSet(
                EnumSet.copyOf(builder.aggregates.isEmpty() ? Set.of(Aggregate.TOTAL) : builder.aggregates));
        kinds = Collections.unmodifiableSet(new LinkedHashSet<>(builder.kinds));
        counting = builder.counting;
        grouping = builder.grouping;
        order = builder.order;
        span = builder.span;
        filter = builder.filter;
        zone = builder.zone;
        limit = builder.limit;
    }

    /**
     * Begins a query.
     *
     * @param parent the namespace, or {@code -} for all; or {@code PARENT/results/RESULT}, each possibly {@code -}
     * @return a builder of a query for the number of PipelineRuns
     */
    public static Builder builder(String parent) {
        return new Builder(parent);
    }

    /**
     * Begins a query that is answered as the server of Tekton Results answers it: over all records, counted by {@link Counting#UPSTREAM},
     * up to {@value #MAX_LIMIT} groups.
     *
     * @param parent {@code PARENT/results/RESULT}, each possibly {@code -}
     * @param summary a comma list of aggregates; empty for {@code total}
     * @param groupBy as {@link Grouping#parse} reads it; empty for none
     * @param orderBy {@code AGGREGATE asc} or {@code AGGREGATE desc}, of an aggregate of {@code summary}; not read when {@code groupBy}
     *     is empty
     * @return a builder, to which the filter may be added
     * @throws ResultsException {@code INVALID} naming what is not understood
     */
    public static Builder parse(String parent, String summary, String groupBy, String orderBy) {
        Builder builder =
                new Builder(parent).allRecords().counting(Counting.UPSTREAM).limit(MAX_LIMIT);
        if (!summary.isBlank()) {
            for (String word : summary.trim().split(",", -1)) {
                builder.aggregates(aggregate(word));
            }
        }
        if (!groupBy.isBlank()) {
            builder.groupBy(Grouping.parse(groupBy));
            if (!orderBy.isBlank()) {
                String[] words = orderBy.trim().split("\\s+", -1);
                if (words.length != 2) {
                    throw ResultsException.invalid("order_by " + Escaped.of(orderBy) + " is not AGGREGATE asc|desc");
                }
                builder.orderBy(aggregate(words[0]), ListOrder.direction(words[1], orderBy));
            }
        }
        return builder;
    }

    private static Aggregate aggregate(String word) {
        return Aggregate.find(word.trim())
                .orElseThrow(() -> ResultsException.invalid("aggregate " + Escaped.of(word) + " is none of "
                        + String.join(
                                ", ",
                                EnumSet.allOf(Aggregate.class).stream()
                                        .map(Aggregate::text)
                                        .toList())));
    }

    /**
     * Whose runs are counted.
     *
     * @return the namespace, or empty for all
     */
    public Optional<String> parent() {
        return parent.equals(Names.ANY) ? Optional.empty() : Optional.of(parent);
    }

    /**
     * Of which Result the runs are counted.
     *
     * @return the last segment of its name, or empty for all
     */
    public Optional<String> result() {
        return result.equals(Names.ANY) ? Optional.empty() : Optional.of(result);
    }

    /**
     * The figures asked for.
     *
     * @return unmodifiable, at least one
     */
    public Set<Aggregate> aggregates() {
        return aggregates;
    }

    /**
     * Which kinds of runs are counted.
     *
     * @return unmodifiable; empty when every record counts, of whatever type it is
     */
    public Set<RunKind> kinds() {
        return kinds;
    }

    /**
     * The rules of counting.
     *
     * @return {@link Counting#BY_STATE} unless set
     */
    public Counting counting() {
        return counting;
    }

    /**
     * By what the runs are put into groups.
     *
     * @return the grouping, or empty for one row over all
     */
    public Optional<Grouping> grouping() {
        return Optional.ofNullable(grouping);
    }

    /**
     * By what the groups are sorted.
     *
     * @return the order, or empty for the value of the group: times, states by number, texts by code point, all ascending, the group
     *     without a value last
     */
    public Optional<Order> order() {
        return Optional.ofNullable(order);
    }

    /**
     * When the runs lay.
     *
     * @return the span, or empty for any time
     */
    public Optional<Span> span() {
        return Optional.ofNullable(span);
    }

    /**
     * What the records must fulfil.
     *
     * @return a filter on Records, or empty
     */
    public Optional<String> filter() {
        return Optional.ofNullable(filter);
    }

    /**
     * Where days begin.
     *
     * @return UTC unless set
     */
    public ZoneId zone() {
        return zone;
    }

    /**
     * How many groups are answered.
     *
     * @return 1 to {@value #MAX_LIMIT}
     */
    public int limit() {
        return limit;
    }

    /**
     * The order of the rows, for providers whose backend does not sort.
     *
     * @return a total order on rows that hold the figures asked for and are of different groups
     */
    public Comparator<StatisticsRow> rowOrder() {
        return RowOrder.of(this);
    }

    /** Collects the parts of a query. Not thread-safe. */
    public static final class Builder {

        private final String parent;
        private final Set<Aggregate> aggregates = EnumSet.noneOf(Aggregate.class);
        private Set<RunKind> kinds = new LinkedHashSet<>(List.of(RunKind.PIPELINE_RUN, RunKind.PIPELINE_RUN_V1BETA1));
        private Counting counting = Counting.BY_STATE;
        private @Nullable Grouping grouping;
        private @Nullable Order order;
        private @Nullable Span span;
        private @Nullable String filter;
        private ZoneId zone = ZoneOffset.UTC;
        private int limit = DEFAULT_LIMIT;

        private Builder(String parent) {
            this.parent = Objects.requireNonNull(parent, "parent");
        }

        /**
         * Asks for figures, in addition to those asked for before.
         *
         * @param more the figures; {@link Aggregate#TOTAL} when the query names none at all
         * @return this
         */
        public Builder aggregates(Aggregate... more) {
            aggregates.addAll(List.of(more));
            return this;
        }

        /**
         * Chooses the kinds of runs, extra ones too. On Postgres the JSON of each Record is read where one of them is not Tekton's, which
         * takes that much longer.
         *
         * @param only the kinds; PipelineRuns of v1 and v1beta1 by default
         * @return this
         * @throws ResultsException {@code INVALID} when none is named
         */
        public Builder kinds(RunKind... only) {
            if (only.length == 0) {
                throw ResultsException.invalid("no kind of run is named; allRecords() takes every record");
            }
            kinds = new LinkedHashSet<>(List.of(only));
            return this;
        }

        /**
         * Takes every record, of whatever type: those of logs and events too. It reads the JSON of each and takes that much longer.
         *
         * @return this
         */
        public Builder allRecords() {
            kinds = Set.of();
            return this;
        }

        /**
         * Sets the rules of counting.
         *
         * @param rules the rules; {@link Counting#BY_STATE} by default
         * @return this
         */
        public Builder counting(Counting rules) {
            counting = Objects.requireNonNull(rules, "rules");
            return this;
        }

        /**
         * Puts the runs into groups.
         *
         * @param by by what; by default all are one group
         * @return this
         */
        public Builder groupBy(Grouping by) {
            grouping = Objects.requireNonNull(by, "by");
            return this;
        }

        /**
         * Sorts the groups by a figure.
         *
         * @param aggregate one of the figures asked for; by default groups are sorted by their value
         * @param direction smallest or largest first
         * @return this
         */
        public Builder orderBy(Aggregate aggregate, ListOrder.Direction direction) {
            order = new Order(aggregate, direction);
            return this;
        }

        /**
         * Takes only runs of a span of time.
         *
         * @param moment which time of the run
         * @param from the first instant of the span
         * @param until the first instant behind it
         * @return this
         * @throws ResultsException {@code INVALID} when the span is empty
         */
        public Builder within(RunMoment moment, Instant from, Instant until) {
            span = new Span(moment, from, until);
            return this;
        }

        /**
         * Takes only records that fulfil a filter, in addition to all else.
         *
         * @param text a filter on Records in the language of Tekton Results; blank for none
         * @return this
         */
        public Builder filter(String text) {
            filter = text.isBlank() ? null : text;
            return this;
        }

        /**
         * Says where days, weeks, months and years begin.
         *
         * @param region UTC, which is the default, or a region such as {@code Europe/Zurich}
         * @return this
         */
        public Builder zone(ZoneId region) {
            zone = Objects.requireNonNull(region, "region");
            return this;
        }

        /**
         * Bounds the number of groups.
         *
         * @param groups 1 to {@value #MAX_LIMIT}; {@value #DEFAULT_LIMIT} by default
         * @return this
         */
        public Builder limit(int groups) {
            limit = groups;
            return this;
        }

        /**
         * Creates the query.
         *
         * @return the query
         * @throws ResultsException {@code INVALID} naming everything that is wrong
         */
        public StatisticsQuery build() {
            List<String> faults = new ArrayList<>();
            String[] segments = {Names.ANY, Names.ANY};
            try {
                segments = segments(parent);
            } catch (ResultsException e) {
                faults.add(e.getMessage());
            }
            if (order != null && grouping == null) {
                faults.add("there is nothing to sort by " + order.aggregate().text() + ": the query does not group");
            }
            if (order != null && !aggregates.contains(order.aggregate())) {
                faults.add("groups cannot be sorted by " + order.aggregate().text() + ", which is not asked for");
            }
            if (limit < 1 || limit > MAX_LIMIT) {
                faults.add("limit " + limit + " is not between 1 and " + MAX_LIMIT);
            }
            if (!isUtc(zone) && !isRegion(zone)) {
                faults.add("time zone " + Escaped.of(zone.getId())
                        + " is neither UTC nor a region such as Europe/Zurich; databases read offsets in two ways");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new StatisticsQuery(this, segments[0], segments[1]);
        }

        private static String[] segments(String parent) {
            return parent.indexOf('/') < 0
                    ? new String[] {Names.segment("parent", parent), Names.ANY}
                    : Names.split("PARENT/results/RESULT", parent, List.of("results"));
        }

        private static boolean isUtc(ZoneId zone) {
            return zone.normalized().equals(ZoneOffset.UTC);
        }

        /** {@code UTC+2} is one in Java, and two hours on the other side in Postgres. */
        private static boolean isRegion(ZoneId zone) {
            return zone.getId().indexOf('/') > 0 && ZoneId.getAvailableZoneIds().contains(zone.getId());
        }
    }
}
