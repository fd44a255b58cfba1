package ch.sbb.esta.results.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.ForwardingClusterRuns;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunSweepTest {

    private static final Duration SOON = Duration.ofMillis(5);

    @TempDir
    Path directory;

    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();
    private final Lists lists = new Lists();
    private final InMemoryResultsStore memory = new InMemoryResultsStore(InstantSource.system());
    private final FaultyStore store = new FaultyStore(memory);
    private final RunSweep sweep = new RunSweep(lists, SOON, InstantSource.system());
    private final List<String> archived = new CopyOnWriteArrayList<>();
    private @Nullable RunArchiver archiver;

    /** The cluster's lists, which can fail, lie and be counted. */
    private final class Lists extends ForwardingClusterRuns {

        private final AtomicInteger finds = new AtomicInteger();
        private volatile @Nullable ResultsException failure;
        private volatile @Nullable RunSnapshot late;

        Lists() {
            super(cluster);
        }

        @Override
        public Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken) {
            ResultsException told = failure;
            if (told != null) {
                throw told;
            }
            RunSnapshot old = late;
            return old != null && kind.equals(RunKind.TASK_RUN)
                    ? new Page<>(List.of(old), null)
                    : super.list(kind, namespace, continueToken);
        }

        @Override
        public Optional<RunSnapshot> find(RunKey run) {
            finds.incrementAndGet();
            return super.find(run);
        }
    }

    @AfterEach
    void close() {
        sweep.close();
        if (archiver != null) {
            archiver.close(Duration.ZERO);
        }
    }

    private RunArchiver start() {
        RunArchiver started = RunArchiver.builder(
                        store,
                        store,
                        ArchiverConfig.builder(directory.resolve("spool"))
                                .queueRuns(2)
                                .firstRetryDelay(Duration.ofMillis(1))
                                .build())
                .listener(sweep)
                .listener((placement, outcome) ->
                        archived.add(placement.run().version().resourceVersion()))
                .build();
        archiver = started;
        started.start();
        sweep.start(started::accept);
        return started;
    }

    private void awaitSweeps() {
        RunSweep.Stats before = sweep.stats();
        await().atMost(ONE_MINUTE).until(() -> !Objects.equals(sweep.stats().lastComplete(), before.lastComplete()));
        RunSweep.Stats first = sweep.stats();
        await().atMost(ONE_MINUTE).until(() -> !Objects.equals(sweep.stats().lastComplete(), first.lastComplete()));
    }

    private String stored(String uid) {
        return memory.findRecord(Runs.record(uid))
                .map(record -> new String(record.data(), StandardCharsets.UTF_8))
                .orElse("");
    }

    @Test
    void whatNoWatchToldIsArchivedOnce() {
        for (int i = 0; i < 30; i++) {
            cluster.put(Runs.json("u" + i, 1, i % 2 == 0, ""));
        }
        start();
        await().atMost(ONE_MINUTE).untilAsserted(() -> {
            for (int i = 0; i < 30; i++) {
                assertThat(stored("u" + i)).contains("\"run-u" + i + "\"");
            }
        });
        await().atMost(ONE_MINUTE).until(() -> sweep.remembered() == 30);
        awaitSweeps();
        // What still waited when a comparison came was handed over once more, but nothing that had arrived.
        long before = sweep.stats().handedOver();
        awaitSweeps();
        assertThat(sweep.stats().handedOver()).isEqualTo(before).isGreaterThanOrEqualTo(30);
        assertThat(sweep.stats().compared()).isEqualTo(30);
    }

    @Test
    void whatTheWatchBroughtIsNotHandedOverAgain() {
        RunArchiver started = start();
        try (var watching = new InMemoryRunWatcher(cluster).watch(started)) {
            cluster.put(Runs.json("seen", 1, true, ""));
            await().atMost(ONE_MINUTE).until(() -> stored("seen").contains("True"));
            assertThat(watching.lastHeard()).isPresent();
        }
        await().atMost(ONE_MINUTE).until(() -> sweep.remembered() == 1);
        awaitSweeps();
        long before = sweep.stats().handedOver();
        awaitSweeps();
        assertThat(sweep.stats().handedOver()).isEqualTo(before);
    }

    @Test
    void aChangeThatTheWatchMissedIsFound() {
        cluster.put(Runs.json("u", 1, false, ""));
        start();
        await().atMost(ONE_MINUTE).until(() -> stored("u").contains("Unknown"));
        cluster.put(Runs.json("u", 1, true, ""));
        await().atMost(ONE_MINUTE).until(() -> stored("u").contains("True"));
    }

    @Test
    void aListThatLagsBehindTheWatchSetsNothingBack() {
        RunSnapshot old = cluster.put(Runs.json("u", 1, false, "old")).asLiveRead();
        cluster.put(Runs.json("u", 1, false, "new"));
        RunArchiver started = start();
        await().atMost(ONE_MINUTE).until(() -> stored("u").contains("new"));
        lists.late = old;
        awaitSweeps();
        awaitSweeps();
        assertThat(lists.finds.get()).isPositive();
        assertThat(started.accept(Runs.running("other", 1))).isEqualTo(Admission.QUEUED);
        await().atMost(ONE_MINUTE).until(() -> !stored("other").isEmpty());
        assertThat(stored("u")).contains("new");
    }

    @Test
    void aClusterThatWasSetBackIsBelieved() {
        cluster.put(Runs.json("u", 1, false, "before"));
        RunArchiver started = start();
        await().atMost(ONE_MINUTE).until(() -> stored("u").contains("before"));
        // What the store holds was seen on the cluster before it was restored.
        assertThat(started.accept(Runs.seen(Runs.json("u", 1_000_000, false, "lost"))))
                .isEqualTo(Admission.QUEUED);
        await().atMost(ONE_MINUTE).until(() -> archived.contains("1000000"));
        await().atMost(ONE_MINUTE).until(() -> stored("u").contains("before"));
    }

    @Test
    void aRunForWhichThereIsNoRoomIsTriedUntilThereIs() {
        store.hold();
        for (int i = 0; i < 10; i++) {
            cluster.put(Runs.json("u" + i, 1, false, ""));
        }
        RunArchiver started = start();
        await().atMost(ONE_MINUTE).until(() -> started.stats().admissions().getOrDefault(Admission.REFUSED, 0L) > 0);
        store.release();
        await().atMost(ONE_MINUTE).untilAsserted(() -> {
            for (int i = 0; i < 10; i++) {
                assertThat(stored("u" + i)).isNotEmpty();
            }
        });
    }

    @Test
    void aFailedListIsToldAndRepeated() {
        lists.failure = new ResultsException(Code.UNAVAILABLE, "the API server is away");
        cluster.put(Runs.json("u", 1, false, ""));
        start();
        await().atMost(ONE_MINUTE)
                .until(() -> "the API server is away".equals(sweep.stats().failure()));
        assertThat(sweep.stats().lastComplete()).isNull();
        lists.failure = null;
        await().atMost(ONE_MINUTE).until(() -> !stored("u").isEmpty());
        await().atMost(ONE_MINUTE).until(() -> sweep.stats().failure() == null);
    }

    @Test
    void whatIsGoneIsForgotten() {
        RunSnapshot stays = cluster.put(Runs.json("stays", 1, true, ""));
        RunSnapshot goes = cluster.put(Runs.json("goes", 1, true, ""));
        start();
        await().atMost(ONE_MINUTE).until(() -> sweep.remembered() == 2);
        cluster.delete(RunKey.of(goes));
        await().atMost(ONE_MINUTE).until(() -> sweep.remembered() == 1);
        awaitSweeps();
        assertThat(sweep.remembered()).isEqualTo(1);
        assertThat(stored(stays.uid())).isNotEmpty();
    }

    @Test
    void itStopsAndStartsAgain() {
        RunArchiver started = start();
        sweep.start(started::accept);
        sweep.close();
        sweep.close();
        cluster.put(Runs.json("u", 1, false, ""));
        sweep.start(started::accept);
        await().atMost(ONE_MINUTE).until(() -> !stored("u").isEmpty());
    }

    @Test
    void anIntervalOfNothingIsRefused() {
        assertThatThrownBy(() -> new RunSweep(cluster, Duration.ZERO, InstantSource.system()))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("PT0S");
    }
}
