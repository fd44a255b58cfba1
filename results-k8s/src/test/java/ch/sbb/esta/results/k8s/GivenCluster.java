package ch.sbb.esta.results.k8s;

import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.testkit.ClusterDriver;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Somebody's cluster, which KUBECONFIG names: nothing is done there but in namespaces that one test makes and removes. Where Tekton runs, its
 * webhooks pass these namespaces over, and its controllers runs that say somebody else works on them.
 */
final class GivenCluster implements ClusterDriver, AutoCloseable {

    /** As the environment variable, for tests that start a cluster of their own. */
    static final String KUBECONFIG = "kubeconfig";

    static final String LABEL = "results.esta.sbb.ch/test";

    private static final String MANAGED_BY = "results.esta.sbb.ch/test";
    private static final RunKind NAMESPACE = new RunKind("v1", "Namespace");
    private static final RunKind DEFINITION = new RunKind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    private static final List<RunKind> KINDS = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN);
    private static final String EXTRA_PLURAL = "deliveries";
    private static final String EXTRA_DEFINITION =
            """
            {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
             "metadata": {"name": "%1$s.%2$s", "labels": {"%3$s": "true"}},
             "spec": {"group": "%2$s", "scope": "Namespaced",
              "names": {"plural": "%1$s", "singular": "delivery", "kind": "%4$s", "listKind": "%4$sList"},
              "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
               "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}
            """.formatted(EXTRA_PLURAL, "example.dev", LABEL, ClusterDriver.EXTRA_KIND.kind());

    private final String suffix =
            "-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
    private final List<RunKind> kinds = new ArrayList<>(KINDS);
    private final TreeSet<String> namespaces = new TreeSet<>();
    private final KubernetesClient client;
    private final ApiRequests requests;

    private GivenCluster(KubernetesClient client) {
        this.client = client;
        this.requests = new ApiRequests(client, FabricConfig.defaults());
    }

    static GivenCluster open() {
        String named = System.getProperty(KUBECONFIG, System.getenv().getOrDefault("KUBECONFIG", ""));
        if (Arrays.stream(named.split(File.pathSeparator, -1))
                .noneMatch(file -> !file.isBlank() && Files.isReadable(Path.of(file)))) {
            throw new IllegalStateException("KUBECONFIG names no file that can be read: \"" + named
                    + "\"; set it to the kubeconfig of a cluster");
        }
        return open(Config.autoConfigure(null));
    }

    static GivenCluster open(Config config) {
        GivenCluster cluster = new GivenCluster(HttpStack.JDK.connect(config));
        try {
            KINDS.forEach(cluster::requireServed);
        } catch (RuntimeException e) {
            cluster.client.close();
            throw e;
        }
        return cluster;
    }

    private void requireServed(RunKind kind) {
        try {
            requests.get(ApiPath.of(kind, "default").query("limit", "1"));
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                throw new IllegalStateException(
                        "the cluster at " + client.getMasterUrl() + " does not serve " + kind.kind() + " of "
                                + kind.apiVersion()
                                + ": install the CustomResourceDefinitions of Tekton Pipelines there; Tekton itself is not needed",
                        e);
            }
            throw e.about("the cluster at " + client.getMasterUrl());
        }
    }

    KubernetesClient client() {
        return client;
    }

    ApiRequests requests() {
        return requests;
    }

    /** Defines the extra kind of the contracts where it is not defined. It stays: other tests may use it at the same time. */
    GivenCluster withExtraKind() {
        RunKind kind = ClusterDriver.EXTRA_KIND;
        ApiPath list = ApiPath.of(kind, "default", EXTRA_PLURAL).query("limit", "1");
        if (find(list).isEmpty()) {
            try {
                requests.create(ApiPath.of(DEFINITION, ""), EXTRA_DEFINITION);
            } catch (ResultsException e) {
                if (e.code() != Code.ALREADY_EXISTS) {
                    throw e.about("the definition of " + kind);
                }
            }
            await("the cluster serves " + kind)
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> find(list).isPresent());
        }
        kinds.add(kind);
        return this;
    }

    /** The name of a namespace of this test only. */
    String namespace(String name) {
        return name + suffix;
    }

    /** Looks at these namespaces of this test and at nothing else. */
    FabricConfig.Builder config(String... names) {
        return FabricConfig.builder()
                .namespaces(Arrays.stream(names).map(this::namespace).toArray(String[]::new))
                .runs(RunFilter.all().withManagedBy(MANAGED_BY));
    }

    /** Makes a namespace of this test unless it is there, and returns its name. */
    synchronized String ensure(String namespace) {
        if (!namespace.endsWith(suffix)) {
            throw new IllegalArgumentException(namespace + " is not a namespace of this test");
        }
        if (!namespaces.contains(namespace)) {
            ObjectNode made = TestCluster.object("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\"}");
            ObjectNode metadata = made.putObject("metadata").put("name", namespace);
            metadata.putObject("labels").put(LABEL, "true").put("webhooks.knative.dev/exclude", "true");
            requests.create(ApiPath.of(NAMESPACE, ""), text(made));
            namespaces.add(namespace);
        }
        return namespace;
    }

    @Override
    public RunSnapshot put(byte[] json) {
        ObjectNode run = (ObjectNode) TestCluster.tree(json);
        RunKind kind = kind(run);
        if (kind.isTekton() && !kind.equals(RunKind.CUSTOM_RUN)) {
            run.withObjectProperty("spec").put("managedBy", MANAGED_BY);
        }
        byte[] kept = put(kind, run);
        if (run.has("status")) {
            ObjectNode whole = (ObjectNode) TestCluster.tree(kept);
            whole.set("status", run.get("status"));
            kept = requests.replace(path(kind, run).segment("status"), text(whole));
        }
        return RunSnapshot.parse(kept);
    }

    /** Creates an object, or replaces it without its status where that has a path of its own. */
    private byte[] put(RunKind kind, ObjectNode object) {
        String namespace = ensure(object.at("/metadata/namespace").asText());
        Optional<JsonNode> before = find(path(kind, object));
        if (before.isEmpty()) {
            return requests.create(of(kind, namespace), text(object));
        }
        object.withObjectProperty("metadata")
                .set("resourceVersion", before.get().at("/metadata/resourceVersion"));
        return requests.replace(path(kind, object), text(object));
    }

    /** Makes an object as it is given; its namespace is made where needed. */
    ObjectNode create(ObjectNode object) {
        String namespace = ensure(object.at("/metadata/namespace").asText());
        return (ObjectNode) TestCluster.tree(requests.create(of(kind(object), namespace), text(object)));
    }

    void patchStatus(RunKey run, ObjectNode status) {
        ObjectNode patch = TestCluster.object("{}");
        patch.set("status", status);
        requests.mergePatch(path(run).segment("status"), text(patch));
    }

    Optional<JsonNode> find(RunKey run) {
        return find(path(run));
    }

    Optional<JsonNode> find(ApiPath path) {
        try {
            return Optional.of(TestCluster.tree(requests.get(path)));
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public void delete(RunKey run) {
        delete(path(run));
    }

    void deleteNamespace(String namespace) {
        delete(ApiPath.of(NAMESPACE, "").segment(namespace));
    }

    Optional<JsonNode> findNamespace(String namespace) {
        return find(ApiPath.of(NAMESPACE, "").segment(namespace));
    }

    private void delete(ApiPath path) {
        try {
            requests.delete(path, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}");
        } catch (ResultsException e) {
            if (e.code() != Code.NOT_FOUND) {
                throw e;
            }
        }
    }

    @Override
    public void forget() {
        throw new UnsupportedOperationException(
                "nobody can make this cluster forget: leave out the tests that are tagged faults");
    }

    private static RunKind kind(JsonNode object) {
        return new RunKind(
                object.path("apiVersion").asText(), object.path("kind").asText());
    }

    private static ApiPath path(RunKind kind, JsonNode object) {
        return of(kind, object.at("/metadata/namespace").asText())
                .segment(object.at("/metadata/name").asText());
    }

    private static ApiPath path(RunKey run) {
        return of(run.kind(), run.namespace()).segment(run.name());
    }

    private static ApiPath of(RunKind kind, String namespace) {
        return kind.equals(ClusterDriver.EXTRA_KIND)
                ? ApiPath.of(kind, namespace, EXTRA_PLURAL)
                : ApiPath.of(kind, namespace);
    }

    private static String text(JsonNode object) {
        return new String(TestCluster.bytes(object), StandardCharsets.UTF_8);
    }

    /** Removes the namespaces; nothing in them may be held, because nobody would let it go. */
    @Override
    public synchronized void close() {
        try (client) {
            for (String namespace : namespaces) {
                kinds.forEach(kind -> letGo(kind, namespace));
                deleteNamespace(namespace);
            }
        }
    }

    private void letGo(RunKind kind, String namespace) {
        for (JsonNode run : TestCluster.tree(requests.get(of(kind, namespace))).path("items")) {
            if (run.path("metadata").has("finalizers")) {
                ApiPath path =
                        of(kind, namespace).segment(run.at("/metadata/name").asText());
                requests.mergePatch(path, "{\"metadata\":{\"finalizers\":null}}");
            }
        }
    }
}
