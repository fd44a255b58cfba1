package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.KubeResource.Trait;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The documents by which clients find out what is served (API concepts, "API discovery": the unaggregated form). */
final class Discovery {

    private static final List<String> VERBS =
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");

    private final ResourceRegistry registry;

    Discovery(ResourceRegistry registry) {
        this.registry = registry;
    }

    Optional<ObjectNode> find(List<String> parts) {
        return switch (String.join("/", parts)) {
            case "version" -> Optional.of(version());
            case "api" -> Optional.of(coreVersions());
            case "apis" -> Optional.of(groups());
            case "api/v1" -> Optional.of(resources("", "v1"));
            case "apis/" + EventShape.GROUP ->
                Optional.of(group(EventShape.GROUP, Set.of("v1"))
                        .put("kind", "APIGroup")
                        .put("apiVersion", "v1"));
            case "apis/" + EventShape.VERSION -> Optional.of(events());
            default -> inGroup(parts);
        };
    }

    private Optional<ObjectNode> inGroup(List<String> parts) {
        if (parts.isEmpty() || !parts.get(0).equals("apis") || parts.size() > 3) {
            return Optional.empty();
        }
        if (parts.size() == 2) {
            Set<String> versions = versions(parts.get(1));
            return versions.isEmpty()
                    ? Optional.empty()
                    : Optional.of(group(parts.get(1), versions)
                            .put("kind", "APIGroup")
                            .put("apiVersion", "v1"));
        }
        return registry.serves(parts.get(1), parts.get(2))
                ? Optional.of(resources(parts.get(1), parts.get(2)))
                : Optional.empty();
    }

    private static ObjectNode version() {
        return Json.object()
                .put("major", "1")
                .put("minor", "32")
                .put("gitVersion", "v1.32.0+results-testkit")
                .put("gitCommit", "")
                .put("gitTreeState", "clean")
                .put("buildDate", "2026-01-01T00:00:00Z")
                .put("goVersion", "none")
                .put("compiler", "javac")
                .put("platform", "jvm");
    }

    private static ObjectNode coreVersions() {
        ObjectNode versions = Json.object().put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        versions.putArray("serverAddressByClientCIDRs");
        return versions;
    }

    private ObjectNode groups() {
        ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = list.putArray("groups");
        Set<String> names = new TreeSet<>();
        registry.all().forEach(resource -> names.add(resource.group()));
        names.remove("");
        names.forEach(name -> groups.add(group(name, versions(name))));
        groups.add(group(EventShape.GROUP, Set.of("v1")));
        return list;
    }

    private Set<String> versions(String group) {
        Set<String> versions = new LinkedHashSet<>();
        registry.all().stream()
                .filter(resource -> resource.group().equals(group))
                .forEach(resource -> versions.addAll(resource.versions()));
        return versions;
    }

    private static ObjectNode group(String name, Set<String> versions) {
        ObjectNode group = Json.object().put("name", name);
        ArrayNode list = group.putArray("versions");
        versions.forEach(version -> entry(list.addObject(), name, version));
        entry(group.putObject("preferredVersion"), name, versions.iterator().next());
        return group;
    }

    private static void entry(ObjectNode node, String group, String version) {
        node.put("groupVersion", group + "/" + version).put("version", version);
    }

    /** The other face of the events of the core group. */
    private static ObjectNode events() {
        ObjectNode list = resourceList(EventShape.VERSION);
        ObjectNode entry = entry(ResourceRegistry.EVENTS, "events", VERBS).put("singularName", "event");
        entry.putArray("shortNames").add("ev");
        list.putArray("resources").add(entry);
        return list;
    }

    private static ObjectNode resourceList(String groupVersion) {
        return Json.object()
                .put("kind", "APIResourceList")
                .put("apiVersion", "v1")
                .put("groupVersion", groupVersion);
    }

    private ObjectNode resources(String group, String version) {
        ObjectNode list = resourceList(group.isEmpty() ? version : group + "/" + version);
        ArrayNode resources = list.putArray("resources");
        for (KubeResource resource : registry.all()) {
            if (resource.group().equals(group) && resource.versions().contains(version)) {
                ObjectNode entry = entry(resource, resource.plural(), VERBS);
                entry.put("singularName", resource.singular());
                resource.shortNames().forEach(entry.withArray("shortNames")::add);
                resources.add(entry);
                if (resource.is(Trait.STATUS)) {
                    resources.add(entry(resource, resource.plural() + "/status", List.of("get", "patch", "update")));
                }
                if (resource.equals(ResourceRegistry.PODS)) {
                    resources.add(entry(resource, "pods/log", List.of("get")));
                }
            }
        }
        return list;
    }

    private static ObjectNode entry(KubeResource resource, String name, List<String> verbs) {
        ObjectNode entry = Json.object()
                .put("name", name)
                .put("singularName", "")
                .put("namespaced", resource.isNamespaced())
                .put("kind", resource.kind());
        verbs.forEach(entry.withArray("verbs")::add);
        return entry;
    }
}
