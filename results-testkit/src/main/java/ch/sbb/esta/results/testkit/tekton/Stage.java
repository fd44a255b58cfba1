package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What all plays share: the cluster, the clock, and the thread on which everything happens, one step after the other. */
final class Stage implements AutoCloseable {

    private final KubeApiServer server;
    private final InstantSource clock;
    private volatile Duration podsStay = Duration.ofSeconds(10);
    private volatile int stretch = 1;
    private final ScheduledExecutorService scheduler =
            Executors.newSingleThreadScheduledExecutor(Threads.named("tekton"));

    Stage(KubeApiServer server, InstantSource clock) {
        this.server = server;
        this.clock = clock;
    }

    KubeApiServer server() {
        return server;
    }

    void podsStay(Duration time) {
        podsStay = time;
    }

    /** How long a pod that has ended stays. */
    Duration podsStay() {
        return podsStay;
    }

    void stretch(int factor) {
        stretch = factor;
    }

    Instant now() {
        return clock.instant();
    }

    /** Runs a step of a play later, at its tempo; one that fails ends its play with that failure. */
    void later(long millis, CompletableFuture<?> play, Runnable step) {
        schedule(millis * stretch, play, step);
    }

    /** Runs something later, whatever the tempo. */
    void schedule(long millis, CompletableFuture<?> play, Runnable step) {
        // A step that fails ends its play, so nobody asks this future.
        Future<?> unused = scheduler.schedule(() -> guarded(play, step), millis, TimeUnit.MILLISECONDS);
    }

    /** Goes on when a part of a play has ended, on the stage's thread. */
    <T> void then(CompletableFuture<T> part, CompletableFuture<?> play, Consumer<T> step) {
        CompletableFuture<T> unused = part.whenCompleteAsync(
                (value, failure) -> {
                    if (failure != null) {
                        play.completeExceptionally(failure);
                    } else {
                        guarded(play, () -> step.accept(value));
                    }
                },
                scheduler);
    }

    private static void guarded(CompletableFuture<?> play, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            play.completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
