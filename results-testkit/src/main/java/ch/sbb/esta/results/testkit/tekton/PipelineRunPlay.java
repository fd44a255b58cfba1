package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Plays one PipelineRun: two tasks beside each other, then one in {@code finally}. */
final class PipelineRunPlay {

    private final Stage stage;
    private final ObjectNode pipelineRun;
    private final KubeReference reference;
    private final TaskRunPlay.Ending ending;
    private final TaskRunPlay.Texts texts;
    private final List<TaskRunPlay> tasks = new ArrayList<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    private final ObjectNode status = TektonObjects.object();

    /** How the run ends is how its second task does. */
    PipelineRunPlay(Stage stage, ObjectNode pipelineRun, TaskRunPlay.Ending ending, TaskRunPlay.Texts texts) {
        this.stage = stage;
        this.pipelineRun = pipelineRun;
        this.reference = KubeReference.of(pipelineRun);
        this.ending = ending;
        this.texts = texts;
    }

    /** Begins to play; the PipelineRun exists. */
    CompletableFuture<Boolean> start() {
        stage.later(80, end, this::begin);
        return end;
    }

    /** What the containers of all tasks have written. */
    List<EmittedLog> emitted() {
        return tasks.stream().map(TaskRunPlay::emitted).flatMap(List::stream).toList();
    }

    private void begin() {
        status.put("startTime", TektonObjects.time(stage.now()));
        condition("Unknown", "Running", "Tasks Completed: 0 (Failed: 0, Cancelled 0), Incomplete: 2, Skipped: 0");
        CompletableFuture<Boolean> build = task("build", TaskRunPlay.Ending.SUCCEEDED, false);
        CompletableFuture<Boolean> test = task("test", ending, false);
        writeStatus();
        stage.then(build.thenCombine(test, Boolean::logicalAnd), end, succeeded -> {
            CompletableFuture<Boolean> report = task("report", TaskRunPlay.Ending.SUCCEEDED, true);
            writeStatus();
            stage.then(report, end, reported -> finish(succeeded && reported));
        });
    }

    private CompletableFuture<Boolean> task(String pipelineTask, TaskRunPlay.Ending taskEnding, boolean isFinally) {
        ObjectNode taskRun = stage.server().create(TektonObjects.taskRun(pipelineRun, pipelineTask, isFinally));
        ArrayNode children = status.withArrayProperty("childReferences");
        children.addObject()
                .put("apiVersion", TektonObjects.API_VERSION)
                .put("kind", "TaskRun")
                .put("name", TektonObjects.metadata(taskRun).get("name").asText())
                .put("pipelineTaskName", pipelineTask);
        TaskRunPlay play = new TaskRunPlay(stage, taskRun, taskEnding, texts);
        tasks.add(play);
        return play.start();
    }

    private void finish(boolean succeeded) {
        status.put("completionTime", TektonObjects.time(stage.now()));
        switch (ending) {
            case FAILED -> condition("False", "Failed", message(1));
            case CANCELLED -> condition("False", "Cancelled", "PipelineRun \"" + reference.name() + "\" was cancelled");
            case TIMED_OUT ->
                condition(
                        "False",
                        "PipelineRunTimeout",
                        "PipelineRun \"" + reference.name() + "\" failed to finish within \"1s\"");
            default -> condition("True", "Succeeded", message(0));
        }
        writeStatus();
        end.complete(succeeded);
    }

    private static String message(int failed) {
        return "Tasks Completed: 3 (Failed: " + failed + ", Cancelled 0), Skipped: 0";
    }

    private void condition(String value, String reason, String message) {
        TektonObjects.condition(status, value, reason, message);
    }

    private void writeStatus() {
        stage.server().patchStatus(reference, status);
    }
}
