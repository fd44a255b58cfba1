package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

/** Makes runs to archive: captured ones with other names, UIDs and times, or made-up ones of the same size where none were captured. */
final class Runs {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final Path CAPTURED = Path.of("../shared/data/runs");
    private static final int TASK_RUNS = 4;
    private static final int LARGEST_TEMPLATE = 60_000;

    private final List<ObjectNode> pipelineRuns;
    private final List<ObjectNode> taskRuns;
    private final Random random = new Random(20261120);
    private long version = 1_000_000;

    private Runs(List<ObjectNode> pipelineRuns, List<ObjectNode> taskRuns) {
        this.pipelineRuns = pipelineRuns;
        this.taskRuns = taskRuns;
    }

    static Runs load() throws IOException {
        List<ObjectNode> templates = new ArrayList<>();
        if (Files.isDirectory(CAPTURED)) {
            try (Stream<Path> files = Files.list(CAPTURED)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".json"))
                        .sorted()
                        .toList()) {
                    JsonNode node = MAPPER.readTree(Files.readAllBytes(file));
                    if (node instanceof ObjectNode object && Files.size(file) < LARGEST_TEMPLATE) {
                        templates.add(object);
                    }
                }
            }
        }
        List<ObjectNode> pipelineRuns = ofKind(templates, "PipelineRun");
        List<ObjectNode> taskRuns = ofKind(templates, "TaskRun");
        return new Runs(
                pipelineRuns.isEmpty() ? List.of(madeUp("PipelineRun", 12_000)) : pipelineRuns,
                taskRuns.isEmpty() ? List.of(madeUp("TaskRun", 8_000)) : taskRuns);
    }

    private static List<ObjectNode> ofKind(List<ObjectNode> templates, String kind) {
        return templates.stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .filter(object -> object.path("apiVersion").asText().equals("tekton.dev/v1"))
                .filter(object -> object.path("status").path("completionTime").isTextual())
                .toList();
    }

    private static ObjectNode madeUp(String kind, int bytes) {
        ObjectNode run =
                MAPPER.createObjectNode().put("apiVersion", "tekton.dev/v1").put("kind", kind);
        run.putObject("metadata").putObject("labels").put("tekton.dev/pipeline", "build");
        ObjectNode parameters = run.putObject("spec").putObject("parameters");
        for (int i = 0; i < bytes / 60; i++) {
            parameters.put("parameter-" + i, "value " + i + " of a parameter like others");
        }
        ObjectNode status = run.putObject("status");
        status.putArray("conditions")
                .addObject()
                .put("type", "Succeeded")
                .put("status", "True")
                .put("reason", "Succeeded");
        return run;
    }

    /** Makes so many runs: PipelineRuns, each followed by its TaskRuns. */
    List<RunPlacement> make(int count) {
        return make(count, "");
    }

    /** The same in one namespace; where that is empty, in several. */
    List<RunPlacement> make(int count, String namespace) {
        List<RunPlacement> runs = new ArrayList<>(count);
        while (runs.size() < count) {
            ObjectNode pipelineRun = copy(pipelineRuns.get(random.nextInt(pipelineRuns.size())), "pr");
            inNamespace(pipelineRun, namespace);
            runs.add(place(pipelineRun));
            for (int i = 0; i < TASK_RUNS && runs.size() < count; i++) {
                ObjectNode taskRun = copy(taskRuns.get(random.nextInt(taskRuns.size())), "tr");
                inNamespace(taskRun, namespace);
                JsonNode owner = pipelineRun.get("metadata");
                taskRun.withObject("/metadata")
                        .putArray("ownerReferences")
                        .addObject()
                        .put("apiVersion", "tekton.dev/v1")
                        .put("kind", "PipelineRun")
                        .put("name", owner.get("name").asText())
                        .put("uid", owner.get("uid").asText());
                runs.add(place(taskRun));
            }
        }
        return runs;
    }

    private static void inNamespace(ObjectNode run, String namespace) {
        if (!namespace.isEmpty()) {
            run.withObject("/metadata").put("namespace", namespace);
        }
    }

    private ObjectNode copy(ObjectNode template, String prefix) {
        ObjectNode run = template.deepCopy();
        Instant start = Instant.parse("2026-10-01T00:00:00Z").plusSeconds(random.nextInt(30 * 24 * 3600));
        ObjectNode metadata = run.withObject("/metadata");
        metadata.remove(List.of("annotations", "ownerReferences"));
        String uid = new UUID(random.nextLong(), random.nextLong()).toString();
        metadata.put("uid", uid)
                .put("name", prefix + "-" + uid)
                .put("namespace", "team-" + random.nextInt(20))
                .put("resourceVersion", Long.toString(version++))
                .put("creationTimestamp", start.toString());
        run.withObject("/status")
                .put("startTime", start.toString())
                .put(
                        "completionTime",
                        start.plusSeconds(10 + random.nextInt(900)).toString());
        return run;
    }

    private static RunPlacement place(ObjectNode run) {
        try {
            return ResultNaming.defaults().place(RunSnapshot.parse(MAPPER.writeValueAsBytes(run)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
