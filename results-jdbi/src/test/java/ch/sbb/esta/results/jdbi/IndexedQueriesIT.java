package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.jdbi.SortKey.Reach;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import ch.sbb.esta.results.testkit.postgres.TouchedPages;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The queries that are documented as indexed touch a bounded number of pages for each row that they return, also where nothing matches.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IndexedQueriesIT {

    private static final int PAGE = 51;

    private static final String RECORDS = """
            SELECT r.*, CAST(r.data AS text) FROM {records} r WHERE %s ORDER BY %s LIMIT 51""";

    private static final String RESULTS = "SELECT r.* FROM {results} r WHERE %s ORDER BY %s LIMIT 51";

    private static final String CREATED = "coalesce(r.created_time, 'epoch')";
    private static final String UPDATED = "coalesce(r.updated_time, 'epoch')";

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void touchFewPagesAmongTenThousandRecords() throws Exception {
        assertFewPages(fixture.newSchema(), 2_000);
    }

    @Test
    @Tag("long")
    void touchFewPagesAmongAHundredThousandRecords() throws Exception {
        assertFewPages(fixture.newSchema(), 20_000);
    }

    private void assertFewPages(String name, int results) throws Exception {
        fixture.fill(name, new SkewedRuns(results));
        Schema schema = new Schema(name);
        Map<String, String> wrong = new LinkedHashMap<>();
        queries().forEach((query, sql) -> {
            TouchedPages touched = TouchedPages.of(
                    String.join("\n", fixture.query("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + schema.sql(sql))));
            if (touched.ratio() > 1 || touched.rows() > PAGE) {
                wrong.put(query, touched + ": " + touched.plan());
            }
        });
        assertThat(wrong).isEmpty();
    }

    private static Map<String, String> queries() {
        Map<String, String> queries = new LinkedHashMap<>();
        for (String parent : List.of("team-00", "team-19", "nobody")) {
            String of = "r.parent = '" + parent + "'";
            for (String direction : List.of("ASC", "DESC")) {
                String after = direction.equals("ASC") ? ">" : "<";
                for (String time : List.of(CREATED, UPDATED)) {
                    String order = time + " " + direction + ", r.id " + direction;
                    String position = " AND (" + time + ", r.id) " + after + " ('2026-09-10 00:00:00Z', '5')";
                    queries.put("records " + parent + order, RECORDS.formatted(of, order));
                    queries.put("records after " + parent + order, RECORDS.formatted(of + position, order));
                    queries.put("results " + parent + order, RESULTS.formatted(of, order));
                    queries.put("results after " + parent + order, RESULTS.formatted(of + position, order));
                }
                for (String column : List.of("r.recordsummary_start_time", "r.recordsummary_end_time")) {
                    String time = SortKey.latestIfAbsent(column);
                    String order = time + " " + direction + ", r.id " + direction;
                    String position = " AND (" + time + ", r.id) " + after + " ('2026-09-10 00:00:00Z', '5')";
                    queries.put("results after " + parent + order, RESULTS.formatted(of + position, order));
                }
                String id = "r.id " + direction;
                queries.put("records by id " + parent + id, RECORDS.formatted(of + " AND r.id " + after + " '7'", id));
                queries.put("results by id " + parent + id, RESULTS.formatted(of + " AND r.id " + after + " '7'", id));
                String created = CREATED + " " + direction + ", r.id " + direction;
                for (String type : List.of("tekton.dev/v1.PipelineRun", "tekton.dev/v1beta1.CustomRun")) {
                    queries.put(
                            "type " + parent + type + direction,
                            RECORDS.formatted(of + " AND r.type = '" + type + "'", created));
                    for (String status : List.of("True", "False", "Unknown")) {
                        runs(
                                queries,
                                parent,
                                direction,
                                " AND e.type = '" + type + "' AND e.condition_status = '" + status + "'");
                    }
                    for (String pipeline : List.of("pipeline-0", "pipeline-1", "pipeline-40", "none")) {
                        String both = " AND e.type = '" + type + "' AND e.pipeline = '" + pipeline + "'";
                        runs(queries, parent, direction, both);
                        runs(queries, parent, direction, both + " AND e.condition_status = 'False'");
                        runs(
                                queries,
                                parent,
                                direction,
                                both + " AND e.condition_status = 'False' AND (e.record_created_time, e.record_id) "
                                        + after + " ('2026-09-10 00:00:00Z', '5')");
                    }
                }
                for (int status = 0; status <= 4; status++) {
                    queries.put(
                            "results of status " + parent + status + direction,
                            RESULTS.formatted(of + " AND r.recordsummary_status = " + status, created));
                }
            }
            for (String name : List.of("run-77", "run-78-task-2", "none")) {
                runs(queries, parent, "DESC", " AND e.name = '" + name + "'");
                queries.put(
                        "results by name " + parent + name,
                        RESULTS.formatted(
                                of + " AND r.annotations @> '{\"object.metadata.name\":\"" + name + "\"}'", "r.id"));
            }
            runs(queries, parent, "DESC", " AND e.trigger_event = md5('event77')");
            queries.put(
                    "results by trigger " + parent,
                    RESULTS.formatted(
                            of
                                    + " AND r.annotations @> jsonb_build_object('triggers.tekton.dev/triggers-eventid', md5('event77'))",
                            "r.id"));
            for (String branch : List.of("branch-7", "none")) {
                String label = " AND (r.data -> 'metadata' -> 'labels') @> '{\"branch\":\"" + branch
                        + "\"}' AND ARRAY[r.parent] @> ARRAY[CAST('" + parent + "' AS varchar)]";
                queries.put("label " + parent + branch, RECORDS.formatted(of + label, "r.id"));
            }
            for (String time : List.of(
                    "e.created_time", SortKey.latestIfAbsent("e.start_time"), SortKey.latestIfAbsent("e.end_time"))) {
                runs(queries, parent, "DESC", " AND " + time + " >= '2027-01-01 00:00:00Z'");
            }
        }
        for (String table : List.of(RECORDS, RESULTS)) {
            for (String time : List.of(ofAll(CREATED), ofAll(UPDATED))) {
                queries.put(
                        "all by " + time + table,
                        table.formatted(
                                "(" + time + ", r.id) < ('2026-09-10 00:00:00Z', '5')", time + " DESC, r.id DESC"));
            }
            String id = Reach.ALL_PARENTS.id("r.id");
            queries.put("all by id " + table, table.formatted(id + " > '7'", id));
        }
        for (String column : List.of("r.recordsummary_start_time", "r.recordsummary_end_time")) {
            String time = ofAll(SortKey.latestIfAbsent(column));
            queries.put("all by " + time, RESULTS.formatted("true", time + " DESC, r.id DESC"));
        }
        return queries;
    }

    private static String ofAll(String time) {
        return Reach.ALL_PARENTS.time(time);
    }

    private static void runs(Map<String, String> queries, String parent, String direction, String condition) {
        String where = "e.parent = '" + parent + "'" + condition;
        queries.put("runs where " + where + " " + direction, """
            SELECT r.*, CAST(r.data AS text) FROM (
              SELECT e.parent, e.result_id, e.record_id, e.record_created_time FROM {esta_runs} e WHERE %1$s
              ORDER BY e.record_created_time %2$s, e.record_id %2$s LIMIT 51) k
            JOIN {records} r ON r.parent = k.parent AND r.result_id = k.result_id AND r.id = k.record_id
            ORDER BY k.record_created_time %2$s, k.record_id %2$s""".formatted(where, direction));
        queries.put("joined where " + where + " " + direction, """
            SELECT r.*, CAST(r.data AS text) FROM {records} r
            JOIN {esta_runs} e ON e.parent = r.parent AND e.result_id = r.result_id AND e.record_id = r.id
            WHERE %1$s ORDER BY e.record_created_time %2$s, e.record_id %2$s LIMIT 51""".formatted(where, direction));
    }
}
