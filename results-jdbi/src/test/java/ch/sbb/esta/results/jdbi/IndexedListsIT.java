package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Lists of the store with the filters that are documented as indexed: few pages are touched, also where nothing matches. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IndexedListsIT {

    private static final int PAGE = 50;
    private static final int BUFFERS_PER_ROW = 20;
    private static final int BUFFERS = 200;

    private static final Pattern TOUCHED = Pattern.compile("\"Shared (?:Hit|Read) Blocks\": ([0-9]+)");
    private static final Pattern ROWS = Pattern.compile("\"Actual Rows\": ([0-9]+)");

    private static final List<String> PARENTS = List.of("team-00", "team-19", "nobody");
    private static final List<String> CREATED = List.of("create_time desc", "create_time asc");

    private static final List<String> RUNS = List.of(
            "data_type == PIPELINE_RUN",
            "data_type == 'tekton.dev/v1beta1.CustomRun'",
            "data_type == PIPELINE_RUN && data.status.conditions[0].status == 'False'",
            "data_type == TASK_RUN && data.status.conditions[0].status == 'Unknown'",
            "data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-0'",
            "data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'none'",
            "data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-0'"
                    + " && data.status.conditions[0].status == 'False'",
            "'False' == data.status.conditions[0].status && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-1'"
                    + " && data_type == PIPELINE_RUN",
            "data_type == PIPELINE_RUN && data.metadata.name == 'run-77'",
            "data_type == TASK_RUN && data.metadata.name == 'none'",
            "data_type == PIPELINE_RUN && data.metadata.labels['triggers.tekton.dev/triggers-eventid'] == '%s'"
                    .formatted("28f9ebc7d5c0e3eb0e6b4a9b8bd0c3de"),
            "data_type == PIPELINE_RUN && data.status.startTime > timestamp('2026-10-31T20:00:00Z')",
            "data_type == PIPELINE_RUN && data.status.completionTime >= timestamp('2027-01-01T00:00:00Z')",
            "data.metadata.labels['branch'] == 'branch-7'",
            "data.metadata.labels['branch'] == 'none'");

    private static final List<String> RESULTS = List.of(
            "summary.status == FAILURE",
            "summary.status == TIMEOUT && parent != 'x'",
            "annotations['object.metadata.name'] == 'run-77'",
            "annotations['object.metadata.name'] == 'none'",
            "create_time > timestamp('2026-10-31T20:00:00Z')",
            "create_time > timestamp('2027-01-01T00:00:00Z')");

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
        new SkewedRuns(results).insertInto(fixture.database(), name);
        Schema schema = new Schema(name);
        for (String table : List.of("{results}", "{records}", "{esta_runs}")) {
            fixture.execute(schema.sql("VACUUM ANALYZE " + table));
        }
        JdbiResultsStore store = JdbiResultsStore.builder(fixture.pool(), name).build();
        Map<String, String> wrong = new LinkedHashMap<>();
        for (String parent : PARENTS) {
            for (String order : CREATED) {
                RUNS.forEach(filter -> {
                    ListQuery query = query(parent + "/results/-", order, filter);
                    check(Listing.records(schema), query, wrong);
                    assertSame(store, query, filter);
                });
                RESULTS.forEach(filter -> check(Listing.results(schema), query(parent, order, filter), wrong));
            }
        }
        for (String order : List.of("create_time desc", "update_time desc")) {
            check(Listing.records(schema), query("-/results/-", order, ""), wrong);
            check(Listing.results(schema), query("-", order, ""), wrong);
        }
        check(Listing.records(schema), ListQuery.of("-/results/-"), wrong);
        assertThat(wrong).isEmpty();
    }

    private static ListQuery query(String parent, String order, String filter) {
        return ListQuery.of(parent)
                .orderBy(ListOrder.parse(order))
                .filter(filter)
                .pageSize(PAGE);
    }

    private void check(Listing<?> listing, ListQuery query, Map<String, String> wrong) {
        String plan = Jdbi.create(fixture.pool()).withHandle(handle -> listing.explain(handle, query));
        // The numbers of the topmost node, which counts what is below it.
        long touched = TOUCHED.matcher(plan)
                .results()
                .limit(2)
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
        long rows = ROWS.matcher(plan)
                .results()
                .findFirst()
                .map(found -> Long.parseLong(found.group(1)))
                .orElseThrow();
        if (touched > rows * BUFFERS_PER_ROW + BUFFERS || rows > PAGE + 1) {
            wrong.put(
                    query.parent() + " " + query.order() + " " + query.filter(),
                    touched + " buffers for " + rows + " rows: " + plan);
        }
    }

    /** The way by the index selects what the filter selects. */
    private static void assertSame(JdbiResultsStore store, ListQuery query, String filter) {
        Filter selected = Filter.forRecords(filter);
        Page<Record> page = store.listRecords(query);
        assertThat(page.items()).as(filter).allMatch(selected::matches);
        String unhinted = "(" + filter + ") || false && name == 'x'";
        assertThat(store.listRecords(query.filter(unhinted)).items())
                .as(filter)
                .extracting(Record::name)
                .containsExactlyElementsOf(
                        page.items().stream().map(Record::name).toList());
    }
}
