package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.answer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.loseAnswer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.method;
import static ch.sbb.esta.results.s3.FaultyHttpClient.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;

/** Logs on S3 over a network that errs. */
class S3LogsIT {

    private static final ContainerLogId ID = new ContainerLogId("shop", "run-1", "pod-1", "step-build", 0);
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
    private static final Predicate<SdkHttpRequest> READ =
            method(SdkHttpMethod.GET).or(method(SdkHttpMethod.HEAD));

    private static S3Server server;
    private static int stores;

    private final FaultyHttpClient http = Server.faulty();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private S3Client client;
    private S3BlobStore store;

    @BeforeEach
    void connect() {
        client = Server.client(server, http);
        store = new S3BlobStore(
                client,
                S3BlobStoreConfig.builder("logs").prefix("store-" + stores++).build());
    }

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("logs");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void close() {
        client.close();
        http.close();
    }

    private SegmentedLogs logs(String spool) {
        return new SegmentedLogs(
                store,
                LogStoreConfig.builder()
                        .segmentBytes(1 << 20)
                        .segmentAge(Duration.ofHours(1))
                        .spoolDirectory(directory.resolve(spool))
                        .build());
    }

    private static void line(LogWriter writer, int number) {
        byte[] bytes = ("line " + number + "\n").getBytes(UTF_8);
        writer.beginLine(T0.plusSeconds(number));
        writer.append(bytes, 0, bytes.length);
    }

    private static String text(InputStream stream) throws IOException {
        try (InputStream in = stream) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    @Test
    void everyPutWhoseAnswerIsLostIsOneOfOurs() throws IOException {
        try (SegmentedLogs logs = logs("one")) {
            LogWriter writer = logs.open(ID);
            for (int i = 0; i < 5; i++) {
                line(writer, i);
                http.fail(put(), 1, loseAnswer());
                writer.flush();
            }
            http.fail(put(), 1, loseAnswer());
            assertThat(writer.seal().state()).isEqualTo(LogState.COMPLETE);
            assertThat(text(logs.read(ID, 0, Long.MAX_VALUE))).isEqualTo("line 0\nline 1\nline 2\nline 3\nline 4\n");
        }
    }

    @Test
    void conflictsAreWaitedForAndASecondWriterIsStopped() throws IOException {
        try (SegmentedLogs one = logs("one");
                SegmentedLogs other = logs("other")) {
            LogWriter first = one.open(ID);
            LogWriter second = other.open(ID);
            line(first, 0);
            http.fail(put(), 2, answer(409, "ConditionalRequestConflict"));
            first.flush();
            line(second, 7);
            assertThatThrownBy(second::flush)
                    .asInstanceOf(type(ResultsException.class))
                    .extracting(ResultsException::code)
                    .isEqualTo(Code.CONFLICT);
            assertThat(first.seal().state()).isEqualTo(LogState.COMPLETE);
            assertThat(text(one.read(ID, 0, Long.MAX_VALUE))).isEqualTo("line 0\n");
        }
    }

    @Test
    void aLinkOfASealedLogGivesThePlainGzipFileToAnybody() throws Exception {
        try (SegmentedLogs logs = logs("one")) {
            LogWriter writer = logs.open(ID);
            line(writer, 0);
            writer.flush();
            assertThat(logs.link(ID, Duration.ofHours(1)))
                    .as("a live log has none")
                    .isEmpty();
            line(writer, 1);
            writer.seal();
            URI link = logs.link(ID, Duration.ofHours(1)).orElseThrow();
            HttpResponse<byte[]> answer = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(link).build(), HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/gzip");
            assertThat(answer.headers().firstValue("Content-Encoding")).isEmpty();
            assertThat(text(new GZIPInputStream(new ByteArrayInputStream(answer.body()))))
                    .isEqualTo("line 0\nline 1\n");
        }
    }

    @Test
    void readersOfLiveAndSealedLogsNeedReadPermissionOnly() throws IOException {
        try (SegmentedLogs logs = logs("one")) {
            LogWriter writer = logs.open(ID);
            line(writer, 0);
            writer.flush();
            int written = http.sent(READ.negate()).size();
            try (SegmentedLogs reader = logs("reader")) {
                assertThat(text(reader.read(ID, 0, Long.MAX_VALUE))).isEqualTo("line 0\n");
                assertThat(reader.list("shop", "run-1")).hasSize(1);
                assertThat(http.sent(READ.negate())).hasSize(written);
            }
            writer.seal();
            written = http.sent(READ.negate()).size();
            try (SegmentedLogs reader = logs("reader")) {
                assertThat(text(reader.read(ID, 0, Long.MAX_VALUE))).isEqualTo("line 0\n");
                assertThat(text(new GZIPInputStream(reader.openGzip(ID)))).isEqualTo("line 0\n");
                assertThat(reader.link(ID, Duration.ofMinutes(1))).isPresent();
                assertThat(reader.list("shop", "run-1")).hasSize(1);
            }
            assertThat(http.sent(READ.negate())).hasSize(written);
        }
    }
}
