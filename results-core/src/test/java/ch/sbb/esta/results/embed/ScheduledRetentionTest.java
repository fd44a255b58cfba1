package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.retention.RetentionRules;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive runs retention at the times of its schedule. */
class ScheduledRetentionTest {

    private static final Instant TWO_O_CLOCK = Instant.parse("2026-06-01T02:00:00Z");

    @TempDir
    Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(TWO_O_CLOCK.minusMillis(20));
    private final InMemoryResultsStore store = new InMemoryResultsStore(now::get);
    private final Retention retention = Retention.builder(store, RetentionRules.parse("""
                            data:
                              runAt: "0 2 * * *"
                              defaultRetention: 30d
                            """))
            .clock(now::get)
            .jitter(Duration.ZERO)
            .build();

    private ResultsArchive archive() {
        return ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(new InMemoryClusterRuns()))
                .store(store)
                .workDirectory(directory)
                .retention(retention)
                .clock(now::get)
                .build();
    }

    private void completed(String uid, Duration ago) {
        String json = """
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"namespace":"ci","name":"n","uid":"%s"},
                 "status":{"conditions":[{"type":"Succeeded","status":"True"}],"completionTime":"%s"}}""".formatted(uid, TWO_O_CLOCK.minus(ago));
        RunSnapshot run = RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8));
        assertThat(store.archive(List.of(ResultNaming.defaults().place(run)))).hasSize(1);
    }

    private List<String> left() {
        return store.listResults(ListQuery.of("ci")).items().stream()
                .map(result -> result.name().result())
                .toList();
    }

    @Test
    void whatHasExpiredGoesAtTheTimeOfTheScheduleAndWhatComesLaterAtTheNext() {
        completed("old", Duration.ofDays(31));
        completed("young", Duration.ofDays(29));
        try (ResultsArchive archive = archive()) {
            assertThat(retention.lastReport()).isEmpty();
            archive.start();
            await().atMost(ONE_MINUTE).untilAsserted(() -> assertThat(left()).containsExactly("young"));

            completed("old-too", Duration.ofDays(32));
            await().atMost(ONE_MINUTE).untilAsserted(() -> assertThat(left()).containsExactly("young"));
        }
    }

    @Test
    void beforeItsTimeNothingGoes() {
        now.set(TWO_O_CLOCK.plusSeconds(1));
        completed("old", Duration.ofDays(31));
        try (ResultsArchive archive = archive()) {
            archive.start();
            assertThat(retention.lastReport()).isEmpty();
        }
        assertThat(retention.lastReport()).isEmpty();
        assertThat(left()).containsExactly("old");
    }
}
