package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Plays one TaskRun from pending to its end, with a pod for each attempt. The pods are deleted right after the end. */
final class TaskRunPlay {

    /** The default of {@code terminationGracePeriodSeconds}. */
    private static final int GRACE_SECONDS = 30;

    private final Stage stage;
    private final ObjectNode taskRun;
    private final KubeReference reference;
    private final Ending ending;
    private final Texts texts;
    private final List<EmittedLog> emitted = new ArrayList<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    private final ObjectNode status = TektonObjects.object();
    private int attempt;

    /** How a TaskRun ends. */
    enum Ending {
        SUCCEEDED,
        FAILED,
        CANCELLED,
        TIMED_OUT,
        /** The first attempt fails, the second succeeds. */
        RETRIED
    }

    /** Where the containers get their text from. */
    interface Texts {

        /** The script of the container that starts as the given one of this play. */
        LogScript next(String container);
    }

    TaskRunPlay(Stage stage, ObjectNode taskRun, Ending ending, Texts texts) {
        this.stage = stage;
        this.taskRun = taskRun;
        this.reference = KubeReference.of(taskRun);
        this.ending = ending;
        this.texts = texts;
    }

    /** Begins to play; the TaskRun exists. The future tells whether it succeeded. */
    CompletableFuture<Boolean> start() {
        stage.later(60, end, this::begin);
        return end;
    }

    /** What its containers have written; whole once the play has ended. */
    List<EmittedLog> emitted() {
        return emitted;
    }

    private void begin() {
        status.put("startTime", TektonObjects.time(stage.now()));
        nextAttempt();
    }

    private void nextAttempt() {
        String suffix = attempt == 0 ? "-pod" : "-pod-retry" + attempt;
        String podName = reference.name() + suffix;
        boolean fails = ending == Ending.FAILED || (ending == Ending.RETRIED && attempt == 0);
        List<PodPlay.Part> init = List.of(part("prepare", 0), part("place-scripts", 0));
        List<PodPlay.Part> main =
                List.of(part("step-run", fails ? 1 : 0), part("step-report", 0), part("sidecar-proxy", 0));
        ObjectNode pod = stage.server().create(TektonObjects.pod(taskRun, podName, names(init), names(main)));
        status.put("podName", podName);
        TektonObjects.condition(status, "Unknown", "Pending", "Pending");
        writeStatus();
        PodPlay play = new PodPlay(stage, KubeReference.of(pod), init, main);
        CompletableFuture<Boolean> podEnd = play.start();
        stage.later(400, end, () -> {
            if (!podEnd.isDone()) {
                TektonObjects.condition(
                        status, "Unknown", "Running", "Not all Steps in the Task have finished executing");
                status.set("steps", play.steps());
                writeStatus();
            }
        });
        if (ending == Ending.CANCELLED || ending == Ending.TIMED_OUT) {
            stage.later(1200, end, () -> play.kill(GRACE_SECONDS));
        }
        String podUid = TektonObjects.metadata(pod).get("uid").asText();
        stage.then(podEnd, end, succeeded -> podEnded(play, podUid, succeeded));
    }

    private void podEnded(PodPlay play, String podUid, boolean succeeded) {
        emitted.addAll(play.emitted(TektonObjects.metadata(taskRun).get("uid").asText(), podUid));
        status.set("steps", play.steps());
        if (ending == Ending.RETRIED && attempt == 0) {
            retry(play);
            return;
        }
        status.put("completionTime", TektonObjects.time(stage.now()));
        switch (ending) {
            case CANCELLED -> {
                stage.server().patch(reference, spec("TaskRunCancelled"));
                TektonObjects.condition(
                        status, "False", "TaskRunCancelled", "TaskRun \"" + reference.name() + "\" was cancelled");
            }
            case TIMED_OUT ->
                TektonObjects.condition(
                        status,
                        "False",
                        "TaskRunTimeout",
                        "TaskRun \"" + reference.name() + "\" failed to finish within \"1s\"");
            case FAILED -> TektonObjects.condition(status, "False", "Failed", "\"step-run\" exited with code 1: Error");
            default -> TektonObjects.condition(status, "True", "Succeeded", "All Steps have completed executing");
        }
        writeStatus();
        play.deletePodSoon();
        end.complete(succeeded);
    }

    /** The status so far moves to {@code retriesStatus}; a new pod begins. */
    private void retry(PodPlay play) {
        attempt++;
        TektonObjects.condition(status, "False", "Failed", "\"step-run\" exited with code 1: Error");
        status.put("completionTime", TektonObjects.time(stage.now()));
        ObjectNode past = status.deepCopy();
        ArrayNode retries = status.putArray("retriesStatus");
        retries.add(past);
        status.putNull("completionTime");
        status.putNull("steps");
        TektonObjects.condition(status, "Unknown", "ToBeRetried", "\"step-run\" exited with code 1: Error");
        writeStatus();
        status.remove("completionTime");
        status.remove("steps");
        play.deletePodSoon();
        stage.later(100, end, this::nextAttempt);
    }

    private static ObjectNode spec(String specStatus) {
        ObjectNode patch = TektonObjects.object();
        patch.putObject("spec").put("status", specStatus);
        return patch;
    }

    private void writeStatus() {
        stage.server().patchStatus(reference, status);
    }

    private PodPlay.Part part(String container, int exitCode) {
        LogScript script = texts.next(container);
        return new PodPlay.Part(container, script, exitCode, Math.max(20, script.lines() / 30));
    }

    private static List<String> names(List<PodPlay.Part> parts) {
        return parts.stream().map(PodPlay.Part::name).toList();
    }
}
