package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.BlobKey;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobLinks;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A {@link BlobStore} that keeps the blobs of each namespace in a store of its own: a bucket, a prefix, a key or credentials per tenant.
 * The namespace is the first segment of a key; the key goes to that store as it is, namespace included.
 *
 * <p><b>Concurrency.</b> Thread-safe, as the stores and their {@link BlobRoutes} are.
 *
 * <p><b>Idempotency.</b> That of the stores.
 *
 * <p><b>Ordering.</b> A list whose prefix contains a slash asks the one store of that namespace. Any other goes over all namespaces: it
 * asks every store for a page and merges what they have by key, which is meant for maintenance and not for every day.
 *
 * <p><b>Tenancy.</b> A blob is sought in the store of its namespace only. What a store has of namespaces that are routed elsewhere,
 * or nowhere, is not shown.
 *
 * <p><b>Failure.</b> That of the store asked; a list over all namespaces fails when one of the stores does. {@link #link} is
 * {@code INVALID} where the namespace's store makes no links.
 *
 * <p><b>Lifecycle.</b> The stores are not closed.
 */
public final class RoutedBlobStore implements BlobStore, BlobLinks {

    private static final int PAGE = 1000;

    private final BlobRoutes routes;

    /**
     * Creates a store over others.
     *
     * @param routes which of them keeps what
     */
    public RoutedBlobStore(BlobRoutes routes) {
        this.routes = Objects.requireNonNull(routes, "routes");
    }

    @Override
    public Put putIfAbsent(String key, Content content) {
        return storeOf(key).putIfAbsent(key, content);
    }

    @Override
    public InputStream get(String key) {
        return storeOf(key).get(key);
    }

    @Override
    public InputStream getRange(String key, long offset, long length) {
        return storeOf(key).getRange(key, offset, length);
    }

    @Override
    public Optional<Blob> find(String key) {
        return storeOf(key).find(key);
    }

    @Override
    public Page<Blob> list(String prefix, String afterKey) {
        BlobKey.checkPrefix(prefix);
        Objects.requireNonNull(afterKey, "afterKey");
        if (prefix.indexOf('/') >= 0) {
            return routes.storeOf(namespace(prefix)).list(prefix, afterKey);
        }
        // Keys are ASCII, so the order of characters is the order of bytes.
        TreeMap<String, Blob> found = new TreeMap<>();
        for (BlobStore store : routes.stores()) {
            own(store, prefix, afterKey).forEach(blob -> found.put(blob.key(), blob));
        }
        List<Blob> page = found.values().stream().limit(PAGE).toList();
        return new Page<>(page, found.size() > PAGE ? page.get(PAGE - 1).key() : null);
    }

    /** The first blobs of a store that are routed to it: one more than a page takes, or all. */
    private List<Blob> own(BlobStore store, String prefix, String afterKey) {
        List<Blob> own = new ArrayList<>();
        Optional<String> after = Optional.of(afterKey);
        while (after.isPresent() && own.size() <= PAGE) {
            Page<Blob> page = store.list(prefix, after.get());
            page.items().stream()
                    .filter(blob -> isOwn(store, namespace(blob.key())))
                    .forEach(own::add);
            after = page.nextPageToken();
        }
        return own;
    }

    @SuppressWarnings("ReferenceEquality") // routes promise the same object
    private boolean isOwn(BlobStore store, String namespace) {
        try {
            return routes.storeOf(namespace) == store;
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND || e.code() == Code.DENIED) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void delete(String key) {
        storeOf(key).delete(key);
    }

    @Override
    public URI link(String key, Duration validFor) {
        if (storeOf(key) instanceof BlobLinks links) {
            return links.link(key, validFor);
        }
        throw ResultsException.invalid("the store of the namespace " + Escaped.of(namespace(key))
                        + " makes no links; read the blob itself")
                .about(key);
    }

    private BlobStore storeOf(String key) {
        return routes.storeOf(namespace(BlobKey.check(key)));
    }

    private static String namespace(String key) {
        int slash = key.indexOf('/');
        return slash < 0 ? key : key.substring(0, slash);
    }
}
