package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.PageToken;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.jdbi.SortKey.Reach;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.Query;

/**
 * The statement that reads one page. All parts are constants of ours; what the caller gave is bound. Lists that are sorted by a time have
 * it in the column {@code sort_time}.
 */
final class ListSql {

    private static final String OF_THE_RECORD =
            "{esta_runs} e ON e.parent = r.parent AND e.result_id = r.result_id AND e.record_id = r.id";

    private final ListQuery query;
    private final ListOrder.Field field;
    private final Reach reach;
    private final Optional<PageToken> start;
    private final Optional<FilterSql> filter;
    private final String direction;

    /** What is wrong with the query is told here. */
    ListSql(ListQuery query) {
        this(query, query.position());
    }

    /** @param start where the page begins, which is not asked of the query */
    ListSql(ListQuery query, Optional<PageToken> start) {
        this.query = query;
        this.field = query.order().field();
        this.reach = Reach.of(query);
        this.start = start;
        this.filter = query.filter()
                .map(isOfRecords() ? Filter::forRecords : Filter::forResults)
                .map(FilterSql::of);
        this.direction = query.order().direction() == ListOrder.Direction.ASC ? " ASC" : " DESC";
    }

    private boolean isOfRecords() {
        return query.collection() == ListQuery.Collection.RECORDS;
    }

    /** Whether the narrow rows of runs would help; they do once every run has its row. */
    boolean asksForRuns() {
        return isOfRecords() && (field.isOfRun() || isByRun());
    }

    /** Whether the filter asks for one type of runs, and the narrow rows know more of it or have the order. */
    private boolean isByRun() {
        return query.result().isEmpty()
                && filter.flatMap(sql -> sql.hints().onRun(reach))
                        .filter(conditions -> conditions.size() > 1 || field.isOfRun())
                        .isPresent();
    }

    /**
     * The statement.
     *
     * @param filled whether every run has its narrow row
     */
    String text(boolean filled) {
        if (!isOfRecords()) {
            return ofRows("{results} r", field == ListOrder.Field.ID ? "" : SortKey.ofRow(field));
        } else if (!filled || !asksForRuns()) {
            String time =
                    field.isOfRun() ? SortKey.ofData(field) : field == ListOrder.Field.ID ? "" : SortKey.ofRow(field);
            return ofRows("{records} r", time);
        } else if (isByRun()) {
            return joined();
        } else if (query.result().isPresent()) {
            return ofRows("{records} r LEFT JOIN " + OF_THE_RECORD, SortKey.ofRun(field));
        }
        return merged();
    }

    void bindTo(Query statement) {
        query.parent().ifPresent(parent -> statement.bind("parent", parent));
        bindAllButParent(statement);
    }

    void bindAllButParent(Query statement) {
        statement.bind("limit", query.pageSize() + 1);
        query.result().ifPresent(result -> statement.bind("result_name", result));
        filter.ifPresent(condition -> condition.bindTo(statement));
        start.ifPresent(position -> statement.bind("uid", position.uid()));
        if (field != ListOrder.Field.ID) {
            start.ifPresent(position -> statement.bind("time", position.time().atOffset(ZoneOffset.UTC)));
        }
    }

    private String columns() {
        if (!isOfRecords()) {
            return ResultTable.COLUMNS;
        }
        return query.view() == ListQuery.View.FULL ? RecordTable.COLUMNS : RecordTable.BASIC_COLUMNS;
    }

    private String ofRows(String from, String plainTime) {
        String time = plainTime.isEmpty() ? "" : reach.time(plainTime);
        String id = time.isEmpty() ? reach.id("r.id") : "r.id";
        List<String> conditions = onRow();
        filter.map(sql -> sql.besideHints(false)).ifPresent(conditions::addAll);
        behind(time, id).ifPresent(conditions::add);
        return page(time, " FROM " + from + where(conditions) + order(time, id));
    }

