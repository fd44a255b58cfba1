package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.abortion;
import static ch.sbb.esta.results.s3.FaultyHttpClient.answer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.completion;
import static ch.sbb.esta.results.s3.FaultyHttpClient.loseAnswer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.loseRequest;
import static ch.sbb.esta.results.s3.FaultyHttpClient.part;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

class S3MultipartIT {

    private static final int PART = S3BlobStoreConfig.MIN_PART_SIZE;
    private static final Content THREE_PARTS = new Generated(2L * PART + 1000, 7);

    private static S3Server server;

    private final FaultyHttpClient http = Server.faulty();
    private S3Client client;
    private S3BlobStore store;

    @BeforeEach
    void connect() {
        client = Server.client(server, http);
        store = new S3BlobStore(client, config("parts"));
    }

    @BeforeAll
    static void start(@TempDir Path directory) {
        server = S3Server.builder().directory(directory.resolve("s3")).open();
        server.createBucket("faults");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void leavesNoUpload() {
        try (S3Client plain = Server.client(server)) {
            assertThat(plain.listMultipartUploads(r -> r.bucket("faults")).uploads())
                    .isEmpty();
            S3BlobStore all = new S3BlobStore(plain, config("parts"));
            all.list("", "").items().forEach(blob -> all.delete(blob.key()));
        }
        client.close();
        http.close();
    }

    private static S3BlobStoreConfig config(String prefix) {
        return S3BlobStoreConfig.builder("faults")
                .prefix(prefix)
                .partSize(PART)
                .multipartThreshold(PART)
                .build();
    }

    private void assertStored(String key, Content content) throws IOException {
        assertThat(store.find(key))
                .hasValueSatisfying(blob -> assertThat(blob.size()).isEqualTo(content.length()));
        try (InputStream stored = store.get(key);
                InputStream expected = content.open()) {
            assertThat(stored).hasSameContentAs(expected);
        }
    }

    @Test
    void aLargeBlobIsPutInPartsWithTheConditionAtTheEnd() throws IOException {
        assertThat(store.putIfAbsent("large.log.gz", THREE_PARTS)).isEqualTo(Put.CREATED);
        assertStored("large.log.gz", THREE_PARTS);
        assertThat(http.sent(part(3))).hasSize(1);
        assertThat(http.sent(part(4))).isEmpty();
        assertThat(http.sent(completion()))
                .singleElement()
                .satisfies(
                        r -> assertThat(r.firstMatchingHeader("If-None-Match")).contains("*"));
        assertThat(client.headObject(r -> r.bucket("faults").key("parts/large.log.gz"))
                        .contentType())
                .isEqualTo("application/gzip");
    }

    @Test
    void aBlobOfTheThresholdIsOnePut() throws IOException {
        Content onePut = new Generated(PART, 3);
        assertThat(store.putIfAbsent("one", onePut)).isEqualTo(Put.CREATED);
        assertThat(http.sent(completion())).isEmpty();
        assertStored("one", onePut);
    }

    @Test
    void aTakenKeyIsFoundBeforeAnythingIsUploaded() throws IOException {
        store.putIfAbsent("a", Content.of(new byte[] {1}));
        assertThat(store.putIfAbsent("a", THREE_PARTS)).isEqualTo(Put.EXISTS);
        assertThat(http.sent(part(1))).isEmpty();
        assertStored("a", Content.of(new byte[] {1}));
    }

    @Test
    void aKeyThatIsTakenMeanwhileStaysAsItIs() throws IOException {
        try (S3Client other = Server.client(server)) {
            S3BlobStore rival = new S3BlobStore(other, config("parts"));
            http.fail(part(2), 1, (request, real) -> {
                rival.putIfAbsent("a", Content.of(new byte[] {1}));
                return real.call();
            });
            assertThat(store.putIfAbsent("a", THREE_PARTS)).isEqualTo(Put.EXISTS);
            assertThat(http.sent(completion())).isEmpty();

            http.fail(completion(), 1, (request, real) -> {
                rival.putIfAbsent("b", Content.of(new byte[] {2}));
                return real.call();
            });
            assertThat(store.putIfAbsent("b", THREE_PARTS)).isEqualTo(Put.EXISTS);
        }
        assertStored("a", Content.of(new byte[] {1}));
        assertStored("b", Content.of(new byte[] {2}));
    }

    @Test
    void aConflictAtTheEndStartsAnew() throws IOException {
        http.fail(completion(), 1, answer(409, "ConditionalRequestConflict"));
        assertThat(store.putIfAbsent("a", THREE_PARTS)).isEqualTo(Put.CREATED);
        assertThat(http.sent(abortion())).hasSize(1);
        assertThat(http.sent(part(1))).hasSize(2);
        assertStored("a", THREE_PARTS);
    }

    @Test
    void anErrorInsideAnAnswerOf200IsAnError() {
        http.fail(completion(), Integer.MAX_VALUE, answer(200, "InternalError"));
        assertThatThrownBy(() -> store.putIfAbsent("a", THREE_PARTS))
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(store.find("a")).isEmpty();
    }

    @Test
    void aPreconditionInsideAnAnswerOf200IsATakenKey() {
        http.fail(completion(), 1, answer(200, "PreconditionFailed"));
        assertThat(store.putIfAbsent("a", THREE_PARTS)).isEqualTo(Put.EXISTS);
    }

    @Test
    void aCompletionWhoseAnswerIsLostFindsItsOwnBlob() throws IOException {
        http.fail(completion(), 1, loseAnswer());
        assertThat(store.putIfAbsent("a", THREE_PARTS)).isIn(Put.EXISTS, Put.CREATED);
        assertStored("a", THREE_PARTS);
    }

    @Test
    void aPartIsTriedAgainBeyondTheRetriesOfTheClient() throws IOException {
        AtomicInteger opened = new AtomicInteger();
        Content counted = new Content() {
            @Override
            public long length() {
                return THREE_PARTS.length();
            }

            @Override
            public InputStream open() throws IOException {
                opened.incrementAndGet();
                return THREE_PARTS.open();
            }
        };
        http.fail(part(2), 5, loseRequest());
        assertThat(store.putIfAbsent("a", counted)).isEqualTo(Put.CREATED);
        assertThat(http.sent(part(2))).hasSize(6);
        assertThat(opened).as("reads of the content").hasValue(1);
        assertStored("a", THREE_PARTS);
    }

    @Test
    void aPartThatNeverArrivesEndsTheUpload() {
        http.fail(part(2), Integer.MAX_VALUE, answer(500, "InternalError"));
        assertThatThrownBy(() -> store.putIfAbsent("a", THREE_PARTS))
                .hasMessageContaining("UploadPart 2")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(http.sent(abortion())).hasSize(1);
        assertThat(store.find("a")).isEmpty();
    }

    @Test
    void aRefusedPartIsNotTriedAgain() {
        http.fail(part(2), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        assertThatThrownBy(() -> store.putIfAbsent("a", THREE_PARTS))
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.DENIED);
        assertThat(http.sent(part(2))).hasSize(1);
    }

    @Test
    void contentThatBreaksOffEndsTheUpload() {
        AtomicBoolean closed = new AtomicBoolean();
        Content broken = new Content() {
            @Override
            public long length() {
                return THREE_PARTS.length();
            }

            @Override
            public InputStream open() {
                InputStream begin = new Generated(PART + 10, 1).open();
                return new InputStream() {
                    @Override
                    public int read() throws IOException {
                        return read(new byte[1], 0, 1);
                    }

                    @Override
                    public int read(byte[] buffer, int offset, int wanted) throws IOException {
                        int n = begin.read(buffer, offset, wanted);
                        if (n < 0) {
                            throw new IOException("the segment broke off");
                        }
                        return n;
                    }

                    @Override
                    public void close() {
                        closed.set(true);
                    }
                };
            }
        };
        assertThatThrownBy(() -> store.putIfAbsent("a", broken))
                .hasRootCauseMessage("the segment broke off")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(closed).isTrue();
        assertThat(http.sent(abortion())).hasSize(1);
    }

    @Test
    void contentThatEndsEarlyOrLateEndsTheUpload() {
        for (long real : new long[] {2L * PART, 2L * PART + 999, 2L * PART + 1001}) {
            Content lying = new Content() {
                @Override
                public long length() {
                    return THREE_PARTS.length();
                }

                @Override
                public InputStream open() {
                    return new Generated(real, 1).open();
                }
            };
            assertThatThrownBy(() -> store.putIfAbsent("a", lying))
                    .asInstanceOf(type(ResultsException.class))
                    .extracting(ResultsException::code)
                    .isEqualTo(Code.INVALID);
            assertThat(store.find("a")).isEmpty();
        }
    }

    @Test
    void anInterruptEndsTheUploadAndIsKept() {
        http.fail(part(2), 1, (request, real) -> {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        });
        assertThatThrownBy(() -> store.putIfAbsent("a", THREE_PARTS)).isInstanceOf(ResultsException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(http.sent(abortion())).hasSize(1);
    }

    @Test
    void partsThatCouldNotBeRemovedAreRemovedLater() {
        http.fail(part(2), 1, answer(403, "AccessDenied"));
        http.fail(abortion(), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        assertThatThrownBy(() -> store.putIfAbsent("a", THREE_PARTS))
                .asInstanceOf(type(ResultsException.class))
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));

        try (S3Client later = Server.client(server)) {
            Instant soon = Instant.now().plusSeconds(60);
            assertThat(new S3BlobStore(later, config("other")).abortUploads(soon))
                    .isZero();
            S3BlobStore same = new S3BlobStore(later, config("parts"));
            assertThat(same.abortUploads(Instant.now().minusSeconds(3600))).isZero();
            assertThat(same.abortUploads(soon)).isEqualTo(1);
            assertThat(same.abortUploads(soon)).isZero();
        }
    }

    @Test
    void anOutageInTheMiddleIsUnavailableAndItsPartsAreRemovedLater() {
        http.fail(part(2), 1, (request, real) -> {
            server.stop();
            return real.call();
        });
        try {
            assertThatThrownBy(() -> store.putIfAbsent("a", THREE_PARTS))
                    .asInstanceOf(type(ResultsException.class))
                    .extracting(ResultsException::code)
                    .isEqualTo(Code.UNAVAILABLE);
        } finally {
            server.start();
        }
        assertThat(store.abortUploads(Instant.now().plusSeconds(60))).isEqualTo(1);
        assertThat(store.putIfAbsent("a", THREE_PARTS)).isEqualTo(Put.CREATED);
    }

    @Test
    void twoHundredMegabytesPassThroughAHeapOfOnePart() {
        S3BlobStore defaults = new S3BlobStore(
                client, S3BlobStoreConfig.builder("faults").prefix("parts").build());
        AtomicInteger largestRead = new AtomicInteger();
        long length = 200L << 20;
        Content watched = new Content() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public InputStream open() {
                InputStream in = new Generated(length, 5).open();
                return new InputStream() {
                    @Override
                    public int read() throws IOException {
                        return in.read();
                    }

                    @Override
                    public int read(byte[] buffer, int offset, int wanted) throws IOException {
                        largestRead.accumulateAndGet(buffer.length, Math::max);
                        return in.read(buffer, offset, wanted);
                    }
                };
            }
        };
        assertThat(defaults.putIfAbsent("huge", watched)).isEqualTo(Put.CREATED);
        assertThat(largestRead).hasValue(8 << 20);
        assertThat(http.sent(part(25))).hasSize(1);
        assertThat(http.sent(part(26))).isEmpty();
        assertThat(defaults.find("huge"))
                .hasValueSatisfying(blob -> assertThat(blob.size()).isEqualTo(length));
        Generated expected = new Generated(length, 5);
        try (InputStream end = defaults.getRange("huge", length - 3, 10)) {
            assertThat(end.readAllBytes())
                    .containsExactly(
                            expected.byteAt(length - 3), expected.byteAt(length - 2), expected.byteAt(length - 1));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
