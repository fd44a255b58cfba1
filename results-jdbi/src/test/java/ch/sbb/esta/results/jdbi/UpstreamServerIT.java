package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.SummaryStatus;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the server of Tekton Results meets when it starts and works on a schema that we made, or took over: whatever its ORM asks for is
 * answered as by a schema of its own, so that it changes nothing; its statements do what they do there.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamServerIT {

    /** Its tables as it made them itself. */
    private static final String ORIGINAL = "original";

    private static final String ADOPTED = "adopted";
    private static final String MADE = "made";

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @BeforeAll
    void makeSchemas() {
        UpstreamRows.createTables(fixture, ORIGINAL);
        UpstreamRows.createTables(fixture, ADOPTED);
        UpstreamRows.insertRun(fixture, ADOPTED, "there-before", "1", "True");
        new Migrations(fixture.pool(), ADOPTED).migrate();
        assertThat(new Adoption(fixture.pool(), ADOPTED).run().isComplete()).isTrue();
        new Migrations(fixture.pool(), MADE).migrate();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    /** Types, lengths, nullability and defaults, by which it decides on altering a column. */
    @ParameterizedTest
    @ValueSource(strings = {ADOPTED, MADE})
    void everyColumnIsAsItExpects(String schema) {
        String columns = """
                SELECT c.table_name, c.column_name, c.udt_name, c.character_maximum_length, c.is_nullable, c.column_default,
                  c.datetime_precision, c.numeric_precision, format_type(a.atttypid, a.atttypmod)
                FROM information_schema.columns c
                JOIN pg_attribute a ON a.attname = c.column_name
                  AND a.attrelid = CAST(quote_ident(c.table_schema) || '.' || quote_ident(c.table_name) AS regclass)
                WHERE c.table_schema = '%s' AND c.table_name IN ('results', 'records') AND c.column_name NOT LIKE 'esta%%'
                ORDER BY 1, 2""";

        assertThat(fixture.query(columns.formatted(schema)))
                .hasSize(23)
                .isEqualTo(fixture.query(columns.formatted(ORIGINAL)));
    }

    /** It inserts without naming them. */
    @ParameterizedTest
    @ValueSource(strings = {ADOPTED, MADE})
    void columnsThatItDoesNotKnowMayBeLeftOut(String schema) {
        assertThat(fixture.query("""
                        SELECT DISTINCT is_nullable, column_default FROM information_schema.columns
                        WHERE table_schema = '%s' AND table_name IN ('results', 'records') AND column_name LIKE 'esta%%'""".formatted(schema))).containsExactly("YES | null");
    }

    /** It makes an index or a foreign key that it does not find under its name. */
    @ParameterizedTest
    @ValueSource(strings = {ADOPTED, MADE})
    void indexesAndConstraintsAreThereUnderTheirNames(String schema) {
        String indexes = """
                SELECT indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes
                WHERE schemaname = '%s' AND tablename IN ('results', 'records') AND indexname NOT LIKE 'esta%%' ORDER BY 1""";
        String constraints = """
                SELECT k.conname, replace(pg_get_constraintdef(k.oid), n.nspname || '.', '') FROM pg_constraint k
                JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = '%s' AND c.relname IN ('results', 'records') AND k.contype <> 'n' ORDER BY 1""";

        assertThat(fixture.query(indexes.formatted(schema)))
                .hasSize(4)
                .isEqualTo(fixture.query(indexes.formatted(ORIGINAL)));
        assertThat(fixture.query(constraints.formatted(schema)))
                .hasSize(3)
                .isEqualTo(fixture.query(constraints.formatted(ORIGINAL)));
    }

    /** What it issues where it finds something else, and once at each start. */
    @ParameterizedTest
    @ValueSource(strings = {ADOPTED, MADE})
    void itsStatementsOnStartChangeNoFile(String schema) {
        String files = """
                SELECT c.relname, c.relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = '%s' ORDER BY 1""".formatted(schema);
        List<String> before = fixture.query(files);

        fixture.execute("""
                ALTER TABLE %1$s.records ALTER COLUMN created_time SET DEFAULT current_timestamp;
                ALTER TABLE %1$s.records ALTER COLUMN name DROP NOT NULL;
                ALTER TABLE %1$s.results ALTER COLUMN recordsummary_status DROP DEFAULT;
                CREATE UNIQUE INDEX IF NOT EXISTS "results_by_name" ON %1$s.results ("parent","name");
                CREATE UNIQUE INDEX IF NOT EXISTS "records_by_name" ON %1$s.records ("parent","result_name","name")""".formatted(schema));

        assertThat(fixture.query(files)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {ADOPTED, MADE})
    void whatItWritesIsRead(String schema) throws Exception {
        try (UpstreamWriter writer = new UpstreamWriter(fixture.database(), schema)) {
            await().atMost(ONE_MINUTE).until(() -> writer.statements() > 60);
            writer.stop();
        }
        JdbiResultsStore store =
                JdbiResultsStore.builder(fixture.pool(), schema).build();
        ResultName result = new ResultName("ci", "written-6");
        RecordName record = result.record("written-6");

        assertThat(store.findRecord(record).orElseThrow().type()).isEqualTo("tekton.dev/v1.TaskRun");
        assertThat(store.findResult(result).orElseThrow().annotations()).containsEntry("a", "b");
        assertThat(store.findResult(result)
                        .orElseThrow()
                        .summary()
                        .orElseThrow()
                        .status())
                .isEqualTo(SummaryStatus.SUCCESS);
        ListQuery finished = ListQuery.of("ci/results/-")
                .filter("data_type == TASK_RUN && data.status.conditions[0].status == 'True'"
                        + " && data.metadata.name == 'written-6'");
        assertThat(store.listRecords(finished).items()).hasSize(1);
        // The first Result that it deletes again.
        assertThat(store.findResult(new ResultName("ci", "written-0"))).isEmpty();
        assertThat(fixture.query("SELECT count(*) FROM " + schema + ".esta_runs WHERE name = 'written-0'"))
                .containsExactly("0");
    }

    @Test
    void whatWasThereBeforeIsRead() {
        JdbiResultsStore store =
                JdbiResultsStore.builder(fixture.pool(), ADOPTED).build();
        ResultName result = new ResultName("ci", "there-before");

        assertThat(store.findRecord(result.record("there-before"))).isPresent();
        assertThat(store.findResult(result).orElseThrow().summary()).isEmpty();
    }
}
