package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What others write into the tables, what they see there, and how they connect. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class SharedTablesIT {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private String schema;
    private JdbiResultsStore store;

    @BeforeEach
    void makeSchema() {
        schema = fixture.newSchema();
        store = JdbiResultsStore.builder(fixture.pool(), schema).build();
    }

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void theGuardHoldsForRowsThatTektonResultsWrote() {
        UpstreamRows.insertRun(fixture, schema, "finished", "7", "False");
        UpstreamRows.insertRun(fixture, schema, "running", "7", "Unknown");

        assertThat(store.archive(List.of(
                        Fixture.run("finished", "8", "{}"),
                        Fixture.run("running", "6", "{}"),
                        Fixture.run("running", "8", "{}"))))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.STALE, Status.STALE, Status.UPDATED);

        Record record = store.findRecord(new ResultName("ci", "running").record("running"))
                .orElseThrow();
        assertThat(record.stored().uid()).isEqualTo("i-running");
        assertThat(record.stored().etag()).isEqualTo("i-running-8000000000000000001");
        Result result = store.findResult(new ResultName("ci", "running")).orElseThrow();
        assertThat(result.summary().orElseThrow().record()).isEqualTo(record.name());
        assertThat(result.annotations()).containsEntry("object.metadata.name", "n");
    }

    @Test
    void unchangedRowsAreLookedUpByNameWhereTheTableHasNoStatisticsYet() {
        fixture.execute("ALTER TABLE \"%s\".records SET (autovacuum_enabled = off)".formatted(schema));
        List<RunPlacement> batch = IntStream.range(0, 2000)
                .mapToObj(i -> Fixture.run("run-" + i, "1", "{}"))
                .toList();
        store.archive(batch);
        // A session tells what it did when it ends, at the latest.
        String fetched = """
                SELECT coalesce(sum(s.idx_tup_fetch + pg_stat_get_tuples_returned(s.indexrelid)), 0) FROM pg_stat_user_indexes s
                WHERE s.schemaname = '%s' AND s.relname = 'records'""".formatted(schema);
        fixture.pool().getHikariPoolMXBean().softEvictConnections();
        long before = Long.parseLong(fixture.query(fetched).get(0));

        assertThat(JdbiResultsStore.builder(fixture.database().dataSource(), schema)
                        .build()
                        .archive(batch))
                .extracting(ArchiveOutcome::status)
                .containsOnly(Status.UNCHANGED);

        await().atMost(ONE_MINUTE)
                .until(() -> Long.parseLong(fixture.query(fetched).get(0)) > before + batch.size());
        assertThat(Long.parseLong(fixture.query(fetched).get(0)) - before).isLessThan(10L * batch.size());
    }

    @Test
    void rowsThatStayAsTheyAreAreNotRewritten() {
        List<RunPlacement> batch = List.of(Fixture.run("a", "1", "{}"), Fixture.run("b", "1", "{}"));
        store.archive(batch);
        String versions = """
                SELECT ctid, xmin::text FROM "%1$s".records UNION ALL SELECT ctid, xmin::text FROM "%1$s".results ORDER BY 1, 2""".formatted(schema);
        List<String> before = fixture.query(versions);

        store.archive(batch);

        assertThat(before).hasSize(4);
        assertThat(fixture.query(versions)).isEqualTo(before);
    }

    @Test
    void whatOthersWriteInPlaceOfTheDataIsNoticedByTheNextArchiving() {
        RunPlacement run = Fixture.run("edited", "1", "{\"note\":\"ours\"}");
        store.archive(List.of(run));
        String digests = "SELECT count(esta_data_digest) FROM \"" + schema + "\".records WHERE name = 'edited'";
        assertThat(fixture.query(digests)).containsExactly("1");

        fixture.execute("UPDATE \"" + schema + "\".records SET data = jsonb_set(data, '{spec,note}', '\"theirs\"')");

        assertThat(fixture.query(digests)).containsExactly("0");
        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UPDATED);
        Record stored = store.findRecord(run.record()).orElseThrow();
        assertThat(new String(stored.data(), StandardCharsets.UTF_8)).contains("ours");
        assertThat(fixture.query(digests)).containsExactly("1");
        store.updateRecord(
                run.record(),
                stored.type(),
                "{}".getBytes(StandardCharsets.UTF_8),
                stored.stored().etag());
        assertThat(fixture.query(digests)).containsExactly("0");
    }

    @Test
    void aRunThatIsStoredAlreadyStillCompletesItsResult() {
        RunPlacement run = Fixture.run("cleared", "1", "{}");
        store.archive(List.of(run));
        ResultName name = run.record().result();
        var complete = store.findResult(name).orElseThrow();
        store.updateResult(
                name, java.util.Map.of(), Optional.empty(), complete.stored().etag());
        assertThat(store.findResult(name).orElseThrow().summary()).isEmpty();

        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);

        assertThat(store.findResult(name).orElseThrow().summary()).isEqualTo(complete.summary());
        assertThat(store.findResult(name).orElseThrow().annotations()).isEqualTo(complete.annotations());
    }

    @Test
    void readersOfTheTablesSeeTheEscapedTextOnMarkedRowsOnly() {
        store.archive(List.of(
                Fixture.run("odd", "1", "{\"note\":\"a\\u0000␛\\ud800\"}"),
                Fixture.run("plain", "1", "{\"note\":\"␛0000\"}")));

        assertThat(fixture.query("SELECT name, data #>> '{spec,note}', esta_data_escaped FROM \"" + schema
                        + "\".records ORDER BY 1"))
                .containsExactly("odd | a␛0000␛241b␛d800 | t", "plain | ␛0000 | null");
    }

    @Test
    void rowsWithoutTimesOrWithForeignNamesLoseNoPage() {
        for (int i = 0; i < 5; i++) {
            store.archive(List.of(Fixture.run("run-" + i, "1", "{}")));
            UpstreamRows.insertRun(fixture, schema, "other-" + i, "1", "True");
        }
        fixture.execute(
                "UPDATE \"" + schema + "\".records SET created_time = NULL, type = NULL WHERE name LIKE 'other%'");
        fixture.execute(
                "UPDATE \"" + schema + "\".records SET name = 'Not A Name', data = NULL WHERE name = 'other-2'");
        fixture.execute("UPDATE \"" + schema
                + "\".results SET recordsummary_record = 'nonsense', etag = NULL WHERE name = 'run-1'");
        for (String order : List.of("create_time", "create_time desc", "")) {
            List<String> names = new ArrayList<>();
            ListQuery query =
                    ListQuery.of("ci/results/-").orderBy(ListOrder.parse(order)).pageSize(2);
            Optional<String> token = Optional.of("");
            while (token.isPresent()) {
                Page<Record> page = store.listRecords(query.pageToken(token.get()));
                page.items().forEach(record -> names.add(record.name().record()));
                token = page.nextPageToken();
            }
            assertThat(names).as(order).hasSize(9).doesNotHaveDuplicates();
        }
        assertThat(store.listResults(ListQuery.of("ci")).items()).hasSize(10);
        assertThat(store.findResult(new ResultName("ci", "run-1")).orElseThrow().summary())
                .isEmpty();
    }

    @Test
    void aPageEndsBeforeItsRowsBecomeTooLarge() {
        String large = "{\"note\":\"" + "x".repeat(1000) + "\"}";
        for (int i = 0; i < 5; i++) {
            store.archive(List.of(Fixture.run("run-" + i, "1", large)));
        }
        JdbiResultsStore small = JdbiResultsStore.builder(fixture.pool(), schema)
                .maxPageBytes(2500)
                .build();
        ListQuery query = ListQuery.of("ci/results/-");

        Page<Record> first = small.listRecords(query);
        Page<Record> second =
                small.listRecords(query.pageToken(first.nextPageToken().orElseThrow()));
        Page<Record> third =
                small.listRecords(query.pageToken(second.nextPageToken().orElseThrow()));

        assertThat(List.of(
                        first.items().size(),
                        second.items().size(),
                        third.items().size()))
                .containsExactly(2, 2, 1);
        assertThat(third.nextPageToken()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "prepareThreshold, -1",
        "prepareThreshold, 1",
        "prepareThreshold, 0",
        "preferQueryMode, simple",
        "preferQueryMode, extendedForPrepared",
        "binaryTransfer, false",
        "currentSchema, elsewhere",
        "options, -c search_path=elsewhere -c default_transaction_isolation=serializable -c TimeZone=Asia/Kolkata",
        "options, -c default_transaction_read_only=on -c standard_conforming_strings=on"
    })
    void everyWayOfConnectingGivesTheSame(String property, String value) {
        fixture.execute("CREATE SCHEMA IF NOT EXISTS elsewhere");
        fixture.execute("CREATE TABLE IF NOT EXISTS elsewhere.records (trap int)");
        PostgresDatabase database = fixture.database().with(property, value.replace(" ", "%20"));
        try (Fixture other = new Fixture(database)) {
            JdbiResultsStore there =
                    JdbiResultsStore.builder(other.pool(), schema).build();
            there.archive(List.of(Fixture.run("odd", "0", "{}")));
            for (int version = 1; version <= 7; version++) {
                List<RunPlacement> batch = List.of(
                        Fixture.run("odd", "" + version, "{\"note\":\"\\u0000" + version + "\"}"),
                        Fixture.run("run-" + version, "1", "{}"));
                there.archive(batch);
                assertThat(there.archive(batch))
                        .extracting(ArchiveOutcome::status)
                        .containsOnly(Status.UNCHANGED);
                ListQuery query = ListQuery.of("ci/results/-")
                        .orderBy(ListOrder.parse("create_time desc"))
                        .pageSize(1);
                Page<Record> page = there.listRecords(query);
                assertThat(page.items().get(0).name().record()).isEqualTo("run-" + version);
                assertThat(there.listRecords(
                                        query.pageToken(page.nextPageToken().orElseThrow()))
                                .items())
                        .hasSize(1);
            }
            Record odd =
                    there.findRecord(new ResultName("ci", "odd").record("odd")).orElseThrow();
            assertThat(new String(odd.data(), StandardCharsets.UTF_8)).contains("\"\\u00007\"");
            assertThat(store.findRecord(odd.name())).contains(odd);
            assertThat(there.findResult(new ResultName("ci", "odd")))
                    .isEqualTo(store.findResult(new ResultName("ci", "odd")));
        }
    }
}
