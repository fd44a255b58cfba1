package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.completion;
import static ch.sbb.esta.results.s3.FaultyHttpClient.method;
import static ch.sbb.esta.results.s3.FaultyHttpClient.put;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.s3.S3Health.Writers;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.s3.S3Server.ConditionalPuts;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;

/** What goes for all stores without conditional puts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SingleWriterScenes {

    private static final int PART = S3BlobStoreConfig.MIN_PART_SIZE;

    private final ConditionalPuts puts;
    private final Condition found;
    private final AtomicInteger stores = new AtomicInteger();
    private final FaultyHttpClient http = Server.faulty();

    @SuppressWarnings("NullAway.Init") // set before all tests
    private S3Server server;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private S3Client client;

    SingleWriterScenes(ConditionalPuts puts, Condition found) {
        this.puts = puts;
        this.found = found;
    }

    @BeforeAll
    final void start() {
        server = S3Server.builder().conditionalPuts(puts).open();
        server.createBucket("single");
        client = Server.client(server, http);
    }

    @AfterAll
    final void stop() {
        client.close();
        http.close();
        server.close();
    }

    final S3BlobStore unprobed() {
        return new S3BlobStore(
                client,
                S3BlobStoreConfig.builder("single")
                        .prefix(puts + "-" + stores.incrementAndGet())
                        .partSize(PART)
                        .multipartThreshold(PART)
                        .build());
    }

    private S3BlobStore probed() {
        S3BlobStore store = unprobed();
        store.probe();
        return store;
    }

    @Test
    void theProbeFindsItHealthSaysItAndNothingIsLeft() {
        S3BlobStore store = unprobed();
        assertThat(store.health()).isEqualTo(new S3Health(Writers.UNKNOWN, null));
        assertThat(store.health().summary()).contains("not been probed");

        assertThat(store.probe()).isEqualTo(new S3Probe(found, found));

        assertThat(store.health()).isEqualTo(new S3Health(Writers.ONE, new S3Probe(found, found)));
        assertThat(store.health().summary()).contains("single-writer mode").contains("only one process");
        assertThat(store.list("", "").items()).isEmpty();
        assertThat(client.listMultipartUploads(r -> r.bucket("single")).uploads())
                .isEmpty();
    }

    @Test
    void eachPutLooksFirst() {
        S3BlobStore store = probed();
        Predicate<SdkHttpRequest> head =
                method(SdkHttpMethod.HEAD).and(r -> r.encodedPath().endsWith("/looked"));
        store.putIfAbsent("looked", Content.of(new byte[] {1}));
        assertThat(http.sent(head)).hasSize(1);
        int sent = http.sent(put()).size();
        assertThat(store.putIfAbsent("looked", Content.of(new byte[] {2}))).isEqualTo(Put.EXISTS);
        assertThat(http.sent(head)).hasSize(2);
        assertThat(http.sent(put())).hasSize(sent);
    }

    @Test
    void theConditionIsSentToStoresThatBearIt() {
        S3BlobStore store = probed();
        store.putIfAbsent("small-one", Content.of(new byte[] {1}));
        store.putIfAbsent("large-one", new Generated(2L * PART, 1));
        boolean sends = found != Condition.REFUSED;
        assertThat(http.sent(put().and(r -> r.encodedPath().endsWith("/small-one"))))
                .singleElement()
                .satisfies(
                        r -> assertThat(r.firstMatchingHeader("If-None-Match").isPresent())
                                .isEqualTo(sends));
        assertThat(http.sent(completion().and(r -> r.encodedPath().endsWith("/large-one"))))
                .singleElement()
                .satisfies(
                        r -> assertThat(r.firstMatchingHeader("If-None-Match").isPresent())
                                .isEqualTo(sends));
    }

    @Test
    void ofFourUploadsInPartsOneWins() throws Exception {
        S3BlobStore store = probed();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            CyclicBarrier line = new CyclicBarrier(4);
            List<Future<Put>> uploads = new ArrayList<>();
            for (int writer = 0; writer < 4; writer++) {
                Content mine = new Generated(PART + 1000L, writer);
                uploads.add(threads.submit(() -> {
                    line.await();
                    return store.putIfAbsent("large", mine);
                }));
            }
            List<Put> outcomes = new ArrayList<>();
            for (Future<Put> upload : uploads) {
                outcomes.add(upload.get());
            }
            assertThat(outcomes).containsOnlyOnce(Put.CREATED);
            try (InputStream in = store.get("large")) {
                assertThat(in).hasSameContentAs(new Generated(PART + 1000L, outcomes.indexOf(Put.CREATED)).open());
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
