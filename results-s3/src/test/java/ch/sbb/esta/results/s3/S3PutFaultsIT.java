package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.answer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.loseAnswer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.loseRequest;
import static ch.sbb.esta.results.s3.FaultyHttpClient.method;
import static ch.sbb.esta.results.s3.FaultyHttpClient.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.services.s3.S3Client;

class S3PutFaultsIT {

    private static final Content FIVE = Content.of(new byte[] {1, 2, 3, 4, 5});
    private static S3Server server;

    private final FaultyHttpClient http = Server.faulty();
    private S3Client client;
    private S3BlobStore store;

    @BeforeEach
    void connect() {
        client = Server.client(server, http);
        store = new S3BlobStore(
                client, S3BlobStoreConfig.builder("faults").prefix("put").build());
    }

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("faults");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void deleteAll() {
        store.list("", "").items().forEach(blob -> store.delete(blob.key()));
        client.close();
        http.close();
    }

    @Test
    void everyPutCarriesTheCondition() {
        store.putIfAbsent("a", FIVE);
        assertThat(http.sent(put()))
                .singleElement()
                .satisfies(
                        r -> assertThat(r.firstMatchingHeader("If-None-Match")).contains("*"));
    }

    @Test
    void anotherWriterAtTheSameMomentIsWaitedFor() {
        http.fail(put(), 3, answer(409, "ConditionalRequestConflict"));
        assertThat(store.putIfAbsent("a", FIVE)).isEqualTo(Put.CREATED);
        assertThat(http.sent(put())).hasSize(4);
    }

    @Test
    void anEndlessConflictEndsAsUnavailable() {
        http.fail(put(), Integer.MAX_VALUE, answer(409, "ConditionalRequestConflict"));
        assertThatThrownBy(() -> store.putIfAbsent("a", FIVE))
                .hasMessageContaining("8 times in a row")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(http.sent(put())).hasSize(8);
    }

    @Test
    void anInterruptEndsTheWaitingAndIsKept() {
        http.fail(put(), Integer.MAX_VALUE, answer(409, "ConditionalRequestConflict"));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> store.putIfAbsent("a", FIVE))
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aPutWhoseAnswerIsLostFindsItsOwnBlob() throws IOException {
        http.fail(put(), 1, loseAnswer());
        assertThat(store.putIfAbsent("a", FIVE)).isEqualTo(Put.EXISTS);
        try (InputStream in = store.get("a")) {
            assertThat(in.readAllBytes()).containsExactly(1, 2, 3, 4, 5);
        }
    }

    @Test
    void aPutThatIsLostIsSentAgain() throws IOException {
        http.fail(put(), 1, loseRequest());
        assertThat(store.putIfAbsent("a", FIVE)).isEqualTo(Put.CREATED);
        try (InputStream in = store.get("a")) {
            assertThat(in.readAllBytes()).containsExactly(1, 2, 3, 4, 5);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "503, SlowDown, UNAVAILABLE, true",
        "503, ServiceUnavailable, UNAVAILABLE, true",
        "500, InternalError, UNAVAILABLE, true",
        "429, TooManyRequests, UNAVAILABLE, true",
        "408, RequestTimeout, TIMEOUT, true",
        "400, RequestTimeout, TIMEOUT, true",
        "403, AccessDenied, DENIED, false",
        "403, SignatureDoesNotMatch, DENIED, false",
        "400, ExpiredToken, DENIED, false",
        "403, RequestTimeTooSkewed, DENIED, false",
        "404, NoSuchBucket, INVALID, false",
        "301, PermanentRedirect, INVALID, false",
        "400, AuthorizationHeaderMalformed, INVALID, false",
        "400, InvalidRequest, INVALID, false",
        "400, EntityTooLarge, INVALID, false",
        "501, NotImplemented, INVALID, false",
    })
    void anAnswerThatRefusesIsToldInOurWords(int status, String s3Code, Code code, boolean retryable) {
        http.fail(put(), Integer.MAX_VALUE, answer(status, s3Code));
        assertThatThrownBy(() -> store.putIfAbsent("ns/a", FIVE))
                .asInstanceOf(type(ResultsException.class))
                .satisfies(e -> {
                    assertThat(e.code()).isEqualTo(code);
                    assertThat(e.isRetryable()).isEqualTo(retryable);
                    assertThat(e.subject()).contains("ns/a");
                    assertThat(e).hasMessageContaining("faults").hasNoSuppressedExceptions();
                });
        assertThat(store.find("ns/a")).isEmpty();
    }

    @Test
    void aStoreThatIgnoresRangesIsNotBelieved() {
        store.putIfAbsent("a", FIVE);
        http.fail(method(SdkHttpMethod.GET), 1, (request, real) -> {
            HttpExecuteResponse answer = real.call();
            return HttpExecuteResponse.builder()
                    .response(answer.httpResponse().toBuilder()
                            .statusCode(200)
                            .removeHeader("Content-Range")
                            .build())
                    .responseBody(answer.responseBody().orElseThrow())
                    .build();
        });
        assertThatThrownBy(() -> store.getRange("a", 1, 2))
                .hasMessageContaining("ignores ranges")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }

    @Test
    void aStoreThatNeverAnswersIsATimeout() throws IOException {
        // Connections are accepted by the kernel; nobody reads them.
        try (ServerSocket hole = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                S3Client patient = S3ClientConfig.builder(server.region())
                        .endpoint(URI.create("http://127.0.0.1:" + hole.getLocalPort()))
                        .credentials(Server.credentials(server))
                        .socketTimeout(Duration.ofMillis(200))
                        .callTimeout(Duration.ofSeconds(10))
                        .build()
                        .openClient();
                S3Client hasty = S3ClientConfig.builder(server.region())
                        .endpoint(URI.create("http://127.0.0.1:" + hole.getLocalPort()))
                        .credentials(Server.credentials(server))
                        .callTimeout(Duration.ofMillis(300))
                        .build()
                        .openClient()) {
            for (S3Client waiting : new S3Client[] {patient, hasty}) {
                S3BlobStore lost = new S3BlobStore(
                        waiting, S3BlobStoreConfig.builder("faults").build());
                assertThatThrownBy(() -> lost.putIfAbsent("a", FIVE))
                        .asInstanceOf(type(ResultsException.class))
                        .extracting(ResultsException::code)
                        .isEqualTo(Code.TIMEOUT);
            }
        }
    }

    @Test
    void aBodyThatEndsEarlyIsAnErrorAndNotAnEnd() throws IOException {
        store.putIfAbsent("a", new Generated(100_000, 1));
        http.fail(method(SdkHttpMethod.GET), 1, (request, real) -> {
            HttpExecuteResponse answer = real.call();
            InputStream whole = answer.responseBody().orElseThrow();
            byte[] half = whole.readNBytes(50_000);
            whole.readAllBytes();
            return HttpExecuteResponse.builder()
                    .response(answer.httpResponse())
                    .responseBody(AbortableInputStream.create(new ByteArrayInputStream(half)))
                    .build();
        });
        try (InputStream in = store.get("a")) {
            assertThatThrownBy(in::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("s3://faults/put/a");
        }
    }
}
