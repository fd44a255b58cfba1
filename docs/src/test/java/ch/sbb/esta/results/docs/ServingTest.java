package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.grpc.server.GrpcResultsServer;
import ch.sbb.esta.results.grpc.server.ResultsServices;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.KubernetesAuthorizer;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryRecordStatistics;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.BindableService;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The programs of the chapter on serving. */
class ServingTest {

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryRecordStatistics statistics = new InMemoryRecordStatistics(store);
    private final InMemoryLogs logs = new InMemoryLogs();

    @Test
    void aStoreIsServed() {
        Authorizer authorizer = Authorizer.allowAll();
        // snippet: services
        ResultsServices services = ResultsServices.builder(store, authorizer)
                .statistics(statistics)
                .logs(logs)
                .logUploads(logs)
                .logDeletion(logs)
                .build();
        // end snippet
        // snippet: own-server
        List<BindableService> forAnOwnServer = services.bindableServices();
        // end snippet
        assertThat(forAnOwnServer).hasSize(3);
        try (GrpcResultsServer server = GrpcResultsServer.builder(services)
                .plaintext()
                .address(new InetSocketAddress("localhost", 0))
                .start()) {
            assertThat(server.port()).isPositive();
        }
    }

    /** Compiled only: it takes a cluster and files. */
    static GrpcResultsServer secured(KubernetesClient client, InMemoryResultsStore store) {
        // snippet: secured
        Authorizer authorizer = new KubernetesAuthorizer(client, FabricConfig.defaults());
        ResultsServices services = ResultsServices.builder(store, authorizer).build();
        GrpcResultsServer server = GrpcResultsServer.builder(services)
                .address(new InetSocketAddress(8080))
                .tls(Path.of("/etc/tls/tls.crt"), Path.of("/etc/tls/tls.key"))
                .start();
        // end snippet
        return server;
    }
}
