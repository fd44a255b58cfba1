package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import com.zaxxer.hikari.HikariDataSource;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two controllers that archive the children of one PipelineRun at once. */
class TwoProcessesIT {

    private static final int CHILDREN = 50;

    @Test
    void fiftyThreadsInEachOfTwoProcessesMakeOneResultAndFiftyRecords(@TempDir Path folder) throws Exception {
        try (Fixture fixture = new Fixture(Servers.current().newDatabase())) {
            String schema = fixture.newSchema();
            fixture.execute("CREATE TABLE ready (process int)");
            Process one = start(fixture.database(), schema, folder.resolve("one"));
            Process other = start(fixture.database(), schema, folder.resolve("other"));
            try {
                for (Process process : List.of(one, other)) {
                    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
                }
            } finally {
                one.destroyForcibly();
                other.destroyForcibly();
            }
            String log = Files.readString(folder.resolve("one")) + Files.readString(folder.resolve("other"));
            assertThat(one.exitValue()).as(log).isZero();
            assertThat(other.exitValue()).as(log).isZero();

            JdbiResultsStore store =
                    JdbiResultsStore.builder(fixture.pool(), schema).build();
            assertThat(store.listResults(ListQuery.of("ci")).items())
                    .extracting(Result::name)
                    .extracting(Object::toString)
                    .containsExactly("ci/results/parent");
            assertThat(store.listRecords(ListQuery.of("ci/results/parent").pageSize(1000))
                            .items())
                    .hasSize(CHILDREN)
                    .extracting(Record::type)
                    .containsOnly("tekton.dev/v1.TaskRun");
            assertThat(
                            fixture.query(
                                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))
                    .isEmpty();
        }
    }

    private static Process start(PostgresDatabase database, String schema, Path log) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path").replace(File.pathSeparator + File.pathSeparator, ""),
                        Controller.class.getName(),
                        database.jdbcUrl(),
                        database.user(),
                        database.password(),
                        schema)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** One of the processes: waits until the other one is there, then archives every child twice, each in a thread of its own. */
    static final class Controller {

        private Controller() {}

        public static void main(String[] args) throws Exception {
            PostgresDatabase database = new PostgresDatabase(args[0], args[1], args[2]);
            ExecutorService threads = Executors.newFixedThreadPool(CHILDREN);
            try (HikariDataSource pool = Fixture.pool(database)) {
                JdbiResultsStore store = JdbiResultsStore.builder(pool, args[3]).build();
                CountDownLatch start = new CountDownLatch(1);
                List<Future<List<ArchiveOutcome>>> archived = new ArrayList<>();
                for (int i = 0; i < CHILDREN; i++) {
                    String json = child(i);
                    archived.add(threads.submit(() -> {
                        start.await();
                        store.archive(List.of(Fixture.placed(json)));
                        return store.archive(List.of(Fixture.placed(json)));
                    }));
                }
                meetTheOther(database);
                start.countDown();
                for (Future<List<ArchiveOutcome>> future : archived) {
                    ArchiveOutcome outcome = future.get(100, TimeUnit.SECONDS).get(0);
                    if (outcome.status() != ArchiveOutcome.Status.UNCHANGED) {
                        throw new IllegalStateException(outcome.toString());
                    }
                }
            } finally {
                threads.shutdownNow();
            }
        }

        private static void meetTheOther(PostgresDatabase database) {
            try (Fixture fixture = new Fixture(database)) {
                fixture.execute("INSERT INTO ready VALUES (pg_backend_pid())");
                org.awaitility.Awaitility.await()
                        .pollInterval(java.time.Duration.ofMillis(5))
                        .atMost(java.time.Duration.ofSeconds(60))
                        .until(() -> fixture.query("SELECT count(*) FROM ready")
                                .get(0)
                                .equals("2"));
            }
        }

        private static String child(int i) {
            return new String("""
                    {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"c%1$s","uid":"child-%1$s",
                     "resourceVersion":"1","ownerReferences":[{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","uid":"parent"}]}}""".formatted(i).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        }
    }
}
