package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.retention.RetentionReport;
import ch.sbb.esta.results.retention.RetentionRules;
import ch.sbb.esta.results.spi.LogWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The connection to Postgres breaks at each statement and at each commit of a run of retention in turn. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RetentionBreaksIT {

    private static final Instant COMPLETED = Instant.parse("2026-03-01T00:00:00Z");
    private static final InstantSource CLOCK = () -> COMPLETED.plus(Duration.ofDays(40));
    private static final int MOST_CALLS = 300;

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private final InMemoryLogs logs = new InMemoryLogs();

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whateverStatementBreaksTheNextRunFinishes(boolean afterEffect) {
        String schema = fixture.newSchema();
        JdbiResultsStore store = store(fixture.pool(), schema);
        boolean broke = true;
        int call = 0;
        while (broke) {
            call++;
            assertThat(call).as("statements and commits of one run").isLessThan(MOST_CALLS);
            String uid = (afterEffect ? "after-" : "before-") + call;
            RunPlacement run = taskRun(uid);
            ResultName name = run.record().result();
            assertThat(store.archive(List.of(run))).allMatch(ArchiveOutcome::isArchived);
            writeLog(uid);

            DyingDataSource dying = new DyingDataSource(fixture.pool(), call, afterEffect);
            RetentionReport report = retention(store(dying, schema)).run();
            broke = dying.isDead();

            assertThat(report.failureCount() > 0).as(report.toString()).isEqualTo(broke);
            if (store.listMarked("-", "", 10).items().isEmpty()) {
                assertThat(logs.list("ci", uid).isEmpty())
                        .as("logs are gone as the rows are, at call %s", call)
                        .isEqualTo(store.findResult(name).isEmpty());
            }
            assertThat(retention(store).run().failures()).isEmpty();
            assertThat(store.findResult(name)).isEmpty();
            assertThat(store.listRecords(ListQuery.of(name.toString())).items()).isEmpty();
            assertThat(store.listMarked("-", "", 10).items()).isEmpty();
            assertThat(logs.list("ci", uid)).isEmpty();
            assertThat(store.archive(List.of(run))).containsExactly(ArchiveOutcome.expired("ci", uid));
        }
        assertThat(call).as("calls that were tried").isGreaterThan(15);
    }

    private static JdbiResultsStore store(DataSource dataSource, String schema) {
        return JdbiResultsStore.builder(dataSource, schema)
                .clock(CLOCK)
                .failoverTimeout(Duration.ZERO)
                .build();
    }

    private Retention retention(JdbiResultsStore store) {
        return Retention.builder(store, RetentionRules.keepFor(Duration.ofDays(30)))
                .logs(logs)
                .clock(CLOCK)
                .build();
    }

    private void writeLog(String uid) {
        try (LogWriter writer = logs.open(new ContainerLogId("ci", uid, "pod", "step-a", 0))) {
            writer.beginLine(COMPLETED);
            writer.append(new byte[] {'a', '\n'}, 0, 2);
            assertThat(writer.seal().isSealed()).isTrue();
        }
    }

    private static RunPlacement taskRun(String uid) {
        return Fixture.placed("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"n","uid":"%s",
                 "resourceVersion":"1"},"status":{"conditions":[{"type":"Succeeded","status":"True"}],
                 "completionTime":"%s"}}""".formatted(uid, COMPLETED));
    }
}
