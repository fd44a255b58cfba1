package ch.sbb.esta.results.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {

    private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");

    @TempDir
    Path directory;

    private Spool spool = new Spool(Path.of("unused"), InstantSource.fixed(NOW));

    @BeforeEach
    void open() {
        reopen();
    }

    @AfterEach
    void close() {
        spool.close();
    }

    private void reopen() {
        spool.close();
        spool = new Spool(directory, InstantSource.fixed(NOW));
        spool.open();
    }

    private static QueuedRun run(byte[] json) {
        return QueuedRun.accepted(RunReading.of(json), json, Event.Type.SEEN, NOW);
    }

    private static QueuedRun run(String uid, int version) {
        return run(Runs.json(uid, version, true, ""));
    }

    private List<QueuedRun> all() throws IOException {
        return spool.read(new BatchRoom(1000, Long.MAX_VALUE), Set.of());
    }

    @Test
    void givesBackWhatWasPut() throws Exception {
        QueuedRun live = QueuedRun.accepted(
                RunSnapshot.parse(Runs.json("a", 3, true, "\u00fc")).asLiveRead(), NOW);
        QueuedRun unreadable = run(new byte[] {0, 10, 13, -1});
        assertThat(spool.put(live)).isTrue();
        assertThat(spool.put(unreadable)).isTrue();
        assertThat(spool.holds(live.key())).isTrue();
        reopen();
        assertThat(spool.size()).isEqualTo(2);
        assertThat(all())
                .satisfiesExactlyInAnyOrder(
                        back -> {
                            assertThat(back.run()).isEqualTo(live.run());
                            assertThat(back.isLasting()).isTrue();
                        },
                        back -> {
                            assertThat(back.key()).isEqualTo(unreadable.key());
                            assertThat(back.json()).isEqualTo(unreadable.json());
                            assertThat(back.refusal()).isEqualTo(unreadable.refusal());
                        });
    }

    @Test
    void keepsTheNewestVersionOfARun() throws Exception {
        assertThat(spool.put(run("a", 4))).isTrue();
        assertThat(spool.put(run("a", 6))).isTrue();
        assertThat(spool.put(run("a", 5))).isFalse();
        assertThat(spool.size()).isEqualTo(1);
        assertThat(all()).extracting(QueuedRun::json).containsExactly(Runs.json("a", 6, true, ""));
    }

    @Test
    void deletesWhatWasReadUnlessItHasChanged() throws Exception {
        spool.put(run("a", 4));
        QueuedRun read = all().get(0);
        spool.put(run("a", 5));
        spool.delete(read);
        assertThat(spool.size()).isEqualTo(1);
        spool.delete(all().get(0));
        assertThat(spool.size()).isZero();
        assertThat(all()).isEmpty();
        spool.delete(read);
        assertThat(spool.size()).isZero();
    }

    @Test
    void readsNoMoreThanThereIsRoomFor() throws Exception {
        for (int i = 0; i < 10; i++) {
            spool.put(run("r" + i, 1));
        }
        List<QueuedRun> first = spool.read(new BatchRoom(4, Long.MAX_VALUE), Set.of());
        assertThat(first).hasSize(4);
        Set<String> inWork = Set.copyOf(first.stream().map(QueuedRun::key).toList());
        assertThat(spool.read(new BatchRoom(100, Long.MAX_VALUE), inWork))
                .hasSize(6)
                .noneMatch(run -> inWork.contains(run.key()));
        assertThat(spool.read(new BatchRoom(100, 1), Set.of()))
                .as("one always fits")
                .hasSize(1);
    }

    @Test
    void setsAsideEveryFileThatIsCutOrChanged() throws Exception {
        spool.put(run("a", 1));
        byte[] whole = Files.readAllBytes(directory.resolve("run-a.spool"));
        Random random = new Random(20260304);
        int damaged = 0;
        for (int i = 0; i < 50; i++) {
            byte[] bytes = i % 2 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            if (i % 2 == 1) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            }
            Files.write(directory.resolve("run-a.spool"), bytes);
            reopen();
            assertThat(all()).as("damage %s", i).isEmpty();
            damaged++;
            assertThat(spool.setAside()).isEqualTo(1);
            assertThat(spool.size()).isZero();
        }
        try (var files = Files.list(directory)) {
            assertThat(files.filter(file -> file.toString().endsWith(".damaged")))
                    .hasSize(damaged);
        }
        assertThat(spool.put(run("a", 1))).isTrue();
        assertThat(all()).hasSize(1);
    }

    @Test
    void setsAsideWhatACrashLeftUnwrittenAndWhatHasAnotherName() throws Exception {
        spool.put(run("a", 1));
        Files.write(directory.resolve("run-b.spool.tmp"), new byte[3]);
        Files.copy(directory.resolve("run-a.spool"), directory.resolve("run-c.spool"));
        reopen();
        assertThat(spool.setAside()).isEqualTo(1);
        assertThat(all()).extracting(QueuedRun::key).containsExactly("run-a");
        assertThat(spool.setAside()).isEqualTo(2);
        assertThat(directory.resolve("run-b.spool.tmp.damaged")).exists();
        assertThat(directory.resolve("run-c.spool.damaged")).exists();
    }

    @Test
    void replacesADamagedFileByANewVersionWithoutLosingIt() throws Exception {
        Files.write(directory.resolve("run-a.spool"), new byte[3]);
        reopen();
        assertThat(spool.put(run("a", 1))).isTrue();
        assertThat(spool.size()).isEqualTo(1);
        assertThat(directory.resolve("run-a.spool.damaged")).hasBinaryContent(new byte[3]);
    }

    @Test
    void refusesToWorkWhenClosed() {
        spool.close();
        assertThatThrownBy(() -> spool.put(run("a", 1))).hasMessage("the spool is closed");
        assertThatThrownBy(this::all).hasMessage("the spool is closed");
    }
}
