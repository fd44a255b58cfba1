package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.CalendarUnit;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.jdbi.SortKey.Reach;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * A statistics query as one statement: the runs of each schema, their groups, the figures of each group. All parts are constants of ours;
 * what the caller gave is bound.
 */
final class StatisticsSql {

    private static final String MICROS = "CAST(extract(epoch FROM %s) * 1000000 AS bigint)";

    private final StatisticsQuery query;
    private final Reach reach;
    private final @Nullable FilterSql filter;
    private final Map<String, Object> arguments = new HashMap<>();

    StatisticsSql(StatisticsQuery query) {
        this(query, query.parent().isPresent() ? Reach.ONE_PARENT : Reach.ALL_PARENTS);
    }

    /** @param reach how many parents are read of each schema */
    StatisticsSql(StatisticsQuery query, Reach reach) {
        this.query = query;
        this.reach = reach;
        this.filter = query.filter().map(Filter::forRecords).map(FilterSql::of).orElse(null);
        query.parent().ifPresent(parent -> arguments.put("parent", parent));
        query.result().ifPresent(result -> arguments.put("result_name", result));
        if (!query.kinds().isEmpty()) {
            arguments.put("types", SqlArray.texts(query.kinds(), RunKind::recordType));
        }
        query.span().ifPresent(span -> {
            arguments.put("from", time(span.from()));
            arguments.put("until", time(span.until()));
        });
        if (query.grouping().orElse(null) instanceof Grouping.ByLabel by) {
            arguments.put("label", by.key());
        }
        if (query.grouping().orElse(null) instanceof Grouping.ByTime) {
            boolean utc = query.zone().normalized().equals(ZoneOffset.UTC);
            arguments.put("zone", utc ? "UTC" : query.zone().getId());
        }
        if (query.grouping().isPresent()) {
            arguments.put("limit", query.limit());
        }
    }

    private static Object time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    void bindTo(Query statement) {
        statement.bindMap(arguments);
        if (filter != null) {
            filter.bindTo(statement);
        }
    }

    /** Whether the promoted columns are enough, where they are filled: they know runs of Tekton only, and the reason of one condition only. */
    boolean needsJson() {
        return query.kinds().isEmpty()
                || query.counting() == Counting.UPSTREAM
                || !query.kinds().stream().allMatch(RunKind::isTekton);
    }

    /** Runs of one schema: grouping value and what the figures are made of. */
    String runs(Schema schema, boolean fromJson) {
        return runs(schema, fromJson, query.parent().map(parent -> "parent").orElse(null));
    }

    /** @param parent the name of the argument that holds whose runs are read, or null for all of the schema */
    String runs(Schema schema, boolean fromJson, @Nullable String parent) {
        List<String> columns = new ArrayList<>(List.of(
                (query.grouping().isEmpty() ? "NULL" : groupValue(fromJson)) + " AS group_value",
                state(fromJson) + " AS state",
                "e.start_time"));
        if (asks(Aggregate.Kind.DURATION, "DURATION")) {
            columns.add("e.end_time - e.start_time AS took");
        }
        if (asks(Aggregate.Kind.DURATION, "QUEUE_TIME")) {
            columns.add("e.start_time - e.created_time AS waited");
        }
        if (query.counting() == Counting.UPSTREAM) {
            columns.add(text("r.data -> 'status' -> 'conditions' -> 0 -> 'reason'") + " AS reason");
        }
        String from =
                fromJson ? "(" + RunColumns.select("{records}") + ") e (" + RunColumns.ALL + ")" : "{esta_runs} e";
        String join = needsRecords()
                ? " JOIN {records} r ON r.parent = e.parent AND r.result_id = e.result_id AND r.id = e.record_id"
                : "";
        List<String> conditions = conditions(fromJson);
        if (parent != null) {
            conditions.add(0, "e.parent = :" + parent);
        }
        return schema.sql("SELECT " + String.join(", ", columns) + "\nFROM " + from + join
                + (conditions.isEmpty() ? "" : "\nWHERE " + String.join(" AND ", conditions)));
    }

    private boolean needsRecords() {
        return filter != null
                || query.counting() == Counting.UPSTREAM
                || query.grouping().orElse(null) instanceof Grouping.ByLabel;
    }

    private boolean asks(Aggregate.Kind kind, String ending) {
        return query.aggregates().stream()
                .anyMatch(aggregate ->
                        aggregate.kind() == kind && aggregate.name().endsWith(ending));
    }

    private List<String> conditions(boolean fromJson) {
        List<String> conditions = new ArrayList<>();
        query.result()
                .ifPresent(
                        result -> conditions.add(
                                "(e.parent, e.result_id) IN (SELECT s.parent, s.id FROM {results} s WHERE s.name = :result_name)"));
        if (!query.kinds().isEmpty()) {
            conditions.add("e.type = ANY (CAST(:types AS text[]))");
        }
        query.span().ifPresent(span -> {
            String time = spanColumn(span.moment());
            conditions.add(time + " >= :from");
            conditions.add(time + " < :until");
            conditions.add(column(span.moment()) + " IS NOT NULL");
        });
        if (filter != null) {
            // The narrow rows are those of runs, whatever type the filter asks for.
            conditions.addAll(filter.hints().onRow(reach));
            conditions.addAll(fromJson ? List.of() : filter.hints().amongRuns(reach));
            conditions.addAll(filter.besideHints(!fromJson));
        }
        return conditions;
    }

    /** As the indexes have it. */
    private String spanColumn(RunMoment moment) {
        return switch (moment) {
            case CREATED -> column(moment);
            case STARTED -> reach.time(SortKey.ofRun(ListOrder.Field.START_TIME));
            case ENDED -> reach.time(SortKey.ofRun(ListOrder.Field.END_TIME));
        };
    }

