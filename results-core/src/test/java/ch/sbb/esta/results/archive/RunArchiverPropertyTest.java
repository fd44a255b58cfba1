package ch.sbb.esta.results.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiverConfig.Spooling;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is accepted of finished and deleted runs is in the store, the quarantine or the spool at any later moment: with calls that
 * fail before or after they took effect, runs on which the store fails, versions in any order, restarts and crashes.
 */
class RunArchiverPropertyTest {

    private static final String POISON = "r3";

    @TempDir
    Path directory;

    private final InMemoryResultsStore memory = new InMemoryResultsStore(InstantSource.system());
    /** The highest version of each run of which the archiver said that it has it. */
    private final Map<String, Integer> promised = new HashMap<>();

    private int incarnations;

    static Stream<Long> seeds() {
        return Stream.concat(
                Stream.of(ThreadLocalRandom.current().nextLong()),
                new Random(42).longs(19).boxed());
    }

    /** One life of an archiver, with the fate of its store. */
    private record Life(RunArchiver archiver, Path spool, AtomicBoolean dead) {}

    private Life begin(Path spool, Spooling spooling, Random random) {
        FaultyStore store = new FaultyStore(memory);
        AtomicBoolean dead = new AtomicBoolean();
        Random faults = new Random(random.nextLong());
        store.before(batch -> {
            fail(dead, faults);
            if (batch.stream().anyMatch(placement -> placement.run().uid().equals(POISON))) {
                throw new IllegalStateException("cannot digest");
            }
        });
        store.after(batch -> fail(dead, faults));
        store.beforePut(entry -> fail(dead, faults));
        ArchiverConfig config = ArchiverConfig.builder(spool)
                .spooling(spooling)
                .queueRuns(1 + random.nextInt(6))
                .batchRuns(1 + random.nextInt(4))
                .firstRetryDelay(Duration.ofMillis(1))
                .maxRetryDelay(Duration.ofMillis(1))
                .build();
        RunArchiver archiver = RunArchiver.builder(store, store, config).build();
        archiver.start();
        incarnations++;
        return new Life(archiver, spool, dead);
    }

    private static void fail(AtomicBoolean dead, Random faults) {
        if (dead.get() || faults.nextInt(4) == 0) {
            throw FaultyStore.unavailable();
        }
    }

    /** The process ends here: nothing reaches the store any more, and the next one finds the disk as it is now. */
    private Life crash(Life life, Spooling spooling, Random random) throws IOException {
        life.dead.set(true);
        Path copy = Files.createDirectory(directory.resolve("spool-" + incarnations));
        try (var files = Files.newDirectoryStream(life.spool)) {
            for (Path file : files) {
                copyIfThere(file, copy.resolve(String.valueOf(file.getFileName())));
            }
        }
        life.archiver.close(Duration.ZERO);
        Files.deleteIfExists(copy.resolve(".lock"));
        if (spooling == Spooling.WRITE_AHEAD) {
            assertPromiseKept(copy, "after a crash");
        }
        return begin(copy, spooling, random);
    }

    private static void copyIfThere(Path file, Path copy) throws IOException {
        try {
            Files.copy(file, copy);
        } catch (NoSuchFileException e) {
            // Archived and removed between listing and copying: then the store has it.
            assertThat(copy).doesNotExist();
        }
    }

    private Life restart(Life life, Spooling spooling, Random random) {
        assertThat(life.archiver.close(Duration.ofMillis(random.nextInt(5))).dropped())
                .isZero();
        return begin(life.spool, spooling, random);
    }

    private static List<Event> history(Random random) {
        List<Event> events = new ArrayList<>();
        for (int run = 0; run < 12; run++) {
            String uid = "r" + run;
            int last = 1 + random.nextInt(5);
            boolean finishes = random.nextInt(4) > 0;
            for (int version = 1; version <= last; version++) {
                events.add(Runs.seen(Runs.json(uid, version, finishes && version >= last - 1, "")));
            }
            if (random.nextBoolean()) {
                events.add(Runs.deleted(Runs.json(uid, last + 1, finishes, "")));
            }
        }
        events.addAll(List.copyOf(events.subList(0, events.size() / 3)));
        Collections.shuffle(events, random);
        return events;
    }

