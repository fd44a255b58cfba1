package ch.sbb.esta.results.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.logs.BlobRoutes;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.LogView;
import ch.sbb.esta.results.logs.RoutedBlobStore;
import ch.sbb.esta.results.logs.RunLogs;
import ch.sbb.esta.results.logs.SecretRedaction;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3BlobStoreConfig.Encryption;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/** The programs of the chapter on logs. */
class LogsTest {

    @TempDir
    private Path directory;

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final OutputStream out = bytes;

    @Test
    void logsAreShown() throws IOException {
        try (SegmentedLogs logs = open(new FileSystemBlobStore(directory.resolve("blobs")))) {
            ContainerLogId id = new ContainerLogId("shop", "t1", "pod-1", "step-build", 0);
            LogWriter writer = logs.open(id);
            for (int i = 0; i < 200; i++) {
                writer.beginLine(Instant.parse("2026-03-01T10:00:00Z").plusSeconds(i));
                byte[] line = ("line " + i + "\n").getBytes(UTF_8);
                writer.append(line, 0, line.length);
            }
            writer.seal();

            // snippet: view
            LogView view = new LogView(logs);
            Set<LogAnnotation> annotations = EnumSet.of(LogAnnotation.TIMESTAMPS, LogAnnotation.MARKERS);
            try (InputStream text = view.open(id, LogSelection.last(100), annotations)) {
                text.transferTo(out);
            }
            // end snippet
            assertThat(bytes.toString(UTF_8)).startsWith("2026-03-01T10:01:40.000000000Z line 100\n");
            bytes.reset();

            // snippet: follow
            try (InputStream text = view.follow(id, LogSelection.last(10), EnumSet.noneOf(LogAnnotation.class))) {
                text.transferTo(out);
            }
            // end snippet
            assertThat(bytes.toString(UTF_8)).startsWith("line 190\n").endsWith("line 199\n");
            bytes.reset();

            RecordName taskRun = archive();
            // snippet: runs
            RunLogs runs = new RunLogs(store, logs);
            try (InputStream text = runs.openTaskRun(taskRun, annotations)) {
                text.transferTo(out);
            }
            // end snippet
            assertThat(bytes.toString(UTF_8)).startsWith("==> build / step-build <==\n");
        }
    }

    private RecordName archive() {
        RunPlacement placed =
                ResultNaming.defaults().place(RunReading.of("""
                        {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                         "metadata": {"namespace": "shop", "name": "build", "uid": "t1", "resourceVersion": "1"},
                         "status": {"conditions": [{"type": "Succeeded", "status": "True"}]}}
                        """.getBytes(UTF_8)).orElseThrow());
        store.archive(List.of(placed));
        return placed.record();
    }

    private SegmentedLogs open(BlobStore blobs) {
        Path spool = directory.resolve("spool");
        // snippet: store-config
        LogStoreConfig config = LogStoreConfig.builder()
                .segmentBytes(4 << 20)
                .segmentAge(Duration.ofSeconds(10))
                .spoolDirectory(spool)
                .spoolBytes(1L << 30)
                .build();
        SegmentedLogs logs = new SegmentedLogs(blobs, config);
        // end snippet
        return logs;
    }

    @Test
    void aTenantHasABucketOfItsOwn() {
        try (S3Client client = S3ClientConfig.builder("eu-central-1").build().openClient();
                S3Client bankClient =
                        S3ClientConfig.builder("eu-central-1").build().openClient()) {
            // snippet: tenants
            S3BlobStoreConfig bank = S3BlobStoreConfig.builder("bank-logs")
                    .encryption(Encryption.KMS)
                    .kmsKeyId("alias/bank")
                    .build();
            S3BlobStoreConfig others = S3BlobStoreConfig.builder("tekton-logs").build();
            BlobStore blobs = new RoutedBlobStore(
                    BlobRoutes.of(Map.of("bank", new S3BlobStore(bankClient, bank)), new S3BlobStore(client, others)));
            // end snippet
            assertThat(blobs).isNotNull();
        }
    }

    @Test
    void secretsAreMasked() {
        Map<String, List<String>> secretsOf = Map.of("shop", List.of("hunter2"));
        // snippet: redaction
        LogCollectorConfig config = LogCollectorConfig.builder()
                .redaction(new SecretRedaction(
                        "platform-secrets", id -> secretsOf.getOrDefault(id.namespace(), List.of())))
                .build();
        // end snippet
        assertThat(config.redaction()).isPresent();
    }
}
