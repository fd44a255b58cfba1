package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.answer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.completion;
import static ch.sbb.esta.results.s3.FaultyHttpClient.method;
import static ch.sbb.esta.results.s3.FaultyHttpClient.part;
import static ch.sbb.esta.results.s3.FaultyHttpClient.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;

/** Stores that answer what belongs to uploads in parts, or to tags, with 501. */
class S3WithoutMultipartIT {

    private static final int PART = S3BlobStoreConfig.MIN_PART_SIZE;

    private static S3Server server;

    private final FaultyHttpClient http = Server.faulty();
    private S3Client client;
    private S3BlobStore store;

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("simple");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() {
        client = Server.client(server, http);
        store = new S3BlobStore(client, config().build());
    }

    @AfterEach
    void leavesNoUpload() {
        try (S3Client plain = Server.client(server)) {
            assertThat(plain.listMultipartUploads(r -> r.bucket("simple")).uploads())
                    .isEmpty();
            S3BlobStore all = new S3BlobStore(plain, config().build());
            all.list("", "").items().forEach(blob -> all.delete(blob.key()));
        }
        client.close();
        http.close();
    }

    private static boolean isTagged(SdkHttpRequest request) {
        return request.firstMatchingHeader("x-amz-tagging").isPresent();
    }

    private static S3BlobStoreConfig.Builder config() {
        return S3BlobStoreConfig.builder("simple").partSize(PART).multipartThreshold(PART);
    }

    private void assertLargeBlobsAreSinglePuts() throws IOException {
        assertThat(store.probe()).isEqualTo(new S3Probe(Condition.HONOURED, Condition.UNSUPPORTED));
        int parts = http.sent(part(1)).size();
        assertThat(store.putIfAbsent("large", new Generated(2L * PART, 1))).isEqualTo(Put.CREATED);
        assertThat(store.putIfAbsent("large", new Generated(2L * PART, 2))).isEqualTo(Put.EXISTS);
        assertThat(http.sent(part(1))).hasSize(parts);
        try (InputStream in = store.get("large")) {
            assertThat(in).hasSameContentAs(new Generated(2L * PART, 1).open());
        }
        assertThatThrownBy(() -> store.putIfAbsent("huge", new Generated((5L << 30) + 1, 1)))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("the store has no multipart uploads");
    }

    @Test
    void withoutUploadsLargeBlobsAreSinglePuts() throws IOException {
        http.fail(method(SdkHttpMethod.POST), Integer.MAX_VALUE, answer(501, "NotImplemented"));
        assertLargeBlobsAreSinglePuts();
    }

    @Test
    void withoutPartsLargeBlobsAreSinglePuts() throws IOException {
        http.fail(part(1), Integer.MAX_VALUE, answer(501, "NotImplemented"));
        assertLargeBlobsAreSinglePuts();
    }

    @Test
    void withoutCompletionsLargeBlobsAreSinglePuts() throws IOException {
        http.fail(completion(), Integer.MAX_VALUE, answer(501, "NotImplemented"));
        assertLargeBlobsAreSinglePuts();
    }

    @Test
    void theProbeSaysThatTagsMayBeTooMuch() {
        http.fail(put().and(S3WithoutMultipartIT::isTagged), Integer.MAX_VALUE, answer(501, "NotImplemented"));
        S3BlobStore tagging =
                new S3BlobStore(client, config().tag("team", "shop").build());
        assertThatThrownBy(tagging::probe)
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("configure no tags if it does not know them");
        assertThat(store.probe().put()).isEqualTo(Condition.HONOURED);
    }

    @Test
    void uploadsThatCannotBeListedDoNotMakeTheProbeFail() {
        http.fail(
                method(SdkHttpMethod.GET).and(r -> r.rawQueryParameters().containsKey("uploads")),
                Integer.MAX_VALUE,
                answer(403, "AccessDenied"));
        assertThat(store.probe()).isEqualTo(new S3Probe(Condition.HONOURED, Condition.HONOURED));
        assertThat(store.putIfAbsent("large", new Generated(2L * PART, 1))).isEqualTo(Put.CREATED);
    }
}
