package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class S3BlobStoreIT {

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private static S3Server server;
    private static S3Client client;

    private final String bucket = "bucket-" + BUCKETS.incrementAndGet();

    @BeforeAll
    static void start() {
        server = S3Server.open();
        client = Server.client(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private S3BlobStore store(String prefix) {
        server.createBucket(bucket);
        return new S3BlobStore(
                client, S3BlobStoreConfig.builder(bucket).prefix(prefix).build());
    }

    private static Content text(String text) {
        return Content.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(InputStream in) throws IOException {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String stackTrace(Throwable e) {
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void aBlobComesBackWholeAndInRangesAndHasItsSize() throws IOException {
        S3BlobStore store = store("logs");
        assertThat(store.putIfAbsent("ns/a.log.gz", text("0123456789"))).isEqualTo(Put.CREATED);

        assertThat(read(store.get("ns/a.log.gz"))).isEqualTo("0123456789");
        assertThat(read(store.getRange("ns/a.log.gz", 2, 3))).isEqualTo("234");
        assertThat(read(store.getRange("ns/a.log.gz", 8, 100))).isEqualTo("89");
        assertThat(read(store.getRange("ns/a.log.gz", 8, Long.MAX_VALUE))).isEqualTo("89");
        assertThat(read(store.getRange("ns/a.log.gz", 10, 1))).isEmpty();
        assertThat(read(store.getRange("ns/a.log.gz", Long.MAX_VALUE, Long.MAX_VALUE)))
                .isEmpty();
        assertThat(read(store.getRange("ns/a.log.gz", 3, 0))).isEmpty();
        assertThat(store.find("ns/a.log.gz")).contains(new Blob("ns/a.log.gz", 10));
    }

    @Test
    void anEmptyBlobIsABlob() throws IOException {
        S3BlobStore store = store("");
        assertThat(store.putIfAbsent("empty", Content.of(new byte[0]))).isEqualTo(Put.CREATED);
        assertThat(read(store.get("empty"))).isEmpty();
        assertThat(read(store.getRange("empty", 0, 10))).isEmpty();
        assertThat(store.find("empty")).contains(new Blob("empty", 0));
    }

    @Test
    void aSecondPutChangesNothing() throws IOException {
        S3BlobStore store = store("");
        store.putIfAbsent("a", text("first"));
        assertThat(store.putIfAbsent("a", text("second"))).isEqualTo(Put.EXISTS);
        assertThat(read(store.get("a"))).isEqualTo("first");
    }

    @Test
    void whatIsNotThereIsSaidWithKeyAndBucket() {
        S3BlobStore store = store("logs");
        assertThat(store.find("no/such.log.gz")).isEmpty();
        store.delete("no/such.log.gz");
        List<Callable<InputStream>> reads = List.of(
                () -> store.get("no/such.log.gz"),
                () -> store.getRange("no/such.log.gz", 0, 1),
                () -> store.getRange("no/such.log.gz", 0, 0));
        for (Callable<InputStream> read : reads) {
            assertThatThrownBy(read::call)
                    .asInstanceOf(type(ResultsException.class))
                    .satisfies(e -> {
                        assertThat(e.code()).isEqualTo(Code.NOT_FOUND);
                        assertThat(e.subject()).contains("no/such.log.gz");
                        assertThat(e).hasMessageContaining("s3://" + bucket + "/logs/no/such.log.gz");
                    });
        }
    }

    @Test
    void malformedKeysAndRangesAreInvalidBeforeAnythingIsSent() {
        S3BlobStore store = store("t");
        List<Callable<Object>> calls = List.of(
                () -> store.get("../other"),
                () -> store.putIfAbsent("a//b", text("")),
                () -> store.find("a b"),
                () -> store.list("../", ""),
                () -> store.list("", "a\n"),
                () -> store.getRange("a", -1, 1),
                () -> store.getRange("a", 0, -1));
        for (Callable<Object> call : calls) {
            assertThatThrownBy(call::call)
                    .asInstanceOf(type(ResultsException.class))
                    .extracting(ResultsException::code)
                    .isEqualTo(Code.INVALID);
        }
    }

    @Test
    void aDeletedBlobIsGoneAndMayBePutAgain() throws IOException {
        S3BlobStore store = store("");
        store.putIfAbsent("a", text("first"));
        store.delete("a");
        assertThat(store.find("a")).isEmpty();
        assertThat(store.putIfAbsent("a", text("second"))).isEqualTo(Put.CREATED);
        assertThat(read(store.get("a"))).isEqualTo("second");
    }

    @Test
    void storesOfTwoPrefixesDoNotSeeEachOther() {
        S3BlobStore one = store("t/a");
        S3BlobStore other = store("t/ab");
        one.putIfAbsent("x", text("of one"));
        other.putIfAbsent("x", text("of the other"));
        other.putIfAbsent("y", text("of the other"));

        assertThat(one.list("", "").items()).containsExactly(new Blob("x", 6));
        assertThat(other.list("", "").items()).containsExactly(new Blob("x", 12), new Blob("y", 12));
        assertThat(one.find("y")).isEmpty();
        one.delete("y");
        assertThat(other.find("y")).isPresent();
    }

    @Test
    void aListPassesOverForeignNamesAndWhatLiesBeside() {
        S3BlobStore store = store("deep/prefix");
        for (String key : List.of("n/b", "n/a", "m", "n/a/b")) {
            store.putIfAbsent(key, text(key));
        }
        for (String foreign : List.of("deep/prefix/n/a copy", "deep/prefix/n/", "deep/other", "deep/prefix2/n/a")) {
            client.putObject(r -> r.bucket(bucket).key(foreign), RequestBody.fromString("foreign"));
        }
        assertThat(store.list("", "").items())
                .containsExactly(new Blob("m", 1), new Blob("n/a", 3), new Blob("n/a/b", 5), new Blob("n/b", 3));
        assertThat(store.list("n/", "n/a").items()).containsExactly(new Blob("n/a/b", 5), new Blob("n/b", 3));
    }

    @Test
    void aPageOfForeignNamesOnlyDoesNotEndTheList() {
        S3BlobStore store = store("foreign");
        for (int i = 0; i < S3BlobStore.MAX_PAGE; i++) {
            String name = "foreign/a %04d".formatted(i);
            client.putObject(r -> r.bucket(bucket).key(name), RequestBody.empty());
        }
        store.putIfAbsent("b", text("x"));
        Page<Blob> page = store.list("", "");
        assertThat(page.items()).containsExactly(new Blob("b", 1));
        assertThat(page.nextPageToken()).isEmpty();
    }

    @Test
    void ofSixteenWritersOneWins() throws Exception {
        S3BlobStore store = store("race");
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try {
            for (int round = 0; round < 10; round++) {
                String key = "round-" + round;
                CyclicBarrier line = new CyclicBarrier(16);
                List<Future<Put>> puts = new ArrayList<>();
                for (int writer = 0; writer < 16; writer++) {
                    String mine = "writer " + writer;
                    puts.add(threads.submit(() -> {
                        line.await();
                        return store.putIfAbsent(key, text(mine));
                    }));
                }
                List<Put> outcomes = new ArrayList<>();
                for (Future<Put> put : puts) {
                    outcomes.add(put.get());
                }
                assertThat(outcomes).containsOnlyOnce(Put.CREATED);
                assertThat(read(store.get(key))).isEqualTo("writer " + outcomes.indexOf(Put.CREATED));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void theContentTypeSaysWhatTheNameSaysAndNothingIsDeclaredAsEncoded() {
        S3BlobStore store = store("");
        store.putIfAbsent("a.log.gz", text("x"));
        store.putIfAbsent("a.json", text("{}"));
        store.putIfAbsent("a", text("x"));
        assertThat(client.headObject(r -> r.bucket(bucket).key("a.log.gz")).contentType())
                .isEqualTo("application/gzip");
        assertThat(client.headObject(r -> r.bucket(bucket).key("a.log.gz")).contentEncoding())
                .isNullOrEmpty();
        assertThat(client.headObject(r -> r.bucket(bucket).key("a.json")).contentType())
                .isEqualTo("application/json");
        assertThat(client.headObject(r -> r.bucket(bucket).key("a")).contentType())
                .isEqualTo("application/octet-stream");
    }

    @Test
    void aWrongSecretIsDeniedAndNotRepeated() {
        store("");
        String wrong = "wrong-secret-0123456789";
        try (S3Client stranger = S3ClientConfig.builder(server.region())
                .endpoint(server.endpoint())
                .credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create(server.accessKey(), wrong)))
                .build()
                .openClient()) {
            S3BlobStore store =
                    new S3BlobStore(stranger, S3BlobStoreConfig.builder(bucket).build());
            List<Callable<Object>> calls = List.of(
                    () -> store.putIfAbsent("a", text("x")),
                    () -> store.get("a"),
                    () -> store.find("a"),
                    () -> store.list("", ""),
                    store::probe);
            for (Callable<Object> call : calls) {
                assertThatThrownBy(call::call)
                        .asInstanceOf(type(ResultsException.class))
                        .satisfies(e -> {
                            assertThat(e.code()).isEqualTo(Code.DENIED);
                            assertThat(e.isRetryable()).isFalse();
                            assertThat(e).hasMessageContaining(bucket).hasMessageContaining("policy");
                            assertThat(stackTrace(e)).doesNotContain(wrong).doesNotContain(server.secretKey());
                        });
            }
        }
    }

    @Test
    void aMissingBucketIsAMistakeOfTheConfigurationAndNotAMissingBlob() {
        S3BlobStore store =
                new S3BlobStore(client, S3BlobStoreConfig.builder("nowhere").build());
        List<Callable<Object>> calls = List.of(
                () -> store.putIfAbsent("a", text("x")),
                () -> store.get("a"),
                () -> store.find("a"),
                () -> store.list("", ""),
                store::probe);
        for (Callable<Object> call : calls) {
            assertThatThrownBy(call::call)
                    .asInstanceOf(type(ResultsException.class))
                    .satisfies(e -> {
                        assertThat(e.code()).isEqualTo(Code.INVALID);
                        assertThat(e).hasMessageContaining("\"nowhere\" does not exist; create it");
                    });
        }
    }

    @Test
    void anOutageIsUnavailableAndEndsWithTheOutage() throws IOException {
        try (S3Server failing = S3Server.open();
                S3Client its = Server.client(failing)) {
            failing.createBucket(bucket);
            S3BlobStore store =
                    new S3BlobStore(its, S3BlobStoreConfig.builder(bucket).build());
            store.putIfAbsent("before", text("x"));
            failing.stop();
            assertThatThrownBy(() -> store.putIfAbsent("during", text("x")))
                    .hasRootCauseInstanceOf(ConnectException.class)
                    .asInstanceOf(type(ResultsException.class))
                    .satisfies(e -> {
                        assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
                        assertThat(e.isRetryable()).isTrue();
                        assertThat(e.subject()).contains("during");
                        assertThat(e.getMessage()).doesNotContain(failing.secretKey());
                    });
            failing.start();
            assertThat(store.putIfAbsent("during", text("x"))).isEqualTo(Put.CREATED);
            assertThat(read(store.get("before"))).isEqualTo("x");
        }
    }

    @Test
    void contentOfAnotherLengthThanItSaysIsNotStored() {
        S3BlobStore store = store("");
        record Lying(long length, int real) implements Content {
            @Override
            public InputStream open() {
                return new ByteArrayInputStream(new byte[real]);
            }
        }
        for (Content lying :
                List.of(new Lying(10, 9), new Lying(10, 11), new Lying(10, 0), new Lying(100_000, 100_001))) {
            assertThatThrownBy(() -> store.putIfAbsent("lying", lying))
                    .asInstanceOf(type(ResultsException.class))
                    .satisfies(e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                    .satisfies(e -> assertThat(e).hasMessageContaining("says that it has"));
            assertThat(store.find("lying")).isEmpty();
        }
    }

    @Test
    void contentThatCannotBeReadIsToldFromAStoreThatCannotBeReached() {
        S3BlobStore store = store("");
        Content missing = new Content() {
            @Override
            public long length() {
                return 5;
            }

            @Override
            public InputStream open() throws IOException {
                throw new NoSuchFileException("/spool/gone");
            }
        };
        assertThatThrownBy(() -> store.putIfAbsent("a", missing))
                .hasCauseInstanceOf(NoSuchFileException.class)
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INTERNAL);
        assertThat(store.find("a")).isEmpty();
    }

    @Test
    void aStreamThatIsClosedEarlyDoesNotReadTheRestAndLeavesTheClientUsable() throws IOException {
        S3BlobStore store = store("");
        store.putIfAbsent("big", new Generated(20 << 20, 1));
        // More often than the client has connections.
        for (int i = 0; i < 60; i++) {
            try (InputStream in = store.get("big")) {
                assertThat(in.read()).isEqualTo(1);
            }
        }
        InputStream closed = store.get("big");
        closed.close();
        assertThatThrownBy(closed::read).isInstanceOf(IOException.class).hasMessageContaining("closed");
    }

    @Test
    void theProbeFindsConditionsHonouredAndLeavesNothing() {
        S3BlobStore store = store("probed");
        S3Probe probe = store.probe();
        assertThat(probe).isEqualTo(new S3Probe(S3Probe.Condition.HONOURED, S3Probe.Condition.HONOURED));
        assertThat(store.health()).isEqualTo(new S3Health(S3Health.Writers.MANY, probe));
        assertThat(store.list("", "").items()).isEmpty();
        assertThat(client.listMultipartUploads(r -> r.bucket(bucket)).uploads()).isEmpty();
    }

    @Test
    void bothDialectsWork() throws IOException {
        for (S3Dialect dialect : S3Dialect.values()) {
            try (S3Client other = S3ClientConfig.builder(server.region())
                    .endpoint(server.endpoint())
                    .credentials(Server.credentials(server))
                    .dialect(dialect)
                    .build()
                    .openClient()) {
                server.createBucket(bucket);
                S3BlobStore store = new S3BlobStore(
                        other,
                        S3BlobStoreConfig.builder(bucket)
                                .prefix("d/" + dialect)
                                .multipartThreshold(12 << 20)
                                .partSize(5 << 20)
                                .build());
                assertThat(store.probe().put()).isEqualTo(S3Probe.Condition.HONOURED);
                assertThat(store.putIfAbsent("small", new Generated(12 << 20, 1)))
                        .isEqualTo(Put.CREATED);
                assertThat(store.putIfAbsent("large", new Generated((12 << 20) + 1, 2)))
                        .isEqualTo(Put.CREATED);
                try (InputStream in = store.get("large")) {
                    assertThat(in).hasSameContentAs(new Generated((12 << 20) + 1, 2).open());
                }
                assertThat(store.putIfAbsent("large", new Generated((12 << 20) + 1, 3)))
                        .isEqualTo(Put.EXISTS);
            }
        }
    }
}
