package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Plays captured runs: loads the JSON objects of a folder into the kit's API server as they are, makes the pods that the
 * {@code status.steps} of the TaskRuns speak of, and lets their containers run, write and terminate.
 *
 * <p>A file {@code EXPECTED.tsv} in the folder names the objects to load in the lines whose third column is {@code first}; without
 * one, every {@code .json} file that holds a run is loaded, of several with one UID the first by file name.
 *
 * <p>Thread-safe. Closing stops it where it stands.
 */
public final class TektonReplay implements AutoCloseable {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String INDEX = "EXPECTED.tsv";
    private static final long STAGGER_MILLIS = 700;

    private final Stage stage;
    private final List<RunSnapshot> runs;
    private final IntFunction<LogScript> texts;
    private final List<PlayedPod> pods = new ArrayList<>();
    private int containers;

    private record PlayedPod(String taskRunUid, String podUid, PodPlay play, CompletableFuture<Boolean> end) {}

    private TektonReplay(KubeApiServer server, List<RunSnapshot> runs, IntFunction<LogScript> texts) {
        this.stage = new Stage(server, InstantSource.system());
        this.runs = List.copyOf(runs);
        this.texts = texts;
    }

    /**
     * Loads a folder into the server.
     *
     * @param server the API server; nothing watches it yet
     * @param folder the folder with the objects
     * @param texts what the n-th container writes, counted from 0
     * @return the replay, whose pods are not yet started
     * @throws IOException when the folder cannot be read
     */
    public static TektonReplay load(KubeApiServer server, Path folder, IntFunction<LogScript> texts)
            throws IOException {
        List<RunSnapshot> runs = new ArrayList<>();
        Set<String> uids = new HashSet<>();
        for (Path file : files(folder)) {
            byte[] json = Files.readAllBytes(file);
            Optional<RunSnapshot> run = RunReading.of(json).run();
            if (run.isPresent() && uids.add(run.get().uid())) {
                String loaded = server.load(tree(run.get())).toString();
                runs.add(RunSnapshot.parse(loaded.getBytes(StandardCharsets.UTF_8)));
            }
        }
        if (runs.isEmpty()) {
            throw new IOException("no file in " + folder + " holds a run");
        }
        return new TektonReplay(server, runs, texts);
    }

    private static List<Path> files(Path folder) throws IOException {
        Path index = folder.resolve(INDEX);
        if (Files.exists(index)) {
            return Files.readAllLines(index).stream()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .filter(columns -> columns.length > 2 && columns[2].equals("first"))
                    .map(columns -> folder.resolve(columns[0]))
                    .toList();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    /**
     * What was loaded.
     *
     * @return the runs as they were in their files; one without a resourceVersion has got the server's
     */
    public List<RunSnapshot> runs() {
        return runs;
    }

    /** Starts the pods, one shortly after the other. */
    public synchronized void start() {
        for (RunSnapshot run : runs) {
            if (run.kind().isTaskRun()) {
                JsonNode status = tree(run).path("status");
                status.path("retriesStatus").forEach(attempt -> play(run, attempt));
                play(run, status);
            }
        }
    }

    private void play(RunSnapshot run, JsonNode attempt) {
        List<PodPlay.Part> parts = new ArrayList<>();
        attempt.path("steps").forEach(step -> parts.add(part(step, "step-")));
        attempt.path("sidecars").forEach(sidecar -> parts.add(part(sidecar, "sidecar-")));
        if (parts.stream().allMatch(PodPlay.Part::isSidecar)) {
            return;
        }
        String podName = attempt.path("podName").asText();
        ObjectNode pod = TektonObjects.pod(
                tree(run),
                (podName.isEmpty() ? run.name() + "-pod" : podName).toLowerCase(Locale.ROOT),
                List.of(),
                parts.stream().map(PodPlay.Part::name).toList());
        // A UID that follows from the run's keeps a replay the same every time; captured names are not always valid
        // ones.
        String podUid = UUID.nameUUIDFromBytes((run.uid() + pods.size()).getBytes(StandardCharsets.UTF_8))
                .toString();
        TektonObjects.metadata(pod).put("uid", podUid).put("creationTimestamp", TektonObjects.time(stage.now()));
        PodPlay play = new PodPlay(stage, KubeReference.of(pod), List.of(), parts);
        CompletableFuture<Boolean> end = new CompletableFuture<>();
        stage.later(pods.size() * STAGGER_MILLIS, end, () -> {
            stage.server().load(pod);
            stage.then(play.start(), end, succeeded -> {
                play.deletePodSoon();
                end.complete(succeeded);
            });
        });
        pods.add(new PlayedPod(run.uid(), podUid, play, end));
    }

    private PodPlay.Part part(JsonNode step, String prefix) {
        String container = step.path("container").asText();
        LogScript script = texts.apply(containers++);
        return new PodPlay.Part(
                container.isEmpty() ? prefix + step.path("name").asText() : container,
                script,
                step.path("terminated").path("exitCode").asInt(),
                Math.max(20, script.lines() / 30));
    }

    private static ObjectNode tree(RunSnapshot run) {
        try {
            return (ObjectNode) MAPPER.readTree(run.json());
        } catch (IOException e) {
            throw new IllegalStateException("a run was read before", e);
        }
    }

    /**
     * How many pods are played.
     *
     * @return the number, 0 before the start
     */
    public synchronized int pods() {
        return pods.size();
    }

    /**
     * How many pods have ended.
     *
     * @return 0 to {@link #pods()}
     */
    public synchronized int ended() {
        return (int) pods.stream().filter(pod -> pod.end.isDone()).count();
    }

    /**
     * Waits until every pod has ended.
     *
     * @param timeout how long at most
     * @throws InterruptedException when the waiting thread is interrupted
     * @throws TimeoutException when some still run then
     * @throws IllegalStateException when the API server refused a step
     */
    public void awaitEnd(Duration timeout) throws InterruptedException, TimeoutException {
        CompletableFuture<?>[] all;
        synchronized (this) {
            all = pods.stream().map(PlayedPod::end).toArray(CompletableFuture[]::new);
        }
        try {
            CompletableFuture.allOf(all).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the replay failed: " + e.getCause(), e.getCause());
        }
    }

    /**
     * What the containers have written. Whole after {@link #awaitEnd}.
     *
     * @return one entry for each container that has run
     */
    public synchronized List<EmittedLog> emitted() {
        return pods.stream()
                .map(pod -> pod.play.emitted(pod.taskRunUid, pod.podUid))
                .flatMap(List::stream)
                .toList();
    }

    /** Stops every pod where it stands. */
    @Override
    public void close() {
        stage.close();
    }
}
