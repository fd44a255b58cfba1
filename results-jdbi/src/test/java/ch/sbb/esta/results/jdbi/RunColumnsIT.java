package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Condition;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the triggers write into {@code esta_runs}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class RunColumnsIT {

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

    private List<String> runs(String columns) {
        return fixture.query("SELECT " + columns + " FROM \"" + schema + "\".esta_runs ORDER BY uid");
    }

    private static RunPlacement run(String kind, String metadata, String spec, String status) {
        return Fixture.placed("""
                {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"namespace":"ci","name":"n","uid":"u"%s},
                 "spec":%s,"status":%s}""".formatted(kind, metadata, spec, status));
    }

    @Test
    void aRunHasItsColumnsAndKeepsThemWhileItGoesOn() {
        String metadata = """
                ,"creationTimestamp":"2026-10-01T10:00:00Z","annotations":{"pipelinesascode.tekton.dev/repository":"shop"},
                "labels":{"tekton.dev/task":"build","triggers.tekton.dev/triggers-eventid":"e1"}""";
        store.archive(List.of(run("TaskRun", metadata, "{}", "{\"startTime\":\"2026-10-01T10:00:01.5Z\"}")));
        String columns = "parent, record_id <> '', type, namespace, name, uid, created_time AT TIME ZONE 'UTC',"
                + " start_time AT TIME ZONE 'UTC', end_time AT TIME ZONE 'UTC', state, reason,"
                + " condition_status, pipeline, task, repository, trigger_event";
        assertThat(runs(columns))
                .containsExactly(
                        "ci | t | tekton.dev/v1.TaskRun | ci | n | u | 2026-10-01 10:00:00 | 2026-10-01 10:00:01.5"
                                + " | null | 0 | null | null | null | build | shop | e1");

        store.archive(List.of(run("TaskRun", metadata, "{}", """
                {"startTime":"2026-10-01T10:00:01.5Z","completionTime":"2026-10-01T12:00:02+02:00",
                 "conditions":[{"type":"Other","status":"True"},{"type":"Succeeded","status":"False","reason":"TaskRunTimeout"}]}""")));
        assertThat(runs("end_time AT TIME ZONE 'UTC', state, reason"))
                .containsExactly("2026-10-01 10:00:02 | 3 | TaskRunTimeout");
    }

    @Test
    void pipelineAndTaskAreThoseOfTheReferenceWhereThereIsNoLabel() {
        store.archive(List.of(
                run("PipelineRun", "", "{\"pipelineRef\":{\"name\":\"p\"},\"taskRef\":{\"name\":\"t\"}}", "{}")));

        assertThat(runs("pipeline, task")).containsExactly("p | t");
    }

    @Test
    void rowsThatStayAsTheyAreAreNotRewritten() {
        List<RunPlacement> batch = List.of(Fixture.run("a", "1", "{}"), Fixture.run("b", "1", "{}"));
        store.archive(batch);
        List<String> before = runs("ctid, xmin::text");

        store.archive(batch);
        store.archive(List.of(Fixture.run("a", "2", "{\"changed\":true}")));

        assertThat(before).hasSize(2);
        assertThat(runs("ctid, xmin::text")).isEqualTo(before);
    }

    @Test
    void whatIsDeletedOrIsNoRunAnyMoreHasNoRow() {
        List<RunPlacement> batch = Stream.of("a", "b", "c", "d")
                .map(uid -> Fixture.run(uid, "1", "{}"))
                .toList();
        store.archive(batch);

        store.deleteResult(batch.get(0).record().result());
        store.deleteRecord(batch.get(1).record());
        fixture.execute(
                "UPDATE \"" + schema + "\".records SET type = 'results.tekton.dev/v1alpha3.Log' WHERE name = 'c'");

        assertThat(runs("uid")).containsExactly("d");
    }

    @Test
    void columnsHoldTheTextAsItWas() {
        store.archive(List.of(run(
                "TaskRun", ",\"labels\":{\"tekton.dev/pipeline\":\"␛0000\",\"tekton.dev/task\":\"␛\"}", "{}", "{}")));
        assertThat(runs("pipeline, task")).containsExactly("␛0000 | ␛");

        store.archive(List.of(run(
                "TaskRun",
                ",\"labels\":{\"tekton.dev/pipeline\":\"\\u0000\",\"tekton.dev/task\":\"␛\"}",
                "{\"other\":\"\\ud800\"}",
                "{}")));
        assertThat(runs("pipeline, task")).containsExactly("null | ␛");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "7",
                "\"text\"",
                "{}",
                "{\"metadata\":7,\"status\":[],\"spec\":\"x\"}",
                "{\"metadata\":{\"labels\":[1],\"annotations\":null,\"name\":{},\"creationTimestamp\":5},\"status\":{\"conditions\":{}}}",
                "{\"status\":{\"conditions\":[7,null,{\"type\":{}}],\"startTime\":\"9999-99-99T99:99:99Z\",\"completionTime\":\"\"}}",
                "{\"status\":{\"startTime\":\"2026-02-30T10:00:00Z\",\"completionTime\":\"infinity\"}}"
            })
    void noObjectMakesAWriteOfOthersFail(String json) {
        UpstreamRows.insertRun(fixture, schema, "odd", "1", "True");

        fixture.execute("UPDATE \"" + schema + "\".records SET data = '" + json + "'");

        assertThat(runs("type, state, created_time, start_time, end_time, pipeline"))
                .containsExactly("tekton.dev/v1.PipelineRun | 0 | null | null | null | null");
    }

    @Test
    void textThatNoIndexTakesIsLeftOut() {
        String label = "x".repeat(RunColumns.LONGEST_TEXT);
        store.archive(List.of(run(
                "TaskRun",
                ",\"labels\":{\"tekton.dev/pipeline\":\"" + label + "\",\"tekton.dev/task\":\"" + label + "x\"}",
                "{}",
                "{}")));

        assertThat(runs("octet_length(pipeline), task")).containsExactly(RunColumns.LONGEST_TEXT + " | null");
    }

    @Test
    void whoeverMayWriteRecordsNeedsNoFurtherRight() {
        PostgresDatabase other = Servers.current().newDatabase();
        fixture.execute("GRANT USAGE ON SCHEMA \"" + schema + "\" TO " + other.user());
        fixture.execute("GRANT ALL ON \"" + schema + "\".results, \"" + schema + "\".records TO " + other.user());
        PostgresDatabase login = new PostgresDatabase(fixture.database().jdbcUrl(), other.user(), other.password());

        try (Fixture there = new Fixture(login)) {
            UpstreamRows.insertRun(there, schema, "a", "1", "True");
            there.execute("DELETE FROM \"" + schema + "\".results WHERE name = 'none'");
            UpstreamRows.insertRun(there, schema, "b", "1", "True");
            there.execute("DELETE FROM \"" + schema + "\".results WHERE name = 'b'");
        }

        assertThat(runs("uid, state")).containsExactly("a | 1");
    }

    @Test
    void capturedRunsHaveTheColumnsThatTheirSnapshotsHave() throws Exception {
        for (RunSnapshot run : captured()) {
            store.archive(List.of(ResultNaming.defaults().place(run)));
            String expected = Stream.of(
                            run.kind().recordType(),
                            run.namespace(),
                            run.name(),
                            String.valueOf(run.summaryStatus().number()),
                            run.succeeded()
                                    .map(Condition::reason)
                                    .filter(reason -> !reason.isEmpty())
                                    .orElse("null"),
                            micros(run.creationTime()),
                            micros(run.startTime()),
                            micros(run.completionTime()),
                            run.labels().getOrDefault("triggers.tekton.dev/triggers-eventid", "null"))
                    .reduce((one, next) -> one + " | " + next)
                    .orElseThrow();
            assertThat(fixture.query("""
                            SELECT type, namespace, name, state, reason, (extract(epoch FROM created_time) * 1000000)::bigint,
                              (extract(epoch FROM start_time) * 1000000)::bigint, (extract(epoch FROM end_time) * 1000000)::bigint,
                              trigger_event FROM "%s".esta_runs WHERE uid = '%s'""".formatted(schema, run.uid())))
                    .as(run.name())
                    .containsExactly(expected);
            fixture.execute("DELETE FROM \"" + schema + "\".results");
        }
    }

    private static String micros(Optional<Instant> time) {
        return time.map(instant -> String.valueOf(ChronoUnit.MICROS.between(Instant.EPOCH, instant)))
                .orElse("null");
    }

    private static List<RunSnapshot> captured() throws IOException {
        Path folder = Path.of("../../shared/data/runs");
        List<RunSnapshot> runs = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(path -> path.toString().matches(".*run-[0-9].*json"))
                        .toList()) {
                    byte[] json = Files.readAllBytes(file);
                    if (!new String(json, StandardCharsets.UTF_8).contains("\\u0000")) {
                        parse(json).ifPresent(runs::add);
                    }
                }
            }
        }
        return runs;
    }

    private static Optional<RunSnapshot> parse(byte[] json) {
        try {
            return Optional.of(RunSnapshot.parse(json));
        } catch (ResultsException e) {
            return Optional.empty();
        }
    }

    @Test
    void timesAreReadAsJavaReadsThem() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String sql = "SELECT \"" + schema + "\".esta_time(?)";
        try (Connection connection = fixture.pool().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            int understood = 0;
            for (int i = 0; i < 3000; i++) {
                String text = time(random);
                Optional<Instant> expected = java(text);
                understood += expected.isPresent() ? 1 : 0;
                assertThat(sql(statement, text)).as("seed %s: %s", seed, text).isEqualTo(expected);
            }
            assertThat(understood).as("seed %s", seed).isBetween(300, 2900);
        }
    }

    private static Optional<Instant> sql(PreparedStatement statement, String text) throws SQLException {
        statement.setString(1, text);
        try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            @Nullable OffsetDateTime time = rows.getObject(1, OffsetDateTime.class);
            return Optional.ofNullable(time).map(OffsetDateTime::toInstant);
        }
    }

    /** Around the edges of what is a time; years and offsets are those that both can have. */
    private static String time(Random random) {
        String[] offsets = {"Z", "z", "+00:00", "-14:30", "+15:59", "+05:30:15", "", "+0530", "+02"};
        String[] fractions = {"", "", ".5", ".123456", ".1234567", ".999999999", ".", ".1234567891"};
        String text = String.format(
                "%04d-%02d-%02d%s%02d:%02d",
                1 + random.nextInt(3000),
                random.nextInt(14),
                random.nextInt(33),
                random.nextInt(9) == 0 ? "t" : "T",
                random.nextInt(25),
                random.nextInt(61));
        if (random.nextInt(9) > 0) {
            text += String.format(":%02d", random.nextInt(61)) + fractions[random.nextInt(fractions.length)];
        }
        text += offsets[random.nextInt(random.nextBoolean() ? 1 : offsets.length)];
        if (random.nextInt(20) == 0) {
            int at = random.nextInt(text.length());
            text = text.substring(0, at) + " x-:".charAt(random.nextInt(4)) + text.substring(at + 1);
        }
        return text;
    }

    private static Optional<Instant> java(String text) {
        try {
            return Optional.of(DateTimeFormatter.ISO_OFFSET_DATE_TIME
                    .parse(text, Instant::from)
                    .truncatedTo(ChronoUnit.MICROS));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
