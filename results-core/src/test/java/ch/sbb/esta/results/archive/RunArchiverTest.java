package ch.sbb.esta.results.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiverStats.Failure;
import ch.sbb.esta.results.archive.RunArchiver.Remainder;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunArchiverTest {

    private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final InMemoryResultsStore memory = new InMemoryResultsStore(InstantSource.fixed(NOW));
    private final FaultyStore store = new FaultyStore(memory);
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<RunArchiver> archivers = new CopyOnWriteArrayList<>();

    @AfterEach
    void closeAll() {
        store.release();
        archivers.forEach(archiver -> archiver.close(Duration.ZERO));
    }

    private RunArchiver archiver(UnaryOperator<ArchiverConfig.Builder> settings) {
        ArchiverConfig.Builder config = ArchiverConfig.builder(directory.resolve("spool"))
                .firstRetryDelay(Duration.ofMillis(1))
                .maxRetryDelay(Duration.ofMillis(5));
        RunArchiver archiver = RunArchiver.builder(
                        store, store, settings.apply(config).build())
                .clock(InstantSource.fixed(NOW))
                .listener((placement, outcome) -> told.add(outcome.toString()))
                .build();
        archivers.add(archiver);
        return archiver;
    }

    private RunArchiver started() {
        return started(UnaryOperator.identity());
    }

    private RunArchiver started(UnaryOperator<ArchiverConfig.Builder> settings) {
        RunArchiver archiver = archiver(settings);
        archiver.start();
        return archiver;
    }

    /** Holds the worker in a call of the store, so that what comes next waits in the queue. */
    private void block(RunArchiver archiver) {
        store.hold();
        assertThat(archiver.accept(Runs.running("blocker", 1))).isEqualTo(Admission.QUEUED);
        await().atMost(ONE_MINUTE).until(() -> !store.batches().isEmpty());
    }

    private void awaitIdle(RunArchiver archiver) throws InterruptedException {
        assertThat(archiver.awaitIdle(LONG)).as("idle; %s", archiver.stats()).isTrue();
    }

    private String stored(String uid) {
        return memory.findRecord(Runs.record(uid))
                .map(Record::data)
                .map(data -> RunReading.of(data).orElseThrow().resourceVersion().orElse("none"))
                .orElse("absent");
    }

    private List<QuarantinedRun> quarantined() {
        return memory.list("", 1000).items();
    }

    private List<String> spoolFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
            return files.map(file -> Objects.requireNonNull(file.getFileName()).toString())
                    .filter(name -> !name.equals(".lock"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void archivesWhatItSeesAndTells() throws Exception {
        RunArchiver archiver = started();
        archiver.onRun(Runs.running("a", 1));
        awaitIdle(archiver);
        archiver.onRun(Runs.finished("a", 2));
        awaitIdle(archiver);
        archiver.onRun(Runs.finished("a", 2));
        awaitIdle(archiver);
        archiver.onRun(Runs.running("a", 1));
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("2");
        assertThat(told)
                .containsExactly(
                        "CREATED ci/results/a/records/a",
                        "UPDATED ci/results/a/records/a",
                        "UNCHANGED ci/results/a/records/a",
                        "STALE ci/results/a/records/a");
        ArchiverStats stats = archiver.stats();
        assertThat(stats.outcomes(Status.UPDATED)).isEqualTo(1);
        assertThat(stats.admissions(Admission.QUEUED)).isEqualTo(4);
        assertThat(stats.waiting()).isEqualTo(new ArchiverStats.Waiting(0, 0, 0, null));
        assertThat(stats.isHealthy()).isTrue();
    }

    @Test
    void keepsOneSlotForEachRunWithItsNewestVersion() throws Exception {
        RunArchiver archiver = started();
        block(archiver);
        assertThat(archiver.accept(Runs.running("a", 5))).isEqualTo(Admission.QUEUED);
        assertThat(archiver.accept(Runs.running("a", 7))).isEqualTo(Admission.REPLACED);
        assertThat(archiver.accept(Runs.running("a", 6))).isEqualTo(Admission.STALE);
        assertThat(archiver.accept(Runs.finished("a", 3))).isEqualTo(Admission.REPLACED);
        assertThat(archiver.accept(Runs.running("a", 9))).isEqualTo(Admission.STALE);
        ArchiverStats.Waiting waiting = archiver.stats().waiting();
        assertThat(waiting.runs()).isEqualTo(2);
        assertThat(waiting.bytes())
                .isEqualTo(Runs.running("blocker", 1).json().length
                        + Runs.finished("a", 3).json().length);
        assertThat(waiting.oldest()).isEqualTo(NOW);
        store.release();
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("3");
        assertThat(told)
                .containsExactly("CREATED ci/results/blocker/records/blocker", "CREATED ci/results/a/records/a");
    }

    @Test
    void archivesANewerVersionThatComesWhileAnOlderIsInWork() throws Exception {
        RunArchiver archiver = started();
        block(archiver);
        assertThat(archiver.accept(Runs.running("blocker", 2))).isEqualTo(Admission.QUEUED);
        assertThat(archiver.accept(Runs.running("blocker", 0))).isEqualTo(Admission.STALE);
        store.release();
        awaitIdle(archiver);
        assertThat(stored("blocker")).isEqualTo("2");
        assertThat(told).hasSize(2);
    }

    @Test
    void refusesUnfinishedAndSpoolsFinishedAndDeletedRunsWhenItHasNoSlot() throws Exception {
        RunArchiver archiver = started(config -> config.queueRuns(2));
        block(archiver);
        assertThat(archiver.accept(Runs.running("a", 1))).isEqualTo(Admission.QUEUED);
        assertThat(archiver.accept(Runs.running("b", 1))).isEqualTo(Admission.REFUSED);
        assertThat(archiver.accept(Runs.finished("b", 2))).isEqualTo(Admission.SPOOLED);
        assertThat(archiver.accept(Runs.deleted(Runs.json("c", 4, false, "")))).isEqualTo(Admission.SPOOLED);
        assertThat(archiver.accept(Runs.finished("b", 3))).isEqualTo(Admission.SPOOLED);
        assertThat(archiver.accept(Runs.finished("b", 1))).isEqualTo(Admission.STALE);
        assertThat(archiver.accept(Runs.running("a", 2))).isEqualTo(Admission.REPLACED);
        assertThat(spoolFiles()).containsExactly("run-b.spool", "run-c.spool");
        ArchiverStats stats = archiver.stats();
        assertThat(stats.waiting().runs()).isEqualTo(2);
        assertThat(stats.waiting().spooled()).isEqualTo(2);
        assertThat(stats.admissions(Admission.REFUSED)).isEqualTo(1);
        assertThat(stats.isHealthy()).isTrue();
        store.release();
        awaitIdle(archiver);
        assertThat(List.of(stored("a"), stored("b"), stored("c"))).containsExactly("2", "3", "4");
        assertThat(spoolFiles()).isEmpty();
    }

    @Test
    void staysWithinItsBytes() throws Exception {
        RunArchiver archiver = started(config -> config.queueBytes(2000));
        block(archiver);
        byte[] large = Runs.json("a", 1, false, "x".repeat(1500));
        assertThat(archiver.accept(Runs.seen(large))).isEqualTo(Admission.QUEUED);
        assertThat(archiver.accept(Runs.running("b", 1))).isEqualTo(Admission.REFUSED);
        assertThat(archiver.accept(Runs.seen(Runs.json("a", 2, true, "x".repeat(3000)))))
                .isEqualTo(Admission.SPOOLED);
        assertThat(archiver.stats().waiting().bytes()).isLessThanOrEqualTo(2000);
        store.release();
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("2");
        assertThat(archiver.accept(Runs.seen(Runs.json("c", 1, false, "x".repeat(3000)))))
                .as("an unfinished run larger than the queue would never fit")
                .isEqualTo(Admission.SPOOLED);
        awaitIdle(archiver);
        assertThat(stored("c")).isEqualTo("1");
    }

    @Test
    void makesBatchesWithinTheirBoundsAndAtOnce() throws Exception {
        int size = Runs.json("r1", 1, false, "").length;
        RunArchiver archiver = started(config -> config.batchRuns(3).batchBytes(size * 5L / 2));
        block(archiver);
        for (int i = 1; i <= 5; i++) {
            archiver.accept(Runs.running("r" + i, 1));
        }
        archiver.accept(Runs.seen(Runs.json("huge", 1, false, "x".repeat(5000))));
        store.release();
        awaitIdle(archiver);
        assertThat(store.batches()).containsExactly(1, 2, 2, 1, 1);
        assertThat(stored("huge")).isEqualTo("1");
    }

    @Test
    void triesAgainWhileTheStoreIsAwayAndSaysSo() throws Exception {
        RunArchiver archiver = started();
        store.before(batch -> {
            throw FaultyStore.unavailable();
        });
        archiver.accept(Runs.finished("a", 1));
        await().atMost(ONE_MINUTE).until(() -> archiver.stats().retries() > 3);
        Failure failure = Objects.requireNonNull(archiver.stats().storeFailure());
        assertThat(failure.message()).isEqualTo("UNAVAILABLE: the database is away");
        assertThat(failure.since()).isEqualTo(NOW);
        assertThat(failure.attempts()).isGreaterThan(2);
        assertThat(archiver.stats().isHealthy()).isFalse();
        assertThat(archiver.stats().waiting().runs()).isEqualTo(1);
        assertThat(quarantined()).isEmpty();
        store.before(batch -> {});
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("1");
        await().atMost(ONE_MINUTE).until(() -> archiver.stats().isHealthy());
    }

    @Test
    void takesAMissingPermissionForAFaultOfTheStoreNotOfTheRun() throws Exception {
        RunArchiver archiver = started();
        store.before(batch -> {
            throw new ResultsException(Code.DENIED, "no grant on records");
        });
        archiver.accept(Runs.finished("a", 1));
        await().atMost(ONE_MINUTE).until(() -> archiver.stats().retries() > 2);
        assertThat(quarantined()).isEmpty();
        store.before(batch -> {});
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("1");
    }

    private static void failOn(String uid, List<RunPlacement> batch) {
        if (batch.stream().anyMatch(placement -> placement.run().uid().equals(uid))) {
            throw new IllegalStateException("cannot digest \"" + uid + "\"\n");
        }
    }

    @Test
    void findsTheRunOnWhichTheStoreFailsAndArchivesTheOthers() throws Exception {
        RunArchiver archiver = started();
        block(archiver);
        for (int i = 0; i < 20; i++) {
            archiver.accept(Runs.finished("r" + i, 1));
        }
        store.before(batch -> failOn("r13", batch));
        store.release();
        awaitIdle(archiver);
        for (int i = 0; i < 20; i++) {
            assertThat(stored("r" + i)).isEqualTo(i == 13 ? "absent" : "1");
        }
        assertThat(quarantined()).singleElement().satisfies(entry -> {
            assertThat(entry.code()).isEqualTo(Code.INTERNAL);
            assertThat(entry.namespace()).isEqualTo("ci");
            assertThat(entry.reason())
                    .isEqualTo("the store failed on it: IllegalStateException: \"cannot digest \\\"r13\\\"\\u000a\"");
            assertThat(entry.data()).isEqualTo(Runs.json("r13", 1, true, ""));
        });
        assertThat(archiver.stats().outcomes(Status.QUARANTINED)).isEqualTo(1);
        assertThat(store.batches()).hasSizeLessThan(13);
    }

    @Test
    void keepsTheCulpritsWhileTheQuarantineIsAway() throws Exception {
        RunArchiver archiver = started();
        block(archiver);
        List.of("a", "b", "c").forEach(uid -> archiver.accept(Runs.finished(uid, 1)));
        archiver.accept(Runs.seen("{".getBytes(StandardCharsets.UTF_8)));
        store.before(batch -> {
            failOn("a", batch);
            failOn("c", batch);
        });
        store.beforePut(entry -> {
            throw FaultyStore.unavailable();
        });
        store.release();
        await().atMost(ONE_MINUTE).until(() -> archiver.stats().retries() > 3);
        assertThat(stored("b")).isEqualTo("1");
        assertThat(archiver.stats().waiting().runs()).isEqualTo(3);
        archiver.accept(Runs.finished("d", 1));
        await().atMost(ONE_MINUTE).until(() -> stored("d").equals("1"));
        store.beforePut(entry -> {});
        awaitIdle(archiver);
        assertThat(quarantined())
                .extracting(QuarantinedRun::code)
                .containsExactlyInAnyOrder(Code.INTERNAL, Code.INTERNAL, Code.INVALID);
    }

    @Test
    void doesNotTakeABrokenStoreForManyBadRuns() throws Exception {
        RunArchiver archiver = started();
        block(archiver);
        archiver.accept(Runs.finished("a", 1));
        archiver.accept(Runs.finished("b", 1));
        store.before(batch -> {
            throw new ResultsException(Code.INTERNAL, "no such table");
        });
        store.release();
        await().atMost(ONE_MINUTE).until(() -> archiver.stats().retries() > 3);
        assertThat(quarantined()).as("the blocker was alone").hasSizeLessThan(2);
        store.before(batch -> {});
        awaitIdle(archiver);
        assertThat(List.of(stored("a"), stored("b"))).containsExactly("1", "1");
    }

    @Test
    void findsTheBadRunsOfABatchThatIsFullOfThem() throws Exception {
        RunArchiver archiver = started(config -> config.batchRuns(2));
        block(archiver);
        List.of("a", "b", "c").forEach(uid -> archiver.accept(Runs.finished(uid, 1)));
        store.before(batch -> {
            failOn("a", batch);
            failOn("b", batch);
        });
        store.release();
        awaitIdle(archiver);
        assertThat(stored("c")).isEqualTo("1");
        assertThat(quarantined()).hasSize(2);
    }

    @Test
    void setsAsideWhatNeitherTheStoreNorTheQuarantineTakes() throws Exception {
        RunArchiver archiver = started();
        byte[] broken = "{\"metadata\":{\"namespace\":\"ci\"},}".getBytes(StandardCharsets.UTF_8);
        store.beforePut(entry -> {
            throw new IllegalArgumentException("never");
        });
        archiver.accept(Runs.seen(broken));
        archiver.accept(Runs.finished("a", 1));
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("1");
        assertThat(archiver.stats().setAside()).isEqualTo(1);
        assertThat(spoolFiles()).singleElement().satisfies(name -> {
            assertThat(name).endsWith(".rejected");
            assertThat(Files.readAllBytes(directory.resolve("spool").resolve(name)))
                    .endsWith(broken);
        });
    }

    @Test
    void quarantinesWhatIsNoRunWithThePlaceAndGoesOn() throws Exception {
        RunArchiver archiver = started();
        String deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
        String half = "{\"apiVersion\":\"tekton.dev/v1\",\"metadata\":{\"namespace\":\"ci\"},\"a\":1,\n\"a\":2}";
        byte[] large = Runs.json("large", 1, true, "x".repeat(RunReading.MAX_BYTES));
        for (byte[] bytes : List.of(
                "{nope".getBytes(StandardCharsets.UTF_8),
                half.getBytes(StandardCharsets.UTF_8),
                deep.getBytes(StandardCharsets.UTF_8),
                large)) {
            assertThat(archiver.accept(Runs.seen(bytes))).isIn(Admission.QUEUED, Admission.SPOOLED);
        }
        archiver.accept(Runs.finished("behind", 1));
        awaitIdle(archiver);
        assertThat(stored("behind")).isEqualTo("1");
        assertThat(quarantined())
                .hasSize(4)
                .allSatisfy(entry -> assertThat(entry.code()).isEqualTo(Code.INVALID));
        assertThat(quarantined())
                .extracting(QuarantinedRun::reason)
                .anySatisfy(reason -> assertThat(reason).contains("line 1, column 2"))
                .anySatisfy(reason ->
                        assertThat(reason).contains("line 2, column 4").contains("Duplicate field"))
                .anySatisfy(reason -> assertThat(reason)
                        .contains("over a limit at line 1, column 1006")
                        .contains("nesting depth (1001)"))
                .anySatisfy(reason -> assertThat(reason).contains("more than the limit of 16777216"));
        assertThat(quarantined())
                .filteredOn(entry -> entry.reason().contains("Duplicate"))
                .extracting(QuarantinedRun::namespace)
                .containsExactly("ci");
    }

    @Test
    void onlyCountsWhatIsOfAnotherKind() throws Exception {
        RunArchiver archiver = started();
        byte[] pod = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{}}".getBytes(StandardCharsets.UTF_8);
        assertThat(archiver.accept(Runs.seen(pod))).isEqualTo(Admission.NOT_A_RUN);
        awaitIdle(archiver);
        assertThat(archiver.stats().admissions(Admission.NOT_A_RUN)).isEqualTo(1);
        assertThat(quarantined()).isEmpty();
    }

    @Test
    void goesOnWhenAListenerFails() throws Exception {
        RunArchiver archiver = RunArchiver.builder(
                        store,
                        store,
                        ArchiverConfig.builder(directory.resolve("spool")).build())
                .listener((placement, outcome) -> {
                    throw new IllegalStateException("a listener of somebody");
                })
                .listener((placement, outcome) -> told.add(outcome.toString()))
                .build();
        archivers.add(archiver);
        archiver.start();
        archiver.accept(Runs.finished("a", 1));
        archiver.accept(Runs.finished("b", 1));
        awaitIdle(archiver);
        assertThat(told).hasSize(2);
    }

    @Test
    void archivesALiveReadOverAHigherVersion() throws Exception {
        RunArchiver archiver = started();
        archiver.accept(Runs.finished("a", 9));
        awaitIdle(archiver);
        RunSnapshot restored = RunSnapshot.parse(Runs.json("a", 4, true, "")).asLiveRead();
        archiver.accept(restored);
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("4");
    }

    @Test
    void drainsOnClosingAndGoesOnAfterASecondStart() throws Exception {
        RunArchiver archiver = started();
        archiver.start();
        archiver.accept(Runs.running("a", 1));
        assertThat(archiver.close(LONG)).isEqualTo(new Remainder(0, 0, 0));
        assertThat(stored("a")).isEqualTo("1");
        assertThat(archiver.close(LONG).isEmpty()).isTrue();
        assertThat(archiver.accept(Runs.finished("b", 1))).isEqualTo(Admission.NOT_RUNNING);
        archiver.start();
        archiver.accept(Runs.finished("b", 1));
        awaitIdle(archiver);
        assertThat(stored("b")).isEqualTo("1");
    }

    @Test
    void takesNothingBeforeItsStart() {
        RunArchiver archiver = archiver(UnaryOperator.identity());
        assertThat(archiver.accept(Runs.finished("a", 1))).isEqualTo(Admission.NOT_RUNNING);
        assertThat(archiver.stats().admissions(Admission.NOT_RUNNING)).isEqualTo(1);
    }

    @Test
    void putsWhatIsLeftOnClosingIntoTheSpoolAndTells() throws Exception {
        RunArchiver archiver = started(config -> config.queueRuns(3));
        store.before(batch -> {
            throw FaultyStore.unavailable();
        });
        archiver.accept(Runs.running("a", 1));
        archiver.accept(Runs.deleted(Runs.json("b", 1, false, "")));
        archiver.accept(Runs.finished("c", 1));
        archiver.accept(Runs.finished("d", 1));
        assertThat(archiver.close(Duration.ofMillis(20))).isEqualTo(new Remainder(2, 1, 0));
        assertThat(spoolFiles()).containsExactly("run-b.spool", "run-c.spool", "run-d.spool");
        store.before(batch -> {});
        RunArchiver next = started();
        awaitIdle(next);
        assertThat(List.of(stored("a"), stored("b"), stored("c"), stored("d")))
                .containsExactly("absent", "1", "1", "1");
    }

    @Test
    void remembersThatAWaitingRunWasDeletedMeanwhile() throws Exception {
        RunArchiver archiver = started();
        block(archiver);
        archiver.accept(Runs.running("a", 5));
        assertThat(archiver.accept(Runs.deleted(Runs.json("a", 4, false, "")))).isEqualTo(Admission.STALE);
        archiver.accept(Runs.deleted(Runs.json("b", 4, false, "")));
        assertThat(archiver.accept(Runs.running("b", 5))).isEqualTo(Admission.REPLACED);
        Remainder remainder = archiver.close(Duration.ZERO);
        assertThat(remainder).isEqualTo(new Remainder(2, 1, 0));
        assertThat(spoolFiles()).containsExactly("run-a.spool", "run-b.spool");
    }

    @Test
    void closesInTimeAlthoughTheStoreHangs() {
        RunArchiver archiver = started();
        Object never = new Object();
        store.before(batch -> hang(never));
        archiver.accept(Runs.finished("a", 1));
        await().atMost(ONE_MINUTE).until(() -> !store.batches().isEmpty());
        assertThat(archiver.close(Duration.ofMillis(10))).isEqualTo(new Remainder(1, 0, 0));
        store.before(batch -> {});
        synchronized (never) {
            never.notifyAll();
        }
    }

    /** Heeds no interrupt. */
    private static void hang(Object never) {
        synchronized (never) {
            boolean hanging = true;
            while (hanging) {
                try {
                    never.wait();
                    hanging = false;
                } catch (InterruptedException e) {
                    hanging = true;
                }
            }
        }
    }

    @Test
    void doesNotShareItsSpoolDirectory() {
        started();
        assertThatThrownBy(() -> started())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.CONFLICT))
                .hasMessageContaining("in use by another archiver");
    }

    @Test
    void saysAtOnceThatItsSpoolDirectoryIsNone() throws Exception {
        Files.writeString(directory.resolve("spool"), "a file");
        assertThatThrownBy(() -> started())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE))
                .hasMessageContaining("must be a writable directory");
    }

    @Test
    void saysLoudlyThatItRefusesAFinishedRunBecauseTheSpoolCannotBeWritten() throws Exception {
        RunArchiver archiver = started(config -> config.queueRuns(1));
        block(archiver);
        // Root may write everywhere, but not a file in the place of which there is a folder.
        Path obstacle = directory.resolve("spool").resolve("run-a.spool.tmp");
        Files.createDirectories(obstacle.resolve("full"));
        assertThat(archiver.accept(Runs.finished("a", 1))).isEqualTo(Admission.REFUSED);
        assertThat(archiver.stats().dropped()).isEqualTo(1);
        assertThat(Objects.requireNonNull(archiver.stats().spoolFailure()).message())
                .contains("run-a.spool");
        assertThat(archiver.stats().isHealthy()).isFalse();
        Files.delete(obstacle.resolve("full"));
        Files.delete(obstacle);
        assertThat(archiver.accept(Runs.finished("a", 1))).isEqualTo(Admission.SPOOLED);
        assertThat(archiver.stats().spoolFailure()).isNull();
        store.release();
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("1");
    }

    @Test
    void writesFinishedRunsToTheDiskFirstWhenAskedTo() throws Exception {
        RunArchiver archiver = started(config -> config.spooling(ArchiverConfig.Spooling.WRITE_AHEAD));
        block(archiver);
        assertThat(archiver.accept(Runs.running("a", 1))).isEqualTo(Admission.QUEUED);
        assertThat(archiver.accept(Runs.finished("a", 2))).isEqualTo(Admission.SPOOLED);
        assertThat(archiver.accept(Runs.deleted(Runs.json("b", 2, false, "")))).isEqualTo(Admission.SPOOLED);
        assertThat(spoolFiles()).containsExactly("run-a.spool", "run-b.spool");
        store.release();
        awaitIdle(archiver);
        assertThat(List.of(stored("a"), stored("b"))).containsExactly("2", "2");
        assertThat(spoolFiles()).isEmpty();
    }

    @Test
    void keepsANewerVersionThatIsSpooledWhileTheOlderIsInWork() throws Exception {
        RunArchiver archiver = started(config -> config.spooling(ArchiverConfig.Spooling.WRITE_AHEAD));
        store.hold();
        archiver.accept(Runs.finished("a", 1));
        await().atMost(ONE_MINUTE).until(() -> store.batches().size() == 1);
        assertThat(archiver.accept(Runs.finished("a", 2))).isEqualTo(Admission.SPOOLED);
        store.release();
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("2");
        assertThat(told).containsExactly("CREATED ci/results/a/records/a", "UPDATED ci/results/a/records/a");
    }

    @Test
    void keepsAFinishedRunAlthoughTheWatchersThreadIsInterrupted() throws Exception {
        RunArchiver archiver = started(config -> config.spooling(ArchiverConfig.Spooling.WRITE_AHEAD));
        block(archiver);
        Thread.currentThread().interrupt();
        Admission admission = archiver.accept(Runs.finished("a", 1));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(admission).isEqualTo(Admission.SPOOLED);
        store.release();
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("1");
    }

    @Test
    void survivesErrorsOfTheStore() throws Exception {
        RunArchiver archiver = started();
        store.after(batch -> {
            throw new StackOverflowError("deep");
        });
        archiver.accept(Runs.finished("a", 1));
        awaitIdle(archiver);
        assertThat(quarantined())
                .singleElement()
                .satisfies(entry ->
                        assertThat(entry.reason()).isEqualTo("the store failed on it: StackOverflowError: \"deep\""));
        store.after(batch -> {});
        archiver.accept(Runs.finished("b", 1));
        awaitIdle(archiver);
        assertThat(stored("b")).isEqualTo("1");
    }

    @Test
    void reportsAllMistakesOfItsConfigurationAtOnce() {
        assertThatThrownBy(() -> ArchiverConfig.builder(directory)
                        .queueRuns(0)
                        .queueBytes(-1)
                        .batchRuns(0)
                        .batchBytes(0)
                        .firstRetryDelay(Duration.ZERO)
                        .maxRetryDelay(Duration.ofDays(2))
                        .closeTimeout(Duration.ofSeconds(-1))
                        .build())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessage(
                        "archiver configuration: queueRuns 0 is less than 1; queueBytes -1 is less than 1; batchRuns 0 is less"
                                + " than 1; batchBytes 0 is less than 1; firstRetryDelay PT0S is less than a millisecond; maxRetryDelay"
                                + " PT48H is more than a day; closeTimeout PT-1S is not between zero and a day");
    }

    @Test
    void showsItsWholeConfiguration() {
        assertThat(ArchiverConfig.builder(Path.of("spool")).build())
                .hasToString("spoolDirectory=spool spooling=OVERFLOW queueRuns=10000 queueBytes=67108864 batchRuns=100"
                        + " batchBytes=8388608 firstRetryDelay=PT0.2S maxRetryDelay=PT30S closeTimeout=PT10S");
    }

    @Test
    void takesAnEventOfADeletedRunThatIsFinishedAlready() throws Exception {
        RunArchiver archiver = started();
        Event last = Runs.deleted(Runs.json("a", 8, true, ""));
        archiver.accept(Runs.finished("a", 7));
        awaitIdle(archiver);
        archiver.accept(last);
        awaitIdle(archiver);
        assertThat(stored("a")).isEqualTo("8");
    }
}
