package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the requests that read a blob, and the bytes that are read. Thread-safe. */
final class CountingBlobStore implements BlobStore {

    private final BlobStore store;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    CountingBlobStore(BlobStore store) {
        this.store = store;
    }

    long requests() {
        return requests.get();
    }

    long bytes() {
        return bytes.get();
    }

    @Override
    public Put putIfAbsent(String key, Content content) {
        return store.putIfAbsent(key, content);
    }

    @Override
    public InputStream get(String key) {
        requests.incrementAndGet();
        return counted(store.get(key));
    }

    @Override
    public InputStream getRange(String key, long offset, long length) {
        requests.incrementAndGet();
        return counted(store.getRange(key, offset, length));
    }

    @Override
    public Optional<Blob> find(String key) {
        return store.find(key);
    }

    @Override
    public Page<Blob> list(String prefix, String afterKey) {
        return store.list(prefix, afterKey);
    }

    @Override
    public void delete(String key) {
        store.delete(key);
    }

    private InputStream counted(InputStream in) {
        return new FilterInputStream(in) {

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int n = in.read(buffer, offset, length);
                bytes.addAndGet(Math.max(n, 0));
                return n;
            }

            @Override
            public long skip(long count) throws IOException {
                // What is skipped was fetched all the same.
                long n = in.skip(count);
                bytes.addAndGet(n);
                return n;
            }
        };
    }
}
