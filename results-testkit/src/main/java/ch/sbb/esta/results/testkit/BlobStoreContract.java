package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link BlobStore} must do. A provider's test extends this class and says how to get an empty store. */
public abstract class BlobStoreContract {

    private static final int LARGE = 64 << 20;

    @SuppressWarnings("NullAway.Init") // set before each test
    private BlobStore store;

    /** For subclasses. */
    protected BlobStoreContract() {}

    /**
     * Makes a store without blobs; called before each test.
     *
     * @return an empty store
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract BlobStore newStore() throws Exception;

    @BeforeEach
    final void makeStore() throws Exception {
        store = newStore();
    }

    @Test
    final void bytesComeBackAsTheyWentIn() throws Exception {
        byte[] bytes = randomBytes(1, 300_000);

        assertThat(store.putIfAbsent("ns/a.bin", Content.of(bytes))).isEqualTo(Put.CREATED);

        assertThat(all("ns/a.bin")).isEqualTo(bytes);
        assertThat(store.find("ns/a.bin")).contains(new Blob("ns/a.bin", bytes.length));
    }

    @Test
    final void everyByteValueSurvives() throws Exception {
        byte[] bytes = new byte[256];
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }

        store.putIfAbsent("b", Content.of(bytes));

        assertThat(all("b")).isEqualTo(bytes);
    }

    @Test
    final void anEmptyBlobIsABlob() throws Exception {
        assertThat(store.putIfAbsent("empty", Content.of(new byte[0]))).isEqualTo(Put.CREATED);

        assertThat(store.find("empty")).contains(new Blob("empty", 0));
        assertThat(all("empty")).isEmpty();
        assertThat(range("empty", 0, 10)).isEmpty();
        assertThat(store.putIfAbsent("empty", text("more"))).isEqualTo(Put.EXISTS);
    }

    @Test
    final void aTakenKeyIsNotOverwritten() throws Exception {
        store.putIfAbsent("k", text("first"));

        assertThat(store.putIfAbsent("k", text("second"))).isEqualTo(Put.EXISTS);
        assertThat(store.putIfAbsent("k", text("first"))).isEqualTo(Put.EXISTS);

        assertThat(all("k")).asString(StandardCharsets.UTF_8).isEqualTo("first");
    }

    @Test
    final void ofManyWhoPutAtOnceExactlyOneWins() throws Exception {
        int threads = 16;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 5; round++) {
                String key = "race/" + round + "/deep/er";
                CountDownLatch start = new CountDownLatch(1);
                List<Future<Put>> puts = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    byte[] bytes = new byte[50_000];
                    Arrays.fill(bytes, (byte) i);
                    puts.add(pool.submit(() -> {
                        start.await();
                        return store.putIfAbsent(key, Content.of(bytes));
                    }));
                }
                start.countDown();
                List<Integer> winners = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    if (puts.get(i).get(60, TimeUnit.SECONDS) == Put.CREATED) {
                        winners.add(i);
                    }
                }

                assertThat(winners).hasSize(1);
                assertThat(all(key)).hasSize(50_000).containsOnly((byte) (int) winners.get(0));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    final void rangesGiveWhatIsThere() throws Exception {
        store.putIfAbsent("digits", text("0123456789"));

        assertThat(range("digits", 0, 3)).isEqualTo("012");
        assertThat(range("digits", 4, 2)).isEqualTo("45");
        assertThat(range("digits", 9, 1)).isEqualTo("9");
        assertThat(range("digits", 8, 100)).isEqualTo("89");
        assertThat(range("digits", 8, Long.MAX_VALUE)).isEqualTo("89");
        assertThat(range("digits", 10, 1)).isEmpty();
        assertThat(range("digits", 1_000_000, 5)).isEmpty();
        assertThat(range("digits", 3, 0)).isEmpty();
    }

    @Test
    final void aNegativeRangeIsInvalid() {
        store.putIfAbsent("digits", text("0123456789"));

        assertCode(Code.INVALID, () -> store.getRange("digits", -1, 3));
        assertCode(Code.INVALID, () -> store.getRange("digits", 0, -3));
    }

    @Test
    final void whatIsMissingIsNotFound() {
        assertCode(Code.NOT_FOUND, () -> store.get("ns/none"));
        assertCode(Code.NOT_FOUND, () -> store.getRange("ns/none", 0, 1));
        assertThat(store.find("ns/none")).isEmpty();
    }

    @Test
    final void aDirectoryIsNoBlob() {
        store.putIfAbsent("ns/run/log", text("x"));

        assertThat(store.find("ns/run")).isEmpty();
        assertThat(store.find("ns")).isEmpty();
        assertCode(Code.NOT_FOUND, () -> store.get("ns/run"));
        store.delete("ns/run");
        assertThat(store.find("ns/run/log")).isPresent();
    }

    @Test
    final void aKeyAndAKeyBelowItMayBothExist() throws Exception {
        store.putIfAbsent("a/b", text("below"));
        assertThat(store.putIfAbsent("a", text("above"))).isEqualTo(Put.CREATED);
        assertThat(store.putIfAbsent("a/b/c", text("deepest"))).isEqualTo(Put.CREATED);

        assertThat(all("a")).asString(StandardCharsets.UTF_8).isEqualTo("above");
        assertThat(all("a/b")).asString(StandardCharsets.UTF_8).isEqualTo("below");
        assertThat(keys("")).containsExactly("a", "a/b", "a/b/c");
    }

    @Test
    final void keysThatDifferInCaseAreDifferent() throws Exception {
        store.putIfAbsent("Key/A", text("upper"));

        assertThat(store.putIfAbsent("key/a", text("lower"))).isEqualTo(Put.CREATED);

        assertThat(all("Key/A")).asString(StandardCharsets.UTF_8).isEqualTo("upper");
        assertThat(keys("")).containsExactly("Key/A", "key/a");
    }

    @Test
    final void theLongestKeysWork() throws Exception {
        String flat = "x".repeat(900);
        String deep = "d/".repeat(449) + "ee";
        store.putIfAbsent(flat, text("flat"));
        store.putIfAbsent(deep, text("deep"));

        assertThat(all(flat)).asString(StandardCharsets.UTF_8).isEqualTo("flat");
        assertThat(all(deep)).asString(StandardCharsets.UTF_8).isEqualTo("deep");
        assertThat(keys("")).containsExactly(deep, flat);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "a b", "a\\b", "a\nb",
                "a\0b", "ä", "a%2e", "a:b", "a*b", "~tmp/a", "a+/b", "\uD800"
            })
    final void hostileKeysAreInvalid(String key) {
        assertCode(Code.INVALID, () -> store.putIfAbsent(key, text("x")));
        assertCode(Code.INVALID, () -> store.get(key));
        assertCode(Code.INVALID, () -> store.getRange(key, 0, 1));
        assertCode(Code.INVALID, () -> store.find(key));
        assertCode(Code.INVALID, () -> store.delete(key));
        assertThat(keys("")).isEmpty();
    }

    @Test
    final void aKeyThatIsTooLongIsInvalid() {
        assertCode(Code.INVALID, () -> store.putIfAbsent("x".repeat(901), text("x")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "../", "a/../", "a//", "a b", "ä"})
    final void hostilePrefixesAreInvalid(String prefix) {
        assertCode(Code.INVALID, () -> store.list(prefix, ""));
    }

    @Test
    final void listsGoByKeyAndBeginWithThePrefix() {
        for (String key : List.of("n/b", "n/a", "n/a.c", "n/a/b", "n/a-b", "na", "m/z", "n0")) {
            store.putIfAbsent(key, text(key));
        }

        assertThat(keys("")).containsExactly("m/z", "n/a", "n/a-b", "n/a.c", "n/a/b", "n/b", "n0", "na");
        assertThat(keys("n/")).containsExactly("n/a", "n/a-b", "n/a.c", "n/a/b", "n/b");
        assertThat(keys("n/a")).containsExactly("n/a", "n/a-b", "n/a.c", "n/a/b");
        assertThat(keys("n")).containsExactly("n/a", "n/a-b", "n/a.c", "n/a/b", "n/b", "n0", "na");
        assertThat(keys("n/a/")).containsExactly("n/a/b");
        assertThat(keys("x")).isEmpty();
        assertThat(store.list("n/", "n/a.c").items()).extracting(Blob::key).containsExactly("n/a/b", "n/b");
        assertThat(store.list("n/", "n/a.d").items()).extracting(Blob::key).containsExactly("n/a/b", "n/b");
        assertThat(store.list("n/", "zzz").items()).isEmpty();
        assertThat(store.list("n/a", "").items())
                .contains(new Blob("n/a", 3), new Blob("n/a-b", 5), new Blob("n/a/b", 5));
    }

    @Test
    final void moreThanAPageIsListedInPages() {
        TreeSet<String> keys = new TreeSet<>();
        for (int i = 0; i < 2_345; i++) {
            String key = "p/" + (i * 7919 % 2_345) + (i % 3 == 0 ? "/x" : "");
            keys.add(key);
            store.putIfAbsent(key, Content.of(new byte[] {1}));
        }
        store.putIfAbsent("q", text("behind"));

        assertThat(store.list("p/", "").items()).hasSizeLessThanOrEqualTo(1_000);
        assertThat(keys("p/")).containsExactlyElementsOf(keys);
    }

    @Test
    final void deletingIsIdempotent() throws Exception {
        store.putIfAbsent("ns/gone", text("x"));

        store.delete("ns/gone");
        store.delete("ns/gone");
        store.delete("ns/never/was");

        assertThat(store.find("ns/gone")).isEmpty();
        assertThat(keys("")).isEmpty();
        assertThat(store.putIfAbsent("ns/gone", text("again"))).isEqualTo(Put.CREATED);
        assertThat(all("ns/gone")).asString(StandardCharsets.UTF_8).isEqualTo("again");
    }

    @Test
    final void putsAndDeletesInOneFolderDoNotDisturbEachOther() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                String key = "busy/folder/" + i;
                work.add(pool.submit(() -> {
                    for (int n = 0; n < 30; n++) {
                        assertThat(store.putIfAbsent(key, text(key))).isEqualTo(Put.CREATED);
                        assertThat(store.find(key)).isPresent();
                        store.delete(key);
                    }
                }));
            }
            for (Future<?> each : work) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(keys("")).isEmpty();
    }

    @Test
    final void aLargeBlobIsStreamed() throws Exception {
        assertThat(store.putIfAbsent("large", new Pattern(LARGE, LARGE))).isEqualTo(Put.CREATED);

        assertThat(store.find("large")).contains(new Blob("large", LARGE));
        try (InputStream expected = new Pattern(LARGE, LARGE).open();
                InputStream actual = store.get("large")) {
            assertSame(actual, expected);
        }
        byte[] end = range("large", LARGE - 5, 100).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(end).hasSize(5).isEqualTo(Pattern.bytes(LARGE - 5, 5));
    }

    /** Piece by piece: nobody needs a large blob in memory to compare it. */
    private static void assertSame(InputStream actual, InputStream expected) throws IOException {
        long place = 0;
        while (true) {
            byte[] piece = expected.readNBytes(64 * 1024);
            byte[] found = actual.readNBytes(64 * 1024);
            int mismatch = Arrays.mismatch(found, piece);
            assertThat(mismatch).as("first difference behind byte %d", place).isNegative();
            if (piece.length == 0) {
                return;
            }
            place += piece.length;
        }
    }