    private static String column(RunMoment moment) {
        return switch (moment) {
            case CREATED -> "e.created_time";
            case STARTED -> "e.start_time";
            case ENDED -> "e.end_time";
        };
    }

    /** The narrow table holds nothing but runs, nor does what is asked for by kind. */
    private String state(boolean fromJson) {
        return fromJson && query.kinds().isEmpty()
                ? "CASE WHEN " + RunColumns.IS_RUN.replace("r.type", "e.type") + " THEN e.state END"
                : "e.state";
    }

    private String groupValue(boolean fromJson) {
        Grouping grouping = query.grouping().orElseThrow();
        if (grouping instanceof Grouping.ByTime by) {
            return "date_trunc('" + unit(by.unit()) + "', " + column(by.moment()) + ", :zone)";
        }
        if (grouping instanceof Grouping.ByLabel) {
            return text("r.data -> 'metadata' -> 'labels' -> CAST(:label AS text)");
        }
        boolean upstream = query.counting() == Counting.UPSTREAM;
        return switch ((Grouping.ByField) grouping) {
            case NAMESPACE -> "e.namespace";
            case STATE -> state(fromJson);
            case TASK -> "e.namespace || '/' || e.task";
            case PIPELINE ->
                upstream
                        ? "concat(e.namespace, '/', "
                                + text("r.data -> 'metadata' -> 'labels' -> 'tekton.dev/pipeline'") + ")"
                        : "e.namespace || '/' || e.pipeline";
            case REPOSITORY ->
                upstream ? "concat(e.namespace, '/', e.repository)" : "e.namespace || '/' || e.repository";
        };
    }

    private static String unit(CalendarUnit unit) {
        return unit.name().toLowerCase(Locale.ROOT);
    }

    private static String text(String json) {
        return "{esta_text}(" + json + ", r.esta_data_escaped)";
    }

    /** Groups of runs that were selected by {@link #runs}. */
    String groups(List<String> runs) {
        StringBuilder sql = new StringBuilder("SELECT group_value, count(*) OVER () AS all_groups");
        if (query.grouping().isEmpty()) {
            sql = new StringBuilder("SELECT NULL AS group_value, 1 AS all_groups");
        }
        for (Aggregate aggregate : query.aggregates()) {
            sql.append(",\n").append(figure(aggregate)).append(" AS ").append(aggregate.text());
        }
        sql.append("\nFROM (").append(String.join("\nUNION ALL\n", runs)).append(") runs");
        if (query.grouping().isPresent()) {
            sql.append("\nGROUP BY group_value\nORDER BY ").append(order()).append("\nLIMIT :limit");
        }
        return sql.toString();
    }

    private String order() {
        Grouping grouping = query.grouping().orElseThrow();
        boolean text = !(grouping instanceof Grouping.ByTime) && grouping != Grouping.ByField.STATE;
        String byValue = "group_value" + (text ? " COLLATE \"C\"" : "") + " ASC NULLS LAST";
        Optional<StatisticsQuery.Order> asked = query.order();
        if (asked.isEmpty()) {
            return byValue;
        }
        boolean ascending = asked.get().direction() == Direction.ASC;
        boolean missingFirst = query.counting() == Counting.UPSTREAM && !ascending;
        return figure(asked.get().aggregate()) + (ascending ? " ASC" : " DESC") + " NULLS "
                + (missingFirst ? "FIRST" : "LAST") + ", " + byValue;
    }

    private String figure(Aggregate aggregate) {
        return switch (aggregate) {
            case TOTAL -> "count(*)";
            case SUCCEEDED -> count("state = 1", "reason IN ('Succeeded', 'Completed')");
            case FAILED -> count("state = 2", "reason = 'Failed'");
            case CANCELLED -> count("state = 4", "reason = 'Cancelled'");
            case RUNNING -> count("state = 0 AND start_time IS NOT NULL", "reason = 'Running'");
            case OTHERS ->
                count(
                        "state = 3 OR (state = 0 AND start_time IS NULL)",
                        "reason NOT IN ('Succeeded', 'Completed', 'Failed', 'Cancelled', 'Running')");
            case TIMED_OUT -> count("state = 3", "state = 3");
            case PENDING -> count("state = 0 AND start_time IS NULL", "state = 0 AND start_time IS NULL");
            case SUCCESS_RATE ->
                "CAST(count(*) FILTER (WHERE state = 1) AS float8) / nullif(count(*) FILTER (WHERE state IN (1, 2, 3, 4)), 0)";
            case LAST_RUNTIME -> "max(start_time)";
            case AVG_DURATION ->
                "CAST(round(extract(epoch FROM sum(took)) * 1000000 / nullif(count(took), 0)) AS bigint)";
            case MIN_DURATION -> MICROS.formatted("min(took)");
            case MAX_DURATION -> MICROS.formatted("max(took)");
            case TOTAL_DURATION -> MICROS.formatted("sum(took)");
            case P50_DURATION -> percentile("0.5", "took");
            case P90_DURATION -> percentile("0.9", "took");
            case P99_DURATION -> percentile("0.99", "took");
            case P50_QUEUE_TIME -> percentile("0.5", "waited");
            case P90_QUEUE_TIME -> percentile("0.9", "waited");
            case P99_QUEUE_TIME -> percentile("0.99", "waited");
        };
    }

    private String count(String byState, String upstream) {
        return "count(*) FILTER (WHERE " + (query.counting() == Counting.UPSTREAM ? upstream : byState) + ")";
    }

    private static String percentile(String share, String column) {
        return "CAST(round(percentile_cont(" + share + ") WITHIN GROUP (ORDER BY " + MICROS.formatted(column)
                + ")) AS bigint)";
    }
}
