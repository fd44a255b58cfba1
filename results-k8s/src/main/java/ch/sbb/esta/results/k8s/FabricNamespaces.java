package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.Namespaces;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.Objects;

/**
 * The namespaces of a cluster through the HTTP client of fabric8. Needs the permission to {@code get} namespaces. Thread-safe; the client
 * that is handed in is not closed.
 */
public final class FabricNamespaces implements Namespaces {

    private static final JsonMapper MAPPER = JsonMapper.builder(RawJson.FACTORY).build();

    private final ApiRequests requests;

    /**
     * Creates the adapter; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config how long a request may take
     */
    public FabricNamespaces(KubernetesClient client, FabricConfig config) {
        this.requests = new ApiRequests(Objects.requireNonNull(client, "client"), config);
    }

    @Override
    public boolean isTerminating(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        try {
            JsonNode found = MAPPER.readTree(
                    requests.get(ApiPath.of(ClusterObjects.NAMESPACE, "").segment(namespace)));
            return found.path("metadata").hasNonNull("deletionTimestamp")
                    || found.path("status").path("phase").asText().equals("Terminating");
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                return true;
            }
            throw e.about("namespace " + namespace);
        } catch (IOException e) {
            throw new ResultsException(Code.INTERNAL, "the API server's answer about a namespace is not JSON", e);
        }
    }
}
