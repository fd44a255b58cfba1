package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Plays one pod: its containers wait, run, write and terminate. Init containers run one after the other; then all others start at
 * once, the steps write one after the other and sidecars beside them, as in Tekton's pods.
 */
final class PodPlay {

    private static final long TICK_MILLIS = 40;

    private final Stage stage;
    private final KubeReference reference;
    private final List<Actor> init = new ArrayList<>();
    private final List<Actor> main = new ArrayList<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    private boolean killed;

    /**
     * What one container does.
     *
     * @param name the container's name
     * @param script what it writes
     * @param exitCode how it ends
     * @param linesPerTick how fast it writes
     */
    record Part(String name, LogScript script, int exitCode, int linesPerTick) {

        boolean isSidecar() {
            return name.startsWith("sidecar-");
        }
    }

    /** A container and how far it has come. Guarded by the play. */
    private static final class Actor {

        private final Part part;
        private int written;
        private @Nullable Instant startedAt;
        private @Nullable ObjectNode terminated;

        Actor(Part part) {
            this.part = part;
        }

        boolean isDone() {
            return written == part.script.lines();
        }
    }

    PodPlay(Stage stage, KubeReference reference, List<Part> initParts, List<Part> mainParts) {
        this.stage = stage;
        this.reference = reference;
        initParts.forEach(part -> init.add(new Actor(part)));
        mainParts.forEach(part -> main.add(new Actor(part)));
    }

    /** Begins to play; the pod exists. The future tells whether every step succeeded. */
    CompletableFuture<Boolean> start() {
        writeStatus("Pending");
        later(TICK_MILLIS * 2, this::nextInit);
        return end;
    }

    /** Deletes the pod with a grace period, in which the containers are killed, as cancelling and a timeout do. */
    synchronized void kill(int graceSeconds) {
        killed = true;
        stage.server().delete(reference, TektonObjects.object().put("gracePeriodSeconds", graceSeconds));
    }

    /**
     * Deletes the pod, which has ended, as a pruner that does not wait for anybody. An API server removes the object of an ended pod at
     * once, whatever its grace period.
     */
    void deletePodSoon() {
        stage.schedule(stage.podsStay().toMillis(), end, () -> stage.server().delete(reference));
    }

    /** What the containers have written, by the identity of the pod. */
    synchronized List<EmittedLog> emitted(String taskRunUid, String podUid) {
        List<EmittedLog> logs = new ArrayList<>();
        for (Actor actor : all()) {
            if (actor.startedAt != null) {
                ContainerLogId id = new ContainerLogId(reference.namespace(), taskRunUid, podUid, actor.part.name, 0);
                logs.add(new EmittedLog(id, actor.part.script, actor.written));
            }
        }
        return logs;
    }

    /** The entries of {@code status.steps} of the TaskRun. */
    synchronized ArrayNode steps() {
        ArrayNode steps = TektonObjects.object().putArray("steps");
        for (Actor actor : main) {
            if (!actor.part.isSidecar() && actor.startedAt != null) {
                ObjectNode step = steps.addObject()
                        .put("container", actor.part.name)
                        .put("name", actor.part.name.replaceFirst("^step-", ""));
                if (actor.terminated != null) {
                    step.set("terminated", actor.terminated);
                } else {
                    step.putObject("running").put("startedAt", TektonObjects.time(actor.startedAt));
                }
            }
        }
        return steps;
    }

    private synchronized void nextInit() {
        for (Actor actor : init) {
            if (actor.terminated == null) {
                if (killed) {
                    finish();
                    return;
                }
                if (actor.startedAt == null) {
                    actor.startedAt = stage.now();
                    writeStatus("Pending");
                }
                write(actor);
                if (actor.isDone()) {
                    terminate(actor, 0);
                    writeStatus("Pending");
                }
                later(TICK_MILLIS, this::nextInit);
                return;
            }
        }
        Instant now = stage.now();
        main.forEach(actor -> actor.startedAt = now);
        writeStatus("Running");
        later(TICK_MILLIS, this::nextTick);
    }

    private synchronized void nextTick() {
        if (killed) {
            finish();
            return;
        }
        boolean changed = false;
        boolean failed = false;
        Actor step = null;
        for (Actor actor : main) {
            failed |= actor.terminated != null && actor.part.exitCode != 0 && !actor.part.isSidecar();
            if (actor.terminated == null && actor.part.isSidecar()) {
                write(actor);
            } else if (actor.terminated == null && step == null && !failed) {
                step = actor;
            }
        }
        if (step == null) {
            finish();
            return;
        }
        write(step);
        if (step.isDone()) {
            terminate(step, step.part.exitCode);
            changed = true;
        }
        if (changed) {
            writeStatus("Running");
        }
        later(TICK_MILLIS, this::nextTick);
    }

    /** Whatever still runs ends now: sidecars at the end of the steps, steps behind a failed one, everything in a killed pod. */
    private void finish() {
        boolean succeeded = !killed;
        for (Actor actor : all()) {
            if (actor.startedAt != null && actor.terminated == null) {
                terminate(actor, killed ? 137 : actor.part.isSidecar() ? 0 : 1);
            }
            succeeded &=
                    actor.terminated != null && actor.terminated.get("exitCode").asInt() == 0;
        }
        writeStatus(succeeded ? "Succeeded" : "Failed");
        end.complete(succeeded);
    }

    private void write(Actor actor) {
        int until = Math.min(actor.part.script.lines(), actor.written + actor.part.linesPerTick);
        if (until == actor.written) {
            return;
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = actor.written; i < until; i++) {
            text.writeBytes(actor.part.script.line(i));
        }
        stage.server().appendLog(reference.namespace(), reference.name(), actor.part.name, text.toByteArray());
        actor.written = until;
    }

    private void terminate(Actor actor, int exitCode) {
        Instant now = stage.now();
        actor.terminated = TektonObjects.terminated(exitCode, actor.startedAt == null ? now : actor.startedAt, now);
    }

    private void writeStatus(String phase) {
        ObjectNode status = TektonObjects.podStatus(phase);
        statuses(status.putArray("initContainerStatuses"), init);
        statuses(status.putArray("containerStatuses"), main);
        stage.server().patchStatus(reference, status);
    }

    private static void statuses(ArrayNode array, List<Actor> actors) {
        for (Actor actor : actors) {
            if (actor.terminated != null) {
                TektonObjects.terminated(array, actor.part.name, actor.terminated);
            } else if (actor.startedAt != null) {
                TektonObjects.running(array, actor.part.name, actor.startedAt);
            } else {
                TektonObjects.waiting(array, actor.part.name);
            }
        }
    }

    private List<Actor> all() {
        List<Actor> all = new ArrayList<>(init);
        all.addAll(main);
        return all;
    }

    private void later(long millis, Runnable step) {
        stage.later(millis, end, step);
    }
}
