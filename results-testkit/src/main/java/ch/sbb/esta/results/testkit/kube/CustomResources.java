package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.KubeResource.Trait;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Serves what CustomResourceDefinitions define, and stops when they are deleted
 * ({@code apiextensions-apiserver/pkg/controller/establish} and {@code .../finalizer}).
 */
final class CustomResources {

    private static final String CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

    private final Cluster cluster;
    private final Map<String, StoredObject> pending = new ConcurrentHashMap<>();

    CustomResources(Cluster cluster) {
        this.cluster = cluster;
    }

    void onChange(History.Change change) {
        if (!change.resource().equals(ResourceRegistry.DEFINITIONS)) {
            return;
        }
        if (change.removed()) {
            pending.remove(change.after().uid());
            cluster.registry().remove(resource(change.after().toTree("v1")));
        } else if (!change.after().isDeleting()) {
            pending.put(change.after().uid(), change.after());
        }
    }

    /** Serves new and changed definitions. */
    void settle() {
        for (StoredObject definition : List.copyOf(pending.values())) {
            pending.remove(definition.uid(), definition);
            ObjectNode tree = definition.toTree("v1");
            cluster.registry().register(resource(tree));
            if (!tree.path("status").has("acceptedNames")) {
                cluster.writes().rewrite(Cluster.target(definition), definition.uid(), this::establish);
            }
        }
    }

    private void establish(ObjectNode definition) {
        JsonNode names = definition.path("spec").path("names");
        ObjectNode status = definition.putObject("status");
        status.set("acceptedNames", names.deepCopy());
        ArrayNode conditions = status.putArray("conditions");
        String now = ObjectRules.time(cluster.settings().clock().instant());
        condition(conditions.addObject(), "NamesAccepted", "NoConflicts", now);
        condition(conditions.addObject(), "Established", "InitialNamesAccepted", now);
        ArrayNode stored = status.putArray("storedVersions");
        definition.path("spec").path("versions").forEach(version -> {
            if (version.path("storage").asBoolean()) {
                stored.add(version.path("name").asText());
            }
        });
        Json.child(definition, "metadata").withArray("finalizers").add(CLEANUP);
    }

    private static void condition(ObjectNode condition, String type, String reason, String now) {
        condition
                .put("type", type)
                .put("status", "True")
                .put("reason", reason)
                .put("message", "")
                .put("lastTransitionTime", now);
    }

    /** Deletes the objects of a definition that is being deleted; it goes with the last of them. */
    void tearDown(StoredObject definition) {
        if (!definition.finalizers().contains(CLEANUP)) {
            return;
        }
        KubeResource resource = resource(definition.toTree("v1"));
        List<StoredObject> left =
                new ArrayList<>(cluster.store().snapshot(resource).objects().values());
        for (StoredObject object : left) {
            if (!object.isDeleting()) {
                cluster.writes().delete(Cluster.target(object), new DeleteOptions(-1, object.uid(), "", ""));
            }
        }
        if (left.isEmpty()) {
            cluster.writes()
                    .rewrite(
                            Cluster.target(definition),
                            definition.uid(),
                            tree -> Controllers.removeValue(tree, CLEANUP));
        }
    }

    static KubeResource resource(ObjectNode definition) {
        JsonNode spec = definition.path("spec");
        List<String> versions = new ArrayList<>();
        boolean status = false;
        for (JsonNode version : spec.path("versions")) {
            if (version.path("served").asBoolean()) {
                versions.add(version.path("name").asText());
                status |= version.path("subresources").has("status");
            }
        }
        EnumSet<Trait> traits = EnumSet.noneOf(Trait.class);
        if (spec.path("scope").asText().equals("Namespaced")) {
            traits.add(Trait.NAMESPACED);
        }
        if (status) {
            traits.add(Trait.STATUS);
        }
        JsonNode names = spec.path("names");
        List<String> shortNames = new ArrayList<>();
        names.path("shortNames").forEach(name -> shortNames.add(name.asText()));
        return KubeResource.custom(
                        spec.path("group").asText(),
                        names.path("plural").asText(),
                        names.path("kind").asText(),
                        versions,
                        traits)
                .shortNamed(shortNames.toArray(String[]::new));
    }
}