    private void feed(RunArchiver archiver, Event event) {
        RunSnapshot run = RunSnapshot.parse(event.json());
        boolean lasting = run.isFinished() || event.type() == Event.Type.DELETED;
        Admission admission = archiver.accept(event);
        if (lasting) {
            assertThat(admission).isIn(Admission.QUEUED, Admission.REPLACED, Admission.SPOOLED, Admission.STALE);
            promised.merge(run.uid(), rank(run), Math::max);
        }
    }

    /** The order of versions as one number. */
    private static int rank(RunSnapshot run) {
        return Integer.parseInt(run.resourceVersion().orElseThrow()) + (run.isFinished() ? 1000 : 0);
    }

    private Map<String, Integer> kept(Path spool) throws IOException {
        Map<String, Integer> kept = new HashMap<>();
        List<byte[]> objects = new ArrayList<>();
        for (String uid : promised.keySet()) {
            memory.findRecord(Runs.record(uid)).map(Record::data).ifPresent(objects::add);
        }
        memory.list("", 1000).items().stream().map(QuarantinedRun::data).forEach(objects::add);
        try (var files = Files.newDirectoryStream(spool, "*.spool")) {
            for (Path file : files) {
                SpoolFile.decode(Files.readAllBytes(file)).map(SpoolFile::json).ifPresent(objects::add);
            }
        }
        for (byte[] object : objects) {
            RunSnapshot run = RunReading.of(object).orElseThrow();
            kept.merge(run.uid(), rank(run), Math::max);
        }
        return kept;
    }

    private void assertPromiseKept(Path spool, String when) throws IOException {
        Map<String, Integer> kept = kept(spool);
        promised.forEach((uid, rank) -> assertThat(kept.getOrDefault(uid, 0))
                .as("%s: version of %s in store, quarantine or spool", when, uid)
                .isGreaterThanOrEqualTo(rank));
    }

    private void assertAllArchived(Life life) throws Exception {
        assertThat(life.archiver.awaitIdle(Duration.ofSeconds(60)))
                .as("idle; %s", life.archiver.stats())
                .isTrue();
        life.archiver.close(Duration.ZERO);
        assertPromiseKept(directory, "in the end, without the spool");
        assertThat(memory.findRecord(Runs.record(POISON))).isEmpty();
        assertThat(memory.list("", 1000).items())
                .allSatisfy(entry -> assertThat(
                                RunReading.of(entry.data()).orElseThrow().uid())
                        .isEqualTo(POISON));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void survivesFaultsAndCrashesWithAllThatWasWrittenAhead(long seed) throws Exception {
        Random random = new Random(seed);
        Life life = begin(Files.createDirectory(directory.resolve("spool")), Spooling.WRITE_AHEAD, random);
        for (Event event : history(random)) {
            feed(life.archiver, event);
            if (random.nextInt(12) == 0) {
                life = crash(life, Spooling.WRITE_AHEAD, random);
            }
        }
        assertAllArchived(life);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void survivesFaultsAndRestartsWithAllThatWasAccepted(long seed) throws Exception {
        Random random = new Random(seed);
        Life life = begin(Files.createDirectory(directory.resolve("spool")), Spooling.OVERFLOW, random);
        for (Event event : history(random)) {
            feed(life.archiver, event);
            if (random.nextInt(12) == 0) {
                life = restart(life, Spooling.OVERFLOW, random);
            }
        }
        assertAllArchived(life);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void findsWhatACrashTookFromMemoryInTheNextList(long seed) throws Exception {
        Random random = new Random(seed);
        Life life = begin(Files.createDirectory(directory.resolve("spool")), Spooling.OVERFLOW, random);
        List<Event> existing = history(random).stream()
                .filter(event -> event.type() == Event.Type.SEEN)
                .toList();
        for (Event event : existing) {
            feed(life.archiver, event);
            if (random.nextInt(12) == 0) {
                life = crash(life, Spooling.OVERFLOW, random);
            }
        }
        for (Event event : existing) {
            feed(life.archiver, event);
        }
        assertAllArchived(life);
    }
}
