package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.spi.BlobStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Says which store keeps the blobs of a namespace, for a {@link RoutedBlobStore}.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; they are asked at every call.
 *
 * <p><b>Idempotency.</b> The same namespace has the same store, the same object even, for as long as its blobs are to be found.
 */
public interface BlobRoutes {

    /**
     * The store of a namespace.
     *
     * @param namespace the first segment of a key
     * @return its store
     * @throws ch.sbb.esta.results.ResultsException {@code DENIED} or {@code NOT_FOUND} when this namespace has none
     */
    BlobStore storeOf(String namespace);

    /**
     * Every store of which {@link #storeOf} knows, for lists over all namespaces.
     *
     * @return the stores, in any order
     */
    Collection<BlobStore> stores();

    /**
     * Routes that do not change.
     *
     * @param tenants the stores of single namespaces, by namespace; copied
     * @param others the store of every other namespace
     * @return the routes
     */
    static BlobRoutes of(Map<String, ? extends BlobStore> tenants, BlobStore others) {
        Map<String, BlobStore> known = Map.copyOf(tenants);
        Objects.requireNonNull(others, "others");
        Set<BlobStore> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        distinct.addAll(known.values());
        distinct.add(others);
        List<BlobStore> stores = Collections.unmodifiableList(new ArrayList<>(distinct));
        return new BlobRoutes() {
            @Override
            public BlobStore storeOf(String namespace) {
                return known.getOrDefault(namespace, others);
            }

            @Override
            public Collection<BlobStore> stores() {
                return stores;
            }
        };
    }
}
