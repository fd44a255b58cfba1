package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.copy.CopyComparison;
import ch.sbb.esta.results.copy.CopyReport;
import ch.sbb.esta.results.copy.RemoteCopy;
import ch.sbb.esta.results.grpc.GrpcConnection;
import ch.sbb.esta.results.grpc.GrpcLogsClient;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsClient;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.grpc.Impersonation;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsReader;
import io.grpc.Channel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on gRPC. */
class GrpcTest {

    @Test
    void aStoreIsOpenedOverTls(@TempDir Path folder) throws Exception {
        Path authority = Files.writeString(folder.resolve("ca.crt"), "nothing");
        Quarantine quarantine = new InMemoryResultsStore(InstantSource.system());

        assertThatThrownBy(() -> open(authority, quarantine))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("malformed");
    }

    private static void open(Path authority, Quarantine quarantine) {
        // snippet: open
        GrpcOptions options = GrpcOptions.builder()
                .bearerTokenFile(Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token"))
                .build();
        try (GrpcConnection connection = GrpcConnection.builder("tekton-results-api-service.tekton-pipelines.svc:8080")
                .trusting(authority)
                .open()) {
            GrpcResultsStore store =
                    new GrpcResultsStore(connection.channel(), options, quarantine, InstantSource.system());
            System.out.println(store.findResult(ResultName.parse("shop/results/0b7f")));
        }
        // end snippet
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        assertThat(options().toString()).contains("impersonation=user");
        try (GrpcConnection connection =
                GrpcConnection.builder("localhost:1").insecure().open()) {
            assertThatThrownBy(() -> logs(connection.channel(), GrpcOptions.defaults()))
                    .isInstanceOfSatisfying(
                            ResultsException.class,
                            e -> assertThat(e.code()).isEqualTo(ResultsException.Code.UNAVAILABLE));
            assertThatThrownBy(() -> part(new GrpcResultsClient(connection.channel(), GrpcOptions.defaults())))
                    .isInstanceOf(ResultsException.class);
        }
    }

    private static GrpcOptions options() {
        // snippet: options
        GrpcOptions options = GrpcOptions.builder()
                .bearerTokenFile(Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token"))
                .impersonate(Impersonation.of("alice").group("shop-developers"))
                .callTimeout(Duration.ofSeconds(5))
                .listTimeout(Duration.ofMinutes(2))
                .logTimeout(Duration.ofMinutes(30))
                .build();
        // end snippet
        return options;
    }

    private static void part(GrpcResultsClient client) {
        // snippet: part
        GrpcResultsClient names = client.withDataFields(List.of("metadata.name", "status.completionTime"));
        System.out.println(
                names.findRecord(ResultName.parse("shop/results/0b7f").record("0b7f")));
        // end snippet
    }

    private static void logs(Channel channel, GrpcOptions options) throws IOException {
        // snippet: logs
        GrpcLogsClient logs = new GrpcLogsClient(channel, options);
        LogName name = LogName.parse("shop/results/0b7f/logs/19aa");
        try (InputStream text = logs.open(name)) {
            text.transferTo(System.out);
        }
        // end snippet
        long unused = logs.upload(name, new ByteArrayInputStream(new byte[0]));
    }

    @Test
    void aServerIsCopied(@TempDir Path folder) {
        InMemoryResultsStore remote = new InMemoryResultsStore(InstantSource.system());
        String run = """
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "run", "namespace": "shop", "uid": "0b7f"}, "status": {}}
                """;
        var unused = remote.archive(
                List.of(ResultNaming.defaults().place(RunSnapshot.parse(run.getBytes(StandardCharsets.UTF_8)))));

        assertThat(copied(remote, new InMemoryLogs(), folder.resolve("position")))
                .isTrue();
    }

    private static boolean copied(ResultsReader remote, LogSource remoteLogs, Path positionFile) {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        InMemoryLogs logs = new InMemoryLogs();
        // snippet: copy
        RemoteCopy copy = RemoteCopy.builder(remote, store)
                .logs(remoteLogs, logs)
                .logRecords(new LogRecords(store, store, logs, "S3")::refresh)
                .positionFile(positionFile)
                .listener(System.out::println)
                .build();

        CopyReport report = copy.run();
        report.leftBehind().forEach(System.out::println);
        CopyComparison comparison = copy.compare();
        // end snippet
        return comparison.isSame();
    }
}
