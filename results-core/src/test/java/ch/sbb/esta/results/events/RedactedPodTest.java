package ch.sbb.esta.results.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RedactedPodTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final Path CAPTURED = Path.of("../../shared/data/runs");
    private static final String SECRET = "s3cr3t";

    static Stream<Long> seeds() {
        return Stream.concat(
                Stream.of(ThreadLocalRandom.current().nextLong()),
                new Random(23).longs(199).boxed());
    }

    private static String redacted(String json) {
        return new String(RedactedPod.of(json.getBytes(StandardCharsets.UTF_8)).json(), StandardCharsets.UTF_8);
    }

    private static JsonNode tree(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(json, e);
        }
    }

    @Test
    void ofTheEnvironmentStayNamesAndWhereValuesComeFrom() {
        String pod = """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"env":"test"},"annotations":{"team":"a",
                 "kubectl.kubernetes.io/last-applied-configuration":"{}"}},
                 "spec":{"containers":[{"name":"step-a","args":["--env"],"env":[{"name":"A","value":"s3cr3t"},
                  {"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},{"name":"C"}],"envFrom":[{"secretRef":{"name":"t"}}]}],
                  "initContainers":[{"env":[{"name":"D","value":"s3cr3t"}]}],
                  "ephemeralContainers":[{"env":[{"name":"E","value":"s3cr3t"}]}]}}""";
        assertThat(tree(redacted(pod))).isEqualTo(tree("""
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"env":"test"},"annotations":{"team":"a",
                 "results.esta.sbb.ch/removed":"env,kubectl.kubernetes.io/last-applied-configuration"}},
                 "spec":{"containers":[{"name":"step-a","args":["--env"],"env":[{"name":"A"},
                  {"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},{"name":"C"}],"envFrom":[{"secretRef":{"name":"t"}}]}],
                  "initContainers":[{"env":[{"name":"D"}]}],
                  "ephemeralContainers":[{"env":[{"name":"E"}]}]}}"""));
    }

    @Test
    void aPodWithoutAnEnvironmentStaysAsItIs() {
        String pod =
                "{\"metadata\":{\"annotations\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"env\":[{\"name\":\"A\"}]}]}}";
        assertThat(tree(redacted(pod))).isEqualTo(tree(pod));
    }

    @Test
    void copiesOfTheEnvironmentInAnnotationsGoWithThem() {
        String pod = """
                {"metadata":{"annotations":{"json":"{\\"env\\":[{\\"value\\":\\"s3cr3t\\"}]}",
                 "twice":"{\\"spec\\":\\"{\\\\\\"env\\\\\\": [s3cr3t]}\\"}","yaml":"spec:\\nenv:\\n- value: s3cr3t","object":{"env":["s3cr3t"]},
                 "harmless":"environment: test"}},"spec":{}}""";
        assertThat(redacted(pod)).doesNotContain(SECRET).contains("environment: test");
    }

    @Test
    void whatIsNoPodIsRefused() {
        for (String wrong : List.of("[]", "", "{", "{\"a\":1,\"a\":2}")) {
            assertThatThrownBy(() -> redacted(wrong)).isInstanceOf(ResultsException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noValueOfAnEnvironmentSurvivesAnywhereAndNothingElseIsLost(long seed) {
        Random random = new Random(seed);
        ObjectNode pod = MAPPER.createObjectNode().put("kind", "Pod");
        ObjectNode metadata = pod.putObject("metadata").put("uid", "u").put("name", "p");
        metadata.putObject("labels").put("env", "kept-1");
        ObjectNode spec = pod.putObject("spec").put("nodeName", "kept-2");
        for (String list : List.of("containers", "initContainers", "ephemeralContainers", "\ud83d\ude80", "\ud800")) {
            ArrayNode containers = spec.putArray(list);
            for (int i = random.nextInt(3); i >= 0; i--) {
                ObjectNode container = containers.addObject().put("name", "kept-3");
                hostile(random, container, 0);
                container.putObject("lifecycle").putArray("deep").addObject().setAll(environment(random));
            }
        }
        hostile(random, pod.putObject("status").put("phase", "kept-4"), 0);
        if (random.nextBoolean()) {
            pod.setAll(environment(random));
        }
        ObjectNode annotations = metadata.putObject("annotations").put("plain", "kept-5");
        String copy = spec.toString();
        annotations.put("kubectl.kubernetes.io/last-applied-configuration", copy);
        annotations.put(
                "copy",
                random.nextBoolean() ? copy : MAPPER.createArrayNode().add(copy).toString());
        metadata.putObject("managedFields").setAll(environment(random));

        String text = write(pod);
        String result = redacted(text);
        assertThat(text).contains(SECRET);
        assertThat(result).as("seed %d", seed).doesNotContain(SECRET);
        for (int i = 1; i <= 5; i++) {
            assertThat(result).as("seed %d", seed).contains("kept-" + i);
        }
        assertThat(count(result, "kept-3")).as("seed %d", seed).isGreaterThanOrEqualTo(5);
        assertThat(count(result, "kept-name")).as("seed %d", seed).isEqualTo(expectedNames);
        assertThat(redacted(result)).as("seed %d: redacted again", seed).isEqualTo(result);
    }

    /** How many names of variables must be left: those of variables that have the form of one, outside of annotations. */
    private int expectedNames;

    private void hostile(Random random, ObjectNode into, int depth) {
        into.setAll(environment(random));
        if (depth < 3 && random.nextBoolean()) {
            hostile(random, into.putObject("nested"), depth + 1);
        }
    }

    private ObjectNode environment(Random random) {
        ObjectNode holder = MAPPER.createObjectNode();
        String key = List.of("env", "env", "env", "ENV", "Env").get(random.nextInt(5));
        switch (random.nextInt(5)) {
            case 0 -> holder.put(key, SECRET);
            case 1 -> holder.putObject(key).put("value", SECRET).putObject("A").put("value", SECRET);
            case 2 -> holder.putArray(key).add(SECRET).addArray().addObject().put("value", SECRET);
            default -> {
                ArrayNode variables = holder.putArray(key);
                for (int i = random.nextInt(4); i >= 0; i--) {
                    ObjectNode variable = variables.addObject().put("name", "kept-name");
                    expectedNames++;
                    switch (random.nextInt(5)) {
                        case 0 -> variable.put("value", SECRET + "\u0000 \ud800 größe");
                        case 1 -> variable.put("Value", SECRET);
                        case 2 -> variable.putObject("value").put("value", SECRET);
                        case 3 -> variable.put("valueFrom", SECRET);
                        default ->
                            variable.putObject("valueFrom")
                                    .putObject("secretKeyRef")
                                    .put("name", "s");
                    }
                }
            }
        }
        return holder;
    }

    private static String write(JsonNode tree) {
        return new String(JsonTree.write(tree), StandardCharsets.UTF_8);
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    @Test
    void podsOfRealClustersKeepEverythingButTheirValues() throws IOException {
        if (!Files.isDirectory(CAPTURED)) {
            return;
        }
        int pods = 0;
        try (Stream<Path> files = Files.list(CAPTURED)) {
            for (Path file : files.filter(name -> name.getFileName().toString().startsWith("pod-"))
                    .toList()) {
                JsonNode before = tree(Files.readString(file));
                JsonNode after = tree(redacted(Files.readString(file)));
                for (JsonNode container : after.path("spec").path("containers")) {
                    assertThat(container.path("env").findValue("value"))
                            .as(file.toString())
                            .isNull();
                }
                assertThat(after.path("status")).isEqualTo(before.path("status"));
                pods++;
            }
        }
        assertThat(pods).isPositive();
    }
}
