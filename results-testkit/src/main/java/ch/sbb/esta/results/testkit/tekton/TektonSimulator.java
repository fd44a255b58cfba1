package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * A Tekton without containers: it drives PipelineRuns of three TaskRuns each through believable states on the kit's API server, lets
 * their containers write, deletes every pod right after its end, and remembers what was written. Of five runs, one each succeeds,
 * fails, is cancelled, times out, and succeeds after a retry.
 *
 * <p>Thread-safe. Closing stops it where it stands.
 */
public final class TektonSimulator implements AutoCloseable {

    private static final int SHORT_LOG = 5;

    private final Stage stage;
    private final String namespace;
    private final int runs;
    private final IntFunction<LogScript> texts;
    private volatile Duration pace = Duration.ofMillis(300);
    private final AtomicInteger containers = new AtomicInteger();
    private final List<PipelineRunPlay> plays = new ArrayList<>();
    private final List<CompletableFuture<Boolean>> ends = new ArrayList<>();

    private TektonSimulator(KubeApiServer server, String namespace, int runs, IntFunction<LogScript> texts) {
        this.stage = new Stage(server, InstantSource.system());
        this.namespace = namespace;
        this.runs = runs;
        this.texts = texts;
    }

    /**
     * Prepares a simulation whose steps write generated text.
     *
     * @param server the API server to drive
     * @param namespace where the runs live; it is made if it is missing
     * @param runs how many PipelineRuns, each with three TaskRuns
     * @param linesPerStep about how many lines each step writes
     * @return the simulator, not yet started
     */
    public static TektonSimulator of(KubeApiServer server, String namespace, int runs, int linesPerStep) {
        return of(server, namespace, runs, container -> LogScript.generated(container, linesPerStep + container % 97));
    }

    /**
     * Prepares a simulation whose steps write given text.
     *
     * @param server the API server to drive
     * @param namespace where the runs live; it is made if it is missing
     * @param runs how many PipelineRuns, each with three TaskRuns
     * @param texts what the n-th step writes, counted from 0
     * @return the simulator, not yet started
     */
    public static TektonSimulator of(KubeApiServer server, String namespace, int runs, IntFunction<LogScript> texts) {
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(texts, "texts");
        if (runs < 1) {
            throw new IllegalArgumentException("runs " + runs + " is less than 1");
        }
        return new TektonSimulator(server, namespace, runs, texts);
    }

    /**
     * Sets how fast runs follow each other.
     *
     * @param interval from the start of one run to that of the next; 300 milliseconds by default
     * @return this
     */
    public TektonSimulator pace(Duration interval) {
        this.pace = Objects.requireNonNull(interval, "interval");
        return this;
    }

    /**
     * Makes everything in a run take longer: with 1, the default, containers write for half a second or so.
     *
     * @param factor how many times as long, at least 1
     * @return this
     */
    public TektonSimulator stretch(int factor) {
        if (factor < 1) {
            throw new IllegalArgumentException("factor " + factor + " is less than 1");
        }
        stage.stretch(factor);
        return this;
    }

    /**
     * How long a pod stays after its end before it is pruned.
     *
     * @param time 10 seconds unless set
     * @return this
     */
    public TektonSimulator podsStay(Duration time) {
        stage.podsStay(Objects.requireNonNull(time, "time"));
        return this;
    }

    /** Starts all runs, one after the other. */
    public synchronized void start() {
        stage.server().ensureNamespace(namespace);
        for (int i = 0; i < runs; i++) {
            CompletableFuture<Boolean> end = new CompletableFuture<>();
            ends.add(end);
            int number = i;
            stage.schedule(i * pace.toMillis(), end, () -> play(number, end));
        }
    }

    private void play(int number, CompletableFuture<Boolean> end) {
        TaskRunPlay.Ending[] endings = TaskRunPlay.Ending.values();
        TaskRunPlay.Ending ending = endings[number % endings.length];
        ObjectNode run = stage.server()
                .create(TektonObjects.pipelineRun(namespace, String.format("shop-ci-%03d", number + 1), "shop-ci"));
        PipelineRunPlay play = new PipelineRunPlay(stage, run, ending, this::text);
        synchronized (this) {
            plays.add(play);
        }
        stage.then(play.start(), end, end::complete);
    }

    private LogScript text(String container) {
        int number = containers.getAndIncrement();
        LogScript script = container.startsWith("step-") ? texts.apply(number) : LogScript.generated(number, SHORT_LOG);
        return script;
    }

    /**
     * How many PipelineRuns there are.
     *
     * @return the number asked for
     */
    public int pipelineRuns() {
        return runs;
    }

    /**
     * How many PipelineRuns have ended.
     *
     * @return 0 to {@link #pipelineRuns()}
     */
    public synchronized int ended() {
        return (int) ends.stream().filter(CompletableFuture::isDone).count();
    }

    /**
     * Waits until every run has ended.
     *
     * @param timeout how long at most
     * @throws InterruptedException when the waiting thread is interrupted
     * @throws TimeoutException when some still run then
     * @throws IllegalStateException when the API server refused a step
     */
    public void awaitEnd(Duration timeout) throws InterruptedException, TimeoutException {
        CompletableFuture<?>[] all;
        synchronized (this) {
            all = ends.toArray(CompletableFuture[]::new);
        }
        try {
            CompletableFuture.allOf(all).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the simulation failed: " + e.getCause(), e.getCause());
        }
    }

    /**
     * What the containers have written. Whole after {@link #awaitEnd}.
     *
     * @return one entry for each container that has run
     */
    public synchronized List<EmittedLog> emitted() {
        return plays.stream()
                .map(PipelineRunPlay::emitted)
                .flatMap(List::stream)
                .toList();
    }

    /** Stops every run where it stands. */
    @Override
    public void close() {
        stage.close();
    }
}
