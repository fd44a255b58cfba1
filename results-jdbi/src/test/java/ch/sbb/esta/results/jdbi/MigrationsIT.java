package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationsIT {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void aSessionThatPlansWhileTheTablesAreEmptyFindsARowByMoreThanItsParent() {
        String schema = "\"" + fixture.newSchema() + "\".";

        assertThat(plan("SELECT 1 FROM ONLY " + schema
                        + "records x WHERE parent = $1 AND result_id = $2 AND id = $3 FOR KEY SHARE OF x"))
                .containsPattern("Index Cond: .*\\(id\\)::text = ");
        assertThat(plan("SELECT 1 FROM ONLY " + schema + "results x WHERE parent = $1 AND id = $2 FOR KEY SHARE OF x"))
                .containsPattern("Index Cond: .*\\(id\\)::text = ");
        assertThat(plan("SELECT id FROM " + schema + "records WHERE parent = $1 AND result_name = $2 AND name = $3"))
                .containsPattern("Index Cond: .*\\(name\\)::text = ");
        assertThat(plan("DELETE FROM ONLY " + schema
                        + "esta_runs WHERE parent = $1 AND result_id = $2 AND record_id = $3"))
                .containsPattern("Index Cond: .*\\(record_id\\)::text = ");
        assertThat(fixture.query("SELECT FROM " + schema + "results UNION ALL SELECT FROM " + schema + "esta_runs"))
                .as("rows that Postgres was shown")
                .isEmpty();
    }

    /** As a session plans that keeps its plan for all values. */
    private String plan(String statement) {
        int parameters = statement.contains("$3") ? 3 : 2;
        String types = String.join(", ", Collections.nCopies(parameters, "varchar"));
        String values = String.join(", ", Collections.nCopies(parameters, "'x'"));
        try (Connection connection = fixture.pool().getConnection();
                Statement session = connection.createStatement()) {
            session.execute("SET plan_cache_mode = force_generic_plan");
            session.execute("PREPARE looked_up (" + types + ") AS " + statement);
            try (ResultSet lines = session.executeQuery("EXPLAIN (COSTS off) EXECUTE looked_up (" + values + ")")) {
                StringBuilder plan = new StringBuilder();
                while (lines.next()) {
                    plan.append(lines.getString(1)).append('\n');
                }
                return plan.toString();
            } finally {
                session.execute("DEALLOCATE looked_up");
                session.execute("RESET plan_cache_mode");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(statement, e);
        }
    }

    @Test
    void theTablesAreThoseOfTektonResults() {
        String schema = fixture.newSchema();

        assertThat(columns(schema, "results"))
                .containsExactly(
                        "parent | character varying(64) | t | null",
                        "id | character varying(64) | t | null",
                        "name | character varying(64) | f | null",
                        "annotations | jsonb | f | null",
                        "created_time | timestamp with time zone | f | CURRENT_TIMESTAMP",
                        "updated_time | timestamp with time zone | f | CURRENT_TIMESTAMP",
                        "recordsummary_record | character varying(256) | f | null",
                        "recordsummary_type | character varying(768) | f | null",
                        "recordsummary_start_time | timestamp with time zone | f | null",
                        "recordsummary_end_time | timestamp with time zone | f | null",
                        "recordsummary_status | integer | f | null",
                        "recordsummary_annotations | jsonb | f | null",
                        "etag | character varying(128) | f | null",
                        "esta_annotations_escaped | boolean | f | null",
                        "esta_summary_escaped | boolean | f | null");
        assertThat(columns(schema, "records"))
                .containsExactly(
                        "parent | character varying(64) | t | null",
                        "result_id | character varying(64) | t | null",
                        "result_name | character varying(64) | f | null",
                        "id | character varying(64) | t | null",
                        "name | character varying(64) | f | null",
                        "type | character varying(768) | f | null",
                        "data | jsonb | f | null",
                        "created_time | timestamp with time zone | f | CURRENT_TIMESTAMP",
                        "updated_time | timestamp with time zone | f | CURRENT_TIMESTAMP",
                        "etag | character varying(128) | f | null",
                        "esta_data_escaped | boolean | f | null",
                        "esta_data_digest | bytea | f | null");
        assertThat(fixture.query("""
                        SELECT i.relname, x.indisunique, pg_get_indexdef(x.indexrelid, 1, true),
                               pg_get_indexdef(x.indexrelid, 2, true), pg_get_indexdef(x.indexrelid, 3, true)
                        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
                        WHERE t.relnamespace = '"%s"'::regnamespace AND t.relname IN ('results', 'records')
                          AND i.relname NOT LIKE 'esta%%' ORDER BY 1""".formatted(schema)))
                .containsExactly(
                        "records_by_name | t | parent | result_name | name",
                        "records_pkey | t | parent | result_id | id",
                        "results_by_name | t | parent | name | ",
                        "results_pkey | t | parent | id | ");
        assertThat(fixture.query("""
                        SELECT conname, confupdtype, confdeltype, pg_get_constraintdef(oid) FROM pg_constraint
                        WHERE connamespace = '"%s"'::regnamespace AND conname = 'fk_records_result'""".formatted(schema)))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("fk_records_result | c | c | FOREIGN KEY (parent, result_id) REFERENCES")
                .contains("(parent, id)");
    }

    private List<String> columns(String schema, String table) {
        return fixture.query("""
                SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = '"%s".%s'::regclass AND a.attnum > 0 ORDER BY a.attnum""".formatted(schema, table));
    }

    @Test
    void runningThemAgainChangesNothing() {
        Migrations migrations = new Migrations(fixture.pool(), "again");

        assertThat(migrations.migrate()).isEqualTo(Migration.ALL.size());
        List<String> applied = fixture.query("SELECT version, applied_time FROM again.esta_schema_version ORDER BY 1");
        assertThat(migrations.migrate()).isZero();
        assertThat(fixture.query("SELECT version, applied_time FROM again.esta_schema_version ORDER BY 1"))
                .isEqualTo(applied);
    }

    /** As a later migration would leave it: tables only ever gain columns that may be null. */
    @Test
    void aSchemaOfALaterVersionIsLeftAloneAndWorkedWith() {
        String schema = fixture.newSchema();
        String quoted = Identifiers.quote(schema);
        int later = Migration.ALL.size() + 1;
        fixture.execute("INSERT INTO " + quoted + ".esta_schema_version (version, description) VALUES (" + later
                + ", 'of a later release')");
        for (String table : List.of("results", "records", "esta_runs")) {
            fixture.execute("ALTER TABLE " + quoted + "." + table + " ADD COLUMN of_a_later_release text");
        }
        List<String> versions = fixture.query("SELECT * FROM " + quoted + ".esta_schema_version ORDER BY version");

        assertThat(new Migrations(fixture.pool(), schema).isNeeded()).isFalse();
        assertThat(new Migrations(fixture.pool(), schema).migrate()).isZero();
        JdbiResultsStore store =
                JdbiResultsStore.builder(fixture.pool(), schema).build();
        List<ArchiveOutcome.Status> outcomes = new ArrayList<>();
        for (String version : List.of("1", "1", "2")) {
            String run = """
                    {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"namespace":"ci","name":"n","uid":"u",
                     "resourceVersion":"%s"}}""".formatted(version);
            outcomes.add(store.archive(List.of(Fixture.placed(run))).get(0).status());
        }

        assertThat(outcomes)
                .containsExactly(
                        ArchiveOutcome.Status.CREATED, ArchiveOutcome.Status.UNCHANGED, ArchiveOutcome.Status.UPDATED);
        assertThat(store.listResults(ListQuery.of("ci")).items()).hasSize(1);
        assertThat(store.listRecords(ListQuery.of("ci/results/u")).items()).hasSize(1);
        assertThat(fixture.query("SELECT count(*) FROM " + quoted + ".records WHERE of_a_later_release IS NULL"))
                .containsExactly("1");
        assertThat(fixture.query("SELECT * FROM " + quoted + ".esta_schema_version ORDER BY version"))
                .isEqualTo(versions);
    }

    @Test
    void manyProcessesAtOnceApplyEachVersionOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            CountDownLatch start = new CountDownLatch(8);
            List<Future<Integer>> applied = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Migrations migrations = new Migrations(fixture.database().dataSource(), "contended");
                applied.add(threads.submit(() -> {
                    start.countDown();
                    start.await();
                    return migrations.migrate();
                }));
            }
            int sum = 0;
            for (Future<Integer> future : applied) {
                sum += future.get(60, TimeUnit.SECONDS);
            }
            assertThat(sum).isEqualTo(Migration.ALL.size());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aSchemaThatTektonResultsHasMadeIsTakenOverWithItsRows() {
        UpstreamRows.createTables(fixture, "upstream");
        UpstreamRows.insertRun(fixture, "upstream", "run", "7", "True");

        new Migrations(fixture.pool(), "upstream").migrate();

        assertThat(columns("upstream", "records"))
                .hasSize(12)
                .endsWith("esta_data_escaped | boolean | f | null", "esta_data_digest | bytea | f | null");
        assertThat(fixture.query("SELECT count(*) FROM upstream.records")).containsExactly("1");
        assertThat(
                        fixture.query(
                                "SELECT count(*) FROM pg_constraint WHERE connamespace = 'upstream'::regnamespace AND conname = 'fk_records_result'"))
                .containsExactly("1");
    }

    @Test
    void aSchemaThatIsThereNeedsNoRightToCreateSchemas() {
        PostgresDatabase tenant = Servers.current().newDatabase();
        fixture.execute("CREATE SCHEMA given");
        fixture.execute("GRANT ALL ON SCHEMA given TO " + tenant.user());
        PostgresDatabase login = new PostgresDatabase(fixture.database().jdbcUrl(), tenant.user(), tenant.password());

        assertThat(new Migrations(login.dataSource(), "given").migrate()).isEqualTo(Migration.ALL.size());
        assertThatThrownBy(() -> new Migrations(login.dataSource(), "other").migrate())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.DENIED))
                .hasMessageContaining("\"other\"");
    }

    @Test
    void aDatabaseInAnotherEncodingIsRefused() {
        PostgresDatabase admin = Servers.current().admin();
        String name = fixture.database().user() + "_latin";
        Fixture.query(admin, "SELECT 1");
        try (Fixture administrator = new Fixture(admin)) {
            administrator.execute("CREATE DATABASE " + name + " ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
        }
        PostgresDatabase latin =
                new PostgresDatabase(admin.jdbcUrl().replace("/postgres", "/" + name), admin.user(), admin.password());

        assertThatThrownBy(() -> new Migrations(latin.dataSource(), "any").migrate())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("SQL_ASCII");
    }

    @Test
    void aNameThatIsNotUsableIsInvalid() {
        for (String name :
                List.of("", "a\"b", "a.b", "pg_mine", "information_schema", "x".repeat(64), "ä", "a\u0000")) {
            assertThatThrownBy(() -> new Migrations(fixture.pool(), name))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
        }
    }
}