    /** Runs of one type, which the narrow rows lead to. */
    private String joined() {
        String time = "";
        String id = "r.id";
        if (field == ListOrder.Field.CREATE_TIME) {
            time = reach.time("e.record_created_time");
            id = "e.record_id";
        } else if (field.isOfRun()) {
            time = reach.time(SortKey.ofRun(field));
            id = "e.record_id";
        } else if (field == ListOrder.Field.UPDATE_TIME) {
            time = reach.time(SortKey.ofRow(field));
        }
        List<String> conditions = onRow();
        query.parent().ifPresent(parent -> conditions.add("e.parent = :parent"));
        FilterSql sql = filter.orElseThrow();
        conditions.addAll(sql.hints().onRun(reach).orElseThrow());
        conditions.addAll(sql.besideHints(true));
        behind(time, id).ifPresent(conditions::add);
        return page(time, " FROM {records} r JOIN " + OF_THE_RECORD + where(conditions) + order(time, id));
    }

    /** Runs in the order of their times and, at its end, what is no run: a page of each, cut to one, and then what the page shows. */
    private String merged() {
        String time = reach.time(SortKey.ofRun(field));
        List<String> onRun = new ArrayList<>();
        query.parent().ifPresent(parent -> onRun.add("e.parent = :parent"));
        if (filter.isPresent()) {
            onRun.addAll(onRow());
            onRun.addAll(filter.get().besideHints(false));
        }
        behind(time, "e.record_id").ifPresent(onRun::add);
        String runs = "SELECT e.parent, e.result_id, e.record_id AS id, " + time + " AS sort_time FROM "
                + (filter.isPresent() ? "{records} r JOIN " + OF_THE_RECORD : "{esta_runs} e") + where(onRun)
                + order(time, "e.record_id") + " LIMIT :limit";
        String id = reach.id("r.id");
        List<String> onOther = onRow();
        onOther.add("NOT " + RunColumns.IS_RUN);
        filter.map(sql -> sql.besideHints(false)).ifPresent(onOther::addAll);
        othersBehind(id).ifPresent(onOther::add);
        String others = "SELECT r.parent, r.result_id, r.id, " + SortKey.LATEST + " FROM {records} r" + where(onOther)
                + order("", id) + " LIMIT :limit";
        return "SELECT " + columns() + ", k.sort_time FROM ((" + runs + ") UNION ALL (" + others + ")"
                + order("sort_time", "id") + " LIMIT :limit) k"
                + " JOIN {records} r ON r.parent = k.parent AND r.result_id = k.result_id AND r.id = k.id"
                + order("k.sort_time", "k.id");
    }

    /** What is no run has the latest time, so only a position there is among it. */
    private Optional<String> othersBehind(String id) {
        boolean ascending = query.order().direction() == ListOrder.Direction.ASC;
        return start.flatMap(position -> {
            if (!position.time().isBefore(PageToken.LATEST)) {
                return behind("", id);
            }
            return ascending ? Optional.empty() : Optional.of("false");
        });
    }

    private List<String> onRow() {
        List<String> conditions = new ArrayList<>();
        query.parent().ifPresent(parent -> conditions.add("r.parent = :parent"));
        query.result().ifPresent(result -> conditions.add("r.result_name = :result_name"));
        filter.ifPresent(sql -> conditions.addAll(sql.hints().onRow(reach)));
        return conditions;
    }

    private Optional<String> behind(String time, String id) {
        String operator = query.order().direction() == ListOrder.Direction.ASC ? " > " : " < ";
        return start.map(position ->
                time.isEmpty() ? id + operator + ":uid" : "(" + time + ", " + id + ")" + operator + "(:time, :uid)");
    }

    /** What the page shows is read once it is known which rows are on it: to write JSON as text takes longer than to find it. */
    private String page(String time, String rows) {
        boolean timed = !time.isEmpty();
        return "SELECT " + columns() + (timed ? ", r.sort_time" : "") + " FROM (SELECT r.*"
                + (timed ? ", " + time + " AS sort_time" : "") + rows + " LIMIT :limit) r"
                + order(timed ? "r.sort_time" : "", "r.id");
    }

    private static String where(List<String> conditions) {
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }

    private String order(String time, String id) {
        return " ORDER BY " + (time.isEmpty() ? "" : time + direction + ", ") + id + direction;
    }
}
