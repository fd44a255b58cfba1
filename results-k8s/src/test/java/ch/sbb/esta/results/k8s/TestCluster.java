package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;

/** The kit's API server, a client of fabric8 that talks to it, and what changes its objects beside that client. */
final class TestCluster implements ClusterDriver, AutoCloseable {

    private static final JsonMapper MAPPER = JsonMapper.builder(RawJson.FACTORY)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** What the extra kind of the contracts is served as. */
    private static final KubeResource DELIVERIES =
            KubeResource.namespaced("example.dev", "deliveries", ClusterDriver.EXTRA_KIND.kind(), "v1beta1", "v1");

    private final KubeApiServer server;
    private final FaultProxy network;
    private final KubernetesClient client;
    private final AtomicInteger forgotten = new AtomicInteger();

    private TestCluster(KubeApiServer server, FaultProxy network, KubernetesClient client) {
        this.server = server;
        this.network = network;
        this.client = client;
    }

    static TestCluster start(HttpStack stack, KubeApiServer.Builder builder) {
        KubeApiServer server = builder.resource(DELIVERIES).start();
        FaultProxy network = FaultProxy.to("127.0.0.1", server.port());
        return new TestCluster(server, network, stack.connect(kubeconfig(server, network)));
    }

    private static String kubeconfig(KubeApiServer server, FaultProxy network) {
        return server.kubeconfig().replace("127.0.0.1:" + server.port(), "127.0.0.1:" + network.port());
    }

    KubeApiServer server() {
        return server;
    }

    /** What lies between the client and the server. */
    FaultProxy network() {
        return network;
    }

    KubernetesClient client() {
        return client;
    }

    @Override
    public RunSnapshot put(byte[] json) {
        ObjectNode object = (ObjectNode) tree(json);
        KubeReference reference = KubeReference.of(object);
        server.ensureNamespace(reference.namespace());
        ObjectNode kept = server.find(reference)
                .map(before -> {
                    ((ObjectNode) object.get("metadata"))
                            .set("resourceVersion", before.path("metadata").get("resourceVersion"));
                    return server.update(object);
                })
                .orElseGet(() -> server.create(object));
        if (object.has("status")) {
            kept.set("status", object.get("status"));
            kept = server.updateStatus(kept);
        }
        return RunSnapshot.parse(bytes(kept));
    }

    @Override
    public void delete(RunKey run) {
        server.delete(reference(run));
    }

    @Override
    public void forget() {
        // While nobody is connected, so that no bookmark tells a watch the version from which it may go on.
        network.refuse();
        network.cut();
        server.ensureNamespace("forgotten-" + forgotten.incrementAndGet());
        server.forgetHistory();
        network.accept();
    }

    static KubeReference reference(RunKey run) {
        return new KubeReference(run.kind().apiVersion(), run.kind().kind(), run.namespace(), run.name());
    }

    static JsonNode tree(byte[] json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ObjectNode object(String json) {
        try {
            return (ObjectNode) MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        client.close();
        network.close();
        server.close();
    }
}
