package ch.sbb.esta.results.conversion;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of every conversion, for objects made by chance and for captured ones. */
class RunConversionPropertyTest {

    private static final Path FOLDER = Path.of("../../shared/data/runs");
    private static final List<String> OBJECTS = List.of(
            "spec",
            "status",
            "metadata",
            "annotations",
            "pipelineSpec",
            "taskSpec",
            "pipelineRef",
            "taskRef",
            "stepTemplate",
            "taskRunTemplate",
            "timeouts",
            "podTemplate",
            "taskRuns",
            "runs",
            "labels",
            "own");
    private static final List<String> ARRAYS = List.of(
            "tasks",
            "finally",
            "steps",
            "sidecars",
            "taskRunSpecs",
            "stepOverrides",
            "sidecarOverrides",
            "retriesStatus",
            "taskResults",
            "pipelineResults",
            "resources",
            "cloudEvents",
            "childReferences",
            "params",
            "mine");
    private static final List<String> TEXTS = List.of(
            "name",
            "bundle",
            "kind",
            "resolver",
            "timeout",
            "serviceAccountName",
            "taskServiceAccountName",
            "pipelineTaskName",
            "uid",
            "tty",
            "stdin",
            "unknown");

    private final JsonNodeFactory make = JsonNodeFactory.instance;

    static IntStream seeds() {
        return IntStream.range(0, 400);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void ofObjectsMadeByChance(int seed) {
        Random random = new Random(seed);
        ObjectNode run = make.objectNode()
                .put("apiVersion", "tekton.dev/v1beta1")
                .put("kind", random.nextBoolean() ? "TaskRun" : "PipelineRun");
        for (String member : List.of("metadata", "spec", "status", "own")) {
            if (random.nextInt(8) > 0) {
                run.set(member, value(random, member, 5));
            }
        }
        assertConverted(run);
    }

    private JsonNode value(Random random, String name, int depth) {
        if (random.nextInt(20) == 0) {
            return random.nextBoolean() ? make.nullNode() : make.textNode("odd-" + random.nextInt(99));
        }
        if (OBJECTS.contains(name) && depth > 0) {
            return object(random, depth);
        }
        if (ARRAYS.contains(name) && depth > 0) {
            ArrayNode array = make.arrayNode();
            for (int i = random.nextInt(3); i >= 0; i--) {
                array.add(random.nextInt(15) == 0 ? make.numberNode(random.nextInt()) : object(random, depth));
            }
            return array;
        }
        return make.textNode("text-" + random.nextInt(1000));
    }

    private ObjectNode object(Random random, int depth) {
        ObjectNode object = make.objectNode();
        for (int i = random.nextInt(9); i >= 0; i--) {
            List<String> names = List.of(OBJECTS, ARRAYS, TEXTS).get(random.nextInt(3));
            String name = names.get(random.nextInt(names.size()));
            object.set(name, value(random, name, depth - 1));
        }
        return object;
    }

    @TestFactory
    Stream<DynamicTest> ofCapturedObjects() throws IOException {
        if (!Files.exists(FOLDER)) {
            return Stream.of();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files
                    .filter(file -> file.getFileName().toString().matches("(pipeline|task)run-.*json"))
                    .sorted()
                    .toList()
                    .stream()
                    .filter(file -> read(file).path("apiVersion").asText().equals("tekton.dev/v1beta1"))
                    .map(file -> DynamicTest.dynamicTest(
                            String.valueOf(file.getFileName()), () -> assertConverted((ObjectNode) read(file))));
        }
    }

    private static JsonNode read(Path file) {
        try {
            return JsonTree.read(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertConverted(ObjectNode before) {
        byte[] bytes = RunConversion.toV1(JsonTree.write(before));
        JsonNode after = JsonTree.read(bytes);

        assertThat(RunConversion.toV1(bytes)).as("converted twice").isSameAs(bytes);
        assertThat(after.get("apiVersion").textValue()).isEqualTo("tekton.dev/v1");
        assertThat(after.get("kind")).isEqualTo(before.get("kind"));
        assertThat(withoutAnnotations(after)).as("metadata").isEqualTo(withoutAnnotations(before));
        assertThat(after.get("own")).as("an unknown field").isEqualTo(before.get("own"));
        assertThat(leaves(after)).as("values that are somewhere").containsAll(leaves(before));
    }

    private static JsonNode withoutAnnotations(JsonNode run) {
        JsonNode copy = run.path("metadata").deepCopy();
        if (copy instanceof ObjectNode metadata) {
            metadata.remove("annotations");
        }
        return copy;
    }

    /** Every value that is no object and no array, and what annotations keep. */
    private static Set<String> leaves(JsonNode run) {
        Set<String> leaves = new HashSet<>();
        collect(run, leaves);
        run.at("/metadata/annotations").properties().forEach(annotation -> {
            if (annotation.getKey().equals("tekton.dev/v1beta1.task-deprecations")) {
                byte[] kept = annotation.getValue().textValue().getBytes(StandardCharsets.UTF_8);
                collect(JsonTree.read(kept), leaves);
            } else if (annotation.getKey().startsWith("tekton.dev/v1beta1")) {
                collect(RunConversionTest.unzipped(annotation.getValue()), leaves);
            }
        });
        leaves.remove("\"tekton.dev/v1beta1\"");
        return leaves;
    }

    private static void collect(JsonNode node, Set<String> leaves) {
        if (node.isContainerNode()) {
            node.forEach(child -> collect(child, leaves));
        } else {
            leaves.add(node.toString());
        }
    }
}
