package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.testkit.postgres.ExplainedSource;
import ch.sbb.esta.results.testkit.postgres.IndexedQueries;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import ch.sbb.esta.results.testkit.postgres.TouchedPages;
import java.sql.Connection;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Lists of the store that are documented as indexed: few pages are touched, also where nothing matches. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IndexedListsIT {

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
        String schema = fixture.newSchema();
        assertFewPages(schema, 20_000);
        assertFewPagesWithoutASample(schema, 20_000);
    }

    /** Where the planner knows nothing of labels and annotations, it takes each for one in a hundred. */
    private void assertFewPagesWithoutASample(String schema, int results) throws Exception {
        PostgresDatabase admin = Servers.current().admin();
        PostgresDatabase same = new PostgresDatabase(fixture.database().jdbcUrl(), admin.user(), admin.password());
        try (Connection connection = same.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(new Schema(schema).sql("""
                    DELETE FROM pg_statistic
                    WHERE starelid IN ('{schema}.esta_records_labels'::regclass, '{schema}.esta_results_annotations'::regclass)
                    """))).isPositive();
        }
        ExplainedSource explained = new ExplainedSource(fixture.pool());
        JdbiResultsStore store =
                JdbiResultsStore.builder(explained.dataSource(), schema).build();
        for (ListQuery query : IndexedQueries.all(new SkewedRuns(results))) {
            String filter = query.filter().orElse("");
            if (filter.contains("labels['branch']")) {
                store.listRecords(query);
                TouchedPages touched = explained.take();
                assertThat(touched.ratio())
                        .as("%s: %s", IndexedQueries.describe(query), touched.plan())
                        .isLessThanOrEqualTo(1);
            }
        }
    }

    private void assertFewPages(String schema, int results) throws Exception {
        SkewedRuns runs = new SkewedRuns(results);
        fixture.fill(schema, runs);
        ExplainedSource explained = new ExplainedSource(fixture.pool());
        JdbiResultsStore store =
                JdbiResultsStore.builder(explained.dataSource(), schema).build();
        JdbiResultsStore plain =
                JdbiResultsStore.builder(fixture.pool(), schema).build();
        Map<String, String> wrong = new LinkedHashMap<>();
        for (ListQuery query : IndexedQueries.all(runs)) {
            int items;
            if (query.collection() == ListQuery.Collection.RESULTS) {
                items = store.listResults(query).items().size();
            } else {
                Page<Record> page = store.listRecords(query);
                query.filter().ifPresent(filter -> assertSame(plain, query, filter, page));
                items = page.items().size();
            }
            TouchedPages touched = explained.take();
            assertThat(touched.rows()).as(touched.plan()).isBetween((long) items, items + 1L);
            if (touched.ratio() > 1) {
                wrong.put(IndexedQueries.describe(query), touched + ": " + touched.plan());
            }
        }
        assertFilteredStatisticsTouchFewPages(schema, wrong);
        assertThat(wrong).isEmpty();
    }

    /** The way by the index selects what the filter selects. */
    private static void assertSame(JdbiResultsStore store, ListQuery query, String filter, Page<Record> page) {
        Filter selected = Filter.forRecords(filter);
        assertThat(page.items()).as(filter).allMatch(selected::matches);
        String unhinted = "(" + filter + ") || false && name == 'x'";
        assertThat(store.listRecords(query.filter(unhinted)).items())
                .as(filter)
                .extracting(Record::name)
                .containsExactlyElementsOf(
                        page.items().stream().map(Record::name).toList());
    }

    private void assertFilteredStatisticsTouchFewPages(String schema, Map<String, String> wrong) {
        ExplainedSource explained = new ExplainedSource(fixture.pool());
        JdbiRecordStatistics statistics =
                JdbiRecordStatistics.builder(explained.dataSource(), schema).build();
        for (String parent : List.of("team-00", "nobody", "-")) {
            for (String filter : List.of(
                    "data.metadata.name == 'run-77'",
                    "data.metadata.name == 'none'",
                    "data.metadata.labels['triggers.tekton.dev/triggers-eventid'] == '28f9ebc7d5c0e3eb0e6b4a9b8bd0c3de'",
                    "data.status.startTime > timestamp('2027-01-01T00:00:00Z')")) {
                statistics.summarize(
                        StatisticsQuery.builder(parent).filter(filter).build());
                TouchedPages touched = explained.take();
                if (touched.ratio() > 1) {
                    wrong.put("statistics of " + parent + " where " + filter, touched + ": " + touched.plan());
                }
            }
        }
    }
}
