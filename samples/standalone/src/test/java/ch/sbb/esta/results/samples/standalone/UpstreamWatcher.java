package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.samples.standalone.UpstreamTables.Summary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Does what the watcher of Tekton Results does with a run, one step at a time, so that it can be ended between any two of them. It works
 * with the run as it is given, which may be old, as what its informer holds may be.
 */
final class UpstreamWatcher {

    static final String PREFIX = "results.tekton.dev/";
    static final String LOG_TYPE = "results.tekton.dev/v1alpha3.Log";

    private static final String MANAGER = "tekton-results-watcher";
    private static final String EVENT_LABEL = "triggers.tekton.dev/triggers-eventid";

    private final UpstreamTables tables;
    private final KubernetesClient client;

    UpstreamWatcher(UpstreamTables tables, KubernetesClient client) {
        this.tables = tables;
        this.client = client;
    }

    /** All that it does with a run in one turn. */
    void reconcile(ObjectNode run) throws SQLException {
        hold(run);
        putResult(run);
        putRecord(run);
        if (hasLog(run)) {
            putLog(run);
        }
        annotate(run);
    }

    /** Puts its finalizer on the run, unless somebody deletes that. */
    void hold(ObjectNode run) {
        if (run.at("/metadata/deletionTimestamp").isMissingNode()) {
            apply(run, MANAGER + "/finalizers", Map.of(), List.of(finalizer(run)));
        }
    }

    static String finalizer(JsonNode run) {
        return PREFIX + run.path("kind").asText().toLowerCase(Locale.ROOT);
    }

    /** Says in annotations where the run is, and whether it is finished. */
    void annotate(ObjectNode run) {
        Map<String, String> annotations = new LinkedHashMap<>();
        annotations.put(PREFIX + "result", namespace(run) + "/results/" + resultName(run));
        annotations.put(PREFIX + "record", recordName(run));
        if (hasLog(run)) {
            annotations.put(PREFIX + "log", namespace(run) + "/results/" + resultName(run) + "/logs/" + logName(run));
        }
        annotations.put(PREFIX + "stored", String.valueOf(isFinished(run)));
        if (isFinished(run) && isOwned(run)) {
            annotations.put(PREFIX + "childReadyForDeletion", "true");
        }
        apply(run, MANAGER, annotations, List.of());
    }

    private void apply(ObjectNode run, String manager, Map<String, String> annotations, List<String> finalizers) {
        GenericKubernetesResource configuration = new GenericKubernetesResourceBuilder()
                .withApiVersion(run.path("apiVersion").asText())
                .withKind(run.path("kind").asText())
                .withNewMetadata()
                .withNamespace(namespace(run))
                .withName(run.at("/metadata/name").asText())
                .withUid(uid(run))
                .withAnnotations(annotations)
                .withFinalizers(finalizers)
                .endMetadata()
                .build();
        GenericKubernetesResource unused = client.resource(configuration)
                .fieldManager(manager)
                .forceConflicts()
                .serverSideApply();
    }

    void putResult(ObjectNode run) throws SQLException {
        Summary summary = isOwned(run)
                ? Summary.NONE
                : new Summary(
                        recordName(run),
                        type(run),
                        text(run, "/status/startTime"),
                        text(run, "/status/completionTime"),
                        isFinished(run) ? 1 : 0);
        tables.putResult(
                namespace(run), resultName(run), run.at("/metadata/name").asText(), summary);
    }

    void putRecord(ObjectNode run) throws SQLException {
        String name = recordName(run);
        tables.putRecord(
                namespace(run), resultName(run), name.substring(name.lastIndexOf('/') + 1), type(run), run.toString());
    }

    private void putLog(ObjectNode run) throws SQLException {
        String data = """
                {"apiVersion":"results.tekton.dev/v1alpha3","kind":"Log","metadata":{"name":"%1$s-log","namespace":"%2$s","uid":"%3$s"},
                 "spec":{"type":"S3","resource":{"kind":"TaskRun","namespace":"%2$s","name":"%1$s","uid":"%4$s"}},
                 "status":{"path":"%2$s/%3$s/%1$s-log","size":4711,"isStored":true}}
                """.formatted(run.at("/metadata/name").asText(), namespace(run), logName(run), uid(run));
        tables.putRecord(namespace(run), resultName(run), logName(run), LOG_TYPE, data);
    }

    private static boolean hasLog(JsonNode run) {
        return isFinished(run) && run.path("kind").asText().equals("TaskRun");
    }

    /** The last segment: as it was annotated, else by event, by owner, by itself. */
    private static String resultName(JsonNode run) {
        String annotated =
                run.at("/metadata/annotations").path(PREFIX + "result").asText();
        if (!annotated.isEmpty()) {
            return annotated.substring(annotated.lastIndexOf('/') + 1);
        }
        String event = run.at("/metadata/labels").path(EVENT_LABEL).asText();
        if (!event.isEmpty()) {
            return event;
        }
        for (JsonNode owner : run.at("/metadata/ownerReferences")) {
            if (owner.path("kind").asText().equals("PipelineRun")) {
                return owner.path("uid").asText();
            }
        }
        return uid(run);
    }

    /** In full. Children inherit the annotation of their PipelineRun, so it is not asked of them. */
    private static String recordName(JsonNode run) {
        String annotated =
                run.at("/metadata/annotations").path(PREFIX + "record").asText();
        return annotated.isEmpty() || isOwned(run)
                ? namespace(run) + "/results/" + resultName(run) + "/records/" + uid(run)
                : annotated;
    }

    private static String logName(JsonNode run) {
        return UUID.nameUUIDFromBytes(("log of " + uid(run)).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    private static String type(JsonNode run) {
        return run.path("apiVersion").asText() + "." + run.path("kind").asText();
    }

    static String uid(JsonNode run) {
        return run.at("/metadata/uid").asText();
    }

    private static String namespace(JsonNode run) {
        return run.at("/metadata/namespace").asText();
    }

    private static boolean isOwned(JsonNode run) {
        return !run.at("/metadata/ownerReferences").isEmpty();
    }

    static boolean isFinished(JsonNode run) {
        return run.at("/status/conditions/0/status").asText().matches("True|False");
    }

    private static @Nullable String text(JsonNode run, String pointer) {
        return run.at(pointer).isTextual() ? run.at(pointer).asText() : null;
    }
}