    @Test
    final void aContentThatBreaksOffLeavesNothing() {
        Content broken = new Content() {
            @Override
            public long length() {
                return 200_000;
            }

            @Override
            public InputStream open() {
                return new SequenceInputStream(new ByteArrayInputStream(new byte[100_000]), new Breaking());
            }
        };

        assertThatThrownBy(() -> store.putIfAbsent("ns/broken", broken)).isInstanceOf(ResultsException.class);

        assertNothing("ns/broken");
    }

    @Test
    final void aContentThatCannotBeOpenedLeavesNothing() {
        Content closed = new Content() {
            @Override
            public long length() {
                return 10;
            }

            @Override
            public InputStream open() throws IOException {
                throw new IOException("there is nothing to open");
            }
        };

        assertThatThrownBy(() -> store.putIfAbsent("ns/closed", closed)).isInstanceOf(ResultsException.class);

        assertNothing("ns/closed");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 99_999, 100_001, 5_000_000})
    final void aContentOfAnotherLengthThanAnnouncedIsRefused(int actual) {
        assertCode(Code.INVALID, () -> store.putIfAbsent("ns/wrong", new Pattern(100_000, actual)));

        assertNothing("ns/wrong");
    }

    @Test
    final void aContentThatAnnouncesNothingButHasBytesIsRefused() {
        assertCode(Code.INVALID, () -> store.putIfAbsent("ns/wrong", new Pattern(0, 5)));

        assertNothing("ns/wrong");
    }

    private void assertNothing(String key) {
        assertThat(store.find(key)).isEmpty();
        assertThat(keys("")).isEmpty();
        assertThat(store.putIfAbsent(key, text("later"))).isEqualTo(Put.CREATED);
    }

    private List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        String after = "";
        while (true) {
            Page<Blob> page = store.list(prefix, after);
            page.items().forEach(blob -> keys.add(blob.key()));
            if (page.nextPageToken().isEmpty()) {
                return keys;
            }
            assertThat(page.items()).as("a page with another behind it").isNotEmpty();
            after = page.nextPageToken().get();
        }
    }

    private byte[] all(String key) throws IOException {
        try (InputStream in = store.get(key)) {
            return in.readAllBytes();
        }
    }

    private String range(String key, long offset, long length) throws IOException {
        try (InputStream in = store.getRange(key, offset, length)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static void assertCode(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static Content text(String text) {
        return Content.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] randomBytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Bytes that are made while they are read, so that nobody holds them. */
    private record Pattern(long length, long actual) implements Content {

        static byte[] bytes(long offset, int count) {
            byte[] bytes = new byte[count];
            for (int i = 0; i < count; i++) {
                bytes[i] = at(offset + i);
            }
            return bytes;
        }

        private static byte at(long position) {
            return (byte) (position * 31 + (position >>> 12));
        }

        @Override
        public InputStream open() {
            return new InputStream() {
                private long position;

                @Override
                public int read() {
                    return position == actual ? -1 : at(position++) & 0xff;
                }

                @Override
                public int read(byte[] buffer, int offset, int count) {
                    if (position == actual) {
                        return -1;
                    }
                    int n = (int) Math.min(count, actual - position);
                    for (int i = 0; i < n; i++) {
                        buffer[offset + i] = at(position++);
                    }
                    return n;
                }
            };
        }
    }

    private static final class Breaking extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("broken off");
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            throw new IOException("broken off");
        }
    }
}
