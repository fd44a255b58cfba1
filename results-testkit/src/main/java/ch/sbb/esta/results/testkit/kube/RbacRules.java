package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * RBAC as manifests grant it, for {@link KubeApiServer.Builder#authorizer}: whether the permissions that are handed out with a program suffice
 * for it, and which of them it never uses.
 *
 * <p>Every request counts as one of the account that all bindings name. A ClusterRole without a binding grants nothing until {@link #bind} is
 * called. Roles, ClusterRoles, RoleBindings, ClusterRoleBindings, names of resources and {@code *} are understood, aggregated ClusterRoles are
 * refused; documents of other kinds are passed over.
 *
 * <p>Safe for many threads.
 */
public final class RbacRules implements Predicate<KubeRequest> {

    private static final String ANY = "*";

    private final Map<String, JsonNode> roles = new LinkedHashMap<>();
    private final List<Grant> grants = new CopyOnWriteArrayList<>();
    private final Set<String> used = new ConcurrentSkipListSet<>();
    private final Set<String> refused = new ConcurrentSkipListSet<>();

    /** One rule, where it holds; an empty namespace is everywhere. */
    private record Grant(JsonNode rule, String namespace) {

        boolean allows(KubeRequest request) {
            return (namespace.isEmpty() || namespace.equals(request.namespace()))
                    && has("apiGroups", request.group())
                    && has("resources", request.resource())
                    && has("verbs", request.verb())
                    && (!rule.has("resourceNames") || has("resourceNames", request.name()));
        }

        private boolean has(String field, String value) {
            int slash = value.indexOf('/');
            String anySubresource = slash < 0 ? value : ANY + value.substring(slash);
            for (JsonNode entry : rule.path(field)) {
                String text = entry.asText();
                if (text.equals(value) || text.equals(ANY) || text.equals(anySubresource)) {
                    return true;
                }
            }
            return false;
        }
    }

    private RbacRules() {}

    /**
     * Reads manifests.
     *
     * @param manifests YAML, each with one document or several
     * @return the rules that they grant
     * @throws IllegalArgumentException when a text is not YAML, a role is aggregated, or a binding names a role that no manifest has
     */
    public static RbacRules of(String... manifests) {
        RbacRules rules = new RbacRules();
        List<ObjectNode> documents = new ArrayList<>();
        for (String manifest : manifests) {
            documents.addAll(documents(manifest));
        }
        for (ObjectNode document : documents) {
            String kind = document.path("kind").asText();
            if (kind.equals("Role") || kind.equals("ClusterRole")) {
                rules.define(kind, document);
            }
        }
        for (ObjectNode document : documents) {
            String kind = document.path("kind").asText();
            if (kind.equals("RoleBinding") || kind.equals("ClusterRoleBinding")) {
                String namespace = kind.equals("RoleBinding") ? namespace(document) : "";
                JsonNode role = document.path("roleRef");
                String roleKind = role.path("kind").asText();
                rules.grant(key(roleKind, roleKind.equals("Role") ? namespace : "", name(role)), namespace);
            }
        }
        return rules;
    }

    /**
     * Takes YAML apart.
     *
     * @param manifest one document or several
     * @return the documents as JSON, without empty ones
     * @throws IllegalArgumentException when the text is not YAML, or a document is no object
     */
    public static List<ObjectNode> documents(String manifest) {
        List<ObjectNode> documents = new ArrayList<>();
        try (MappingIterator<JsonNode> read =
                new YAMLMapper().readerFor(JsonNode.class).readValues(requireNonNull(manifest, "manifest"))) {
            while (read.hasNextValue()) {
                JsonNode document = read.nextValue();
                if (document instanceof ObjectNode object) {
                    documents.add(object);
                } else if (!document.isNull() && !document.isMissingNode()) {
                    throw new IllegalArgumentException("a document of the manifest is no object: " + document);
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("the manifest is not YAML: " + e.getMessage(), e);
        }
        return documents;
    }

    private static String name(JsonNode node) {
        return node.path("name").asText();
    }

    private static String namespace(JsonNode document) {
        String namespace = document.path("metadata").path("namespace").asText();
        if (namespace.isEmpty()) {
            throw new IllegalArgumentException(
                    document.path("kind").asText() + " " + name(document.path("metadata")) + " names no namespace");
        }
        return namespace;
    }

    private static String key(String kind, String namespace, String name) {
        return kind + " " + namespace + "/" + name;
    }

    private void define(String kind, ObjectNode role) {
        String name = name(role.path("metadata"));
        if (role.has("aggregationRule")) {
            throw new IllegalArgumentException(kind + " " + name + " is aggregated, which is not understood here");
        }
        String key = key(kind, kind.equals("Role") ? namespace(role) : "", name);
        if (roles.put(key, role.path("rules")) != null) {
            throw new IllegalArgumentException(key + " is there twice");
        }
    }

    private void grant(String key, String namespace) {
        JsonNode rules = roles.get(key);
        if (rules == null) {
            throw new IllegalArgumentException("a binding names " + key + ", which is not in the manifests");
        }
        rules.forEach(rule -> grants.add(new Grant(rule, namespace)));
    }

    /**
     * Binds a ClusterRole in the whole cluster, in addition to the bindings of the manifests.
     *
     * @param clusterRole its name
     * @return this
     * @throws IllegalArgumentException when no manifest has it
     */
    public RbacRules bind(String clusterRole) {
        grant(key("ClusterRole", "", requireNonNull(clusterRole, "clusterRole")), "");
        return this;
    }

    /**
     * What was asked for beyond the rules.
     *
     * @return verb, resource, namespace and name of each request that was refused
     */
    public Set<String> refused() {
        return Collections.unmodifiableSet(refused);
    }

    /**
     * What is granted and was never asked for.
     *
     * @return verbs and resources, such as {@code delete taskruns}
     */
    public Set<String> unused() {
        Set<String> unused = new TreeSet<>();
        for (Grant grant : grants) {
            for (JsonNode resource : grant.rule().path("resources")) {
                for (JsonNode verb : grant.rule().path("verbs")) {
                    unused.add(verb.asText() + " " + resource.asText());
                }
            }
        }
        unused.removeAll(used);
        return unused;
    }

    @Override
    public boolean test(KubeRequest request) {
        String text = request.verb() + " " + request.resource();
        for (Grant grant : grants) {
            if (grant.allows(request)) {
                used.add(text);
                return true;
            }
        }
        refused.add(text + " " + request.namespace() + " " + request.name());
        return false;
    }
}
