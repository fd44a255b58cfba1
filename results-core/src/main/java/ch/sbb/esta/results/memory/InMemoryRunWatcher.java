package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import java.util.Objects;

/** Delivers the runs of an {@link InMemoryClusterRuns}, on the thread that changes them. Thread-safe. */
public final class InMemoryRunWatcher implements RunWatcher {

    private final InMemoryClusterRuns cluster;

    /**
     * Creates a watcher over all namespaces of a cluster.
     *
     * @param cluster the cluster
     */
    public InMemoryRunWatcher(InMemoryClusterRuns cluster) {
        this.cluster = Objects.requireNonNull(cluster, "cluster");
    }

    @Override
    public Watching watch(Handler handler) {
        return cluster.watch(Objects.requireNonNull(handler, "handler"));
    }
}
