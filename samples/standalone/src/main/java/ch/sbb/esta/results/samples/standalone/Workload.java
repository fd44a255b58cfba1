package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import ch.sbb.esta.results.testkit.tekton.LogScript;
import ch.sbb.esta.results.testkit.tekton.TektonReplay;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** What happens on the embedded cluster: simulated or captured runs. On a real cluster there is none. */
interface Workload extends AutoCloseable {

    /** So that a slow machine, which runs the cluster and the archive at once, keeps up. */
    Duration PACE = Duration.ofSeconds(2);

    /** Starts; the archive watches already. */
    void start();

    /** How many plays there are: pipelines of a simulation, pods of a replay. */
    int size();

    /** How many of them have ended. */
    int ended();

    /** Waits until all have ended. */
    void awaitEnd(Duration timeout) throws InterruptedException, TimeoutException;

    /** The runs as the cluster holds them now: what the archive has to hold in the end. */
    List<RunSnapshot> expectedRuns();

    /** What the containers have written. */
    List<EmittedLog> emitted();

    @Override
    void close();

    /** Prepares what the options ask for. */
    static Workload of(Options options, KubeApiServer server) throws IOException {
        IntFunction<LogScript> texts = texts(options);
        return options.replay == null
                ? new Simulated(
                        server,
                        TektonSimulator.of(server, "shop", options.runs, texts).pace(PACE))
                : new Replayed(server, TektonReplay.load(server, options.replay, texts));
    }

    private static IntFunction<LogScript> texts(Options options) throws IOException {
        if (options.logText == null) {
            return container -> LogScript.generated(container, options.lines + container % 97);
        }
        List<LogScript> scripts = new ArrayList<>();
        try (Stream<Path> files = Files.list(options.logText)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList()) {
                scripts.add(LogScript.of(file));
            }
        }
        if (scripts.isEmpty()) {
            throw new IOException("no file *.log in " + options.logText);
        }
        return container -> scripts.get(container % scripts.size());
    }

    /** All runs of all kinds that the server holds. */
    private static List<RunSnapshot> runs(KubeApiServer server, List<RunKind> kinds) {
        List<RunSnapshot> runs = new ArrayList<>();
        for (RunKind kind : kinds) {
            for (ObjectNode run : server.list(kind.apiVersion(), kind.kind(), "")) {
                runs.add(RunSnapshot.parse(run.toString().getBytes(StandardCharsets.UTF_8)));
            }
        }
        return runs;
    }

    /** Simulated pipelines. */
    record Simulated(KubeApiServer server, TektonSimulator simulator) implements Workload {

        @Override
        public void start() {
            simulator.start();
        }

        @Override
        public int size() {
            return simulator.pipelineRuns();
        }

        @Override
        public int ended() {
            return simulator.ended();
        }

        @Override
        public void awaitEnd(Duration timeout) throws InterruptedException, TimeoutException {
            simulator.awaitEnd(timeout);
        }

        @Override
        public List<RunSnapshot> expectedRuns() {
            return runs(server, List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN));
        }

        @Override
        public List<EmittedLog> emitted() {
            return simulator.emitted();
        }

        @Override
        public void close() {
            simulator.close();
        }
    }

    /** Captured runs. What is expected is what was in the files; a server gives every object a resourceVersion. */
    record Replayed(KubeApiServer server, TektonReplay replay) implements Workload {

        @Override
        public void start() {
            replay.start();
        }

        @Override
        public int size() {
            return Math.max(1, replay.pods());
        }

        @Override
        public int ended() {
            return replay.ended();
        }

        @Override
        public void awaitEnd(Duration timeout) throws InterruptedException, TimeoutException {
            replay.awaitEnd(timeout);
        }

        @Override
        public List<RunSnapshot> expectedRuns() {
            return replay.runs();
        }

        @Override
        public List<EmittedLog> emitted() {
            return replay.emitted();
        }

        @Override
        public void close() {
            replay.close();
        }
    }
}
