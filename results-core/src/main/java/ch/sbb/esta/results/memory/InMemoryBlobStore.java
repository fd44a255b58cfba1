package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.BlobKey;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.ExactStream;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A {@link BlobStore} in memory. Thread-safe; what it holds is gone with it. */
public final class InMemoryBlobStore implements BlobStore {

    private static final int PAGE = 1000;

    // Keys are ASCII, so the order of characters is the order of bytes.
    private final ConcurrentNavigableMap<String, byte[]> blobs = new ConcurrentSkipListMap<>();

    /** Creates an empty store. */
    public InMemoryBlobStore() {}

    @Override
    public Put putIfAbsent(String key, Content content) {
        BlobKey.check(key);
        Objects.requireNonNull(content, "content");
        if (blobs.containsKey(key)) {
            return Put.EXISTS;
        }
        byte[] bytes;
        try (InputStream in = new ExactStream(content.open(), content.length())) {
            bytes = in.readAllBytes();
        } catch (IOException e) {
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE, "the content of the blob " + key + " could not be read", e);
        }
        return blobs.putIfAbsent(key, bytes) == null ? Put.CREATED : Put.EXISTS;
    }

    @Override
    public InputStream get(String key) {
        return new ByteArrayInputStream(bytes(key));
    }

    @Override
    public InputStream getRange(String key, long offset, long length) {
        BlobKey.checkRange(offset, length);
        byte[] bytes = bytes(key);
        int from = (int) Math.min(offset, bytes.length);
        return new ByteArrayInputStream(bytes, from, (int) Math.min(length, bytes.length - from));
    }

    @Override
    public Optional<Blob> find(String key) {
        byte[] bytes = blobs.get(BlobKey.check(key));
        return bytes == null ? Optional.empty() : Optional.of(new Blob(key, bytes.length));
    }

    @Override
    public Page<Blob> list(String prefix, String afterKey) {
        BlobKey.checkPrefix(prefix);
        Objects.requireNonNull(afterKey, "afterKey");
        List<Blob> page = new ArrayList<>();
        String from = afterKey.compareTo(prefix) > 0 ? afterKey : prefix;
        for (Map.Entry<String, byte[]> blob : blobs.tailMap(from, true).entrySet()) {
            if (!blob.getKey().startsWith(prefix)) {
                break;
            }
            if (blob.getKey().equals(afterKey)) {
                continue;
            }
            if (page.size() == PAGE) {
                return new Page<>(page, page.get(PAGE - 1).key());
            }
            page.add(new Blob(blob.getKey(), blob.getValue().length));
        }
        return new Page<>(page, null);
    }

    @Override
    public void delete(String key) {
        blobs.remove(BlobKey.check(key));
    }

    private byte[] bytes(String key) {
        byte[] bytes = blobs.get(BlobKey.check(key));
        if (bytes == null) {
            throw ResultsException.notFound(key);
        }
        return bytes;
    }
}
