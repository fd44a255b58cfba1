package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A run of the contracts of a store. Texts are parts of JSON strings and may hold escapes such as {@code \}{@code u0000}.
 *
 * @param kind kind and, with a slash before it, apiVersion
 * @param uid the UID
 * @param version the resourceVersion
 * @param succeeded status of the condition {@code Succeeded}; empty for a run without conditions
 * @param note a text in the spec, by which versions differ
 * @param metadata further members of {@code metadata}, as JSON text
 */
record SampleRun(String kind, String uid, String version, String succeeded, String note, Map<String, String> metadata) {

    static final String NAMESPACE = "ci";

    static SampleRun pipelineRun(String uid) {
        return new SampleRun("PipelineRun", uid, "1", "Unknown", "", Map.of());
    }

    static SampleRun taskRun(String uid) {
        return new SampleRun("TaskRun", uid, "1", "Unknown", "", Map.of());
    }

    SampleRun version(String resourceVersion) {
        return new SampleRun(kind, uid, resourceVersion, succeeded, note, metadata);
    }

    SampleRun succeeded(String status) {
        return new SampleRun(kind, uid, version, status, note, metadata);
    }

    SampleRun note(String text) {
        return new SampleRun(kind, uid, version, succeeded, text, metadata);
    }

    SampleRun ownedBy(String pipelineRunUid) {
        return with(
                "ownerReferences",
                "[{\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"PipelineRun\",\"name\":\"p\",\"uid\":\"%s\"}]"
                        .formatted(pipelineRunUid));
    }

    SampleRun annotations(Map<String, String> annotations) {
        return with("annotations", object(annotations));
    }

    SampleRun labels(Map<String, String> labels) {
        return with("labels", object(labels));
    }

    SampleRun with(String member, String json) {
        Map<String, String> more = new TreeMap<>(metadata);
        more.put(member, json);
        return new SampleRun(kind, uid, version, succeeded, note, more);
    }

    private static String object(Map<String, String> texts) {
        return new TreeMap<>(texts)
                .entrySet().stream()
                        .map(entry -> "\"" + entry.getKey() + "\":\"" + entry.getValue() + "\"")
                        .collect(Collectors.joining(",", "{", "}"));
    }

    byte[] json() {
        String more = metadata.entrySet().stream()
                .map(member -> ",\"" + member.getKey() + "\":" + member.getValue())
                .collect(Collectors.joining());
        String conditions = succeeded.isEmpty()
                ? ""
                : "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"%s\",\"reason\":\"R\"}],".formatted(succeeded);
        return """
                {"apiVersion":"tekton.dev/v1","kind":"%s",
                 "metadata":{"namespace":"%s","name":"run-%s","uid":"%s","resourceVersion":"%s"%s},
                 "spec":{"note":"%s","n":1.50},
                 "status":{%s"startTime":"2026-03-01T10:00:00Z","completionTime":"2026-03-01T10:05:00.123456789Z"}}
                """.formatted(kind, NAMESPACE, uid, uid, version, more, note, conditions)
                .getBytes(StandardCharsets.UTF_8);
    }

    RunSnapshot snapshot() {
        return RunSnapshot.parse(json());
    }

    RunPlacement placed() {
        return ResultNaming.defaults().place(snapshot());
    }

    RunPlacement placedAsLiveRead() {
        return ResultNaming.defaults().place(snapshot().asLiveRead());
    }
}
