package ch.sbb.esta.results.samples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Replicas in processes of their own. One that is killed is followed by one with a new name and an empty disk. Used by one thread. */
final class ChaosReplicas implements AutoCloseable {

    private static final int TAIL = 4_000;
    private static final List<String> OPTIONS = List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private final Path folder;
    private final Random random;
    private final List<Replica> running = new ArrayList<>();
    private int started;

    private record Replica(Process process, Path output) {}

    ChaosReplicas(Path folder, Random random) {
        this.folder = folder;
        this.random = random;
    }

    void start() throws IOException {
        String name = "replica-" + started++;
        Path output = folder.resolve(name + ".txt");
        running.add(new Replica(
                ChildJvm.builder(ChaosReplicaMain.class, OPTIONS, List.of(folder.toString(), name))
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start(),
                output));
    }

    /** Kills one that is chosen by chance, waiting a while before; another one is started. */
    void killAfter(Duration time) throws IOException, InterruptedException {
        Replica victim = running.remove(random.nextInt(running.size()));
        try {
            if (victim.process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
                throw endedByItself(victim);
            }
        } finally {
            victim.process.destroyForcibly().waitFor();
        }
        start();
    }

    /** Waits while all go on. */
    void leaveAlone(Duration time) throws IOException, InterruptedException {
        Replica any = running.get(0);
        if (any.process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
            throw endedByItself(any);
        }
    }

    private static IllegalStateException endedByItself(Replica replica) throws IOException {
        return new IllegalStateException("a replica ended by itself, with exit code " + replica.process.exitValue()
                + "; its last words: " + lastWords(replica));
    }

    /** What the last replicas wrote last. */
    String lastWords() throws IOException {
        StringBuilder words = new StringBuilder();
        for (Replica replica : running) {
            words.append(replica.output.getFileName()).append(":\n").append(lastWords(replica));
        }
        return words.toString();
    }

    private static String lastWords(Replica replica) throws IOException {
        String text = Files.readString(replica.output);
        return text.substring(Math.max(0, text.length() - TAIL));
    }

    @Override
    public void close() {
        running.forEach(replica -> replica.process.destroyForcibly());
        running.forEach(replica -> replica.process.onExit().join());
    }
}
