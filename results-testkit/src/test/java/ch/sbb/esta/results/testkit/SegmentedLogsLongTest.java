package ch.sbb.esta.results.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class SegmentedLogsLongTest {

    private static final ContainerLogId ID = new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0);
    private static final long BYTES = 300L << 20;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    /** The heap is bounded by the run's own -Xmx: started with -Dtest.argLine=-Xmx64m it says something. */
    @Test
    void aLogOfThreeHundredMegabytesPasses() throws Exception {
        LogStoreConfig config = LogStoreConfig.builder()
                .spoolDirectory(directory.resolve("spool"))
                .build();
        try (SegmentedLogs logs = new SegmentedLogs(new FileSystemBlobStore(directory.resolve("blobs")), config)) {
            MessageDigest written = MessageDigest.getInstance("SHA-256");
            LogWriter writer = logs.open(ID);
            Random random = new Random(9);
            Instant time = Instant.parse("2026-03-01T10:00:00Z");
            long bytes = 0;
            long lines = 0;
            while (bytes < BYTES) {
                byte[] line = String.format(
                                "[INFO] step %d: compiling module-%d with %x, elapsed %d ms%n",
                                lines, random.nextInt(500), random.nextLong(), random.nextInt(90_000))
                        .getBytes(US_ASCII);
                writer.beginLine(time.plusNanos(lines * 12_345));
                writer.append(line, 0, line.length);
                written.update(line);
                bytes += line.length;
                lines++;
            }

            LogInfo sealed = writer.seal();

            assertThat(sealed.extent().bytes()).isEqualTo(bytes);
            assertThat(sealed.extent().lines()).isEqualTo(lines);
            MessageDigest read = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(logs.read(ID, 0, Long.MAX_VALUE), read)) {
                byte[] buffer = new byte[8192];
                while (in.read(buffer) >= 0) {
                    continue;
                }
            }
            assertThat(read.digest()).isEqualTo(written.digest());
        }
    }
}
