package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One watch of some resources in some namespaces: the informers, the threads on which they call back, and the gate that closes them. */
final class WatchSession implements Watching {

    private static final Logger LOG = LoggerFactory.getLogger(WatchSession.class);

    private final FabricConfig config;
    private final ExecutorService threads;
    private final List<ResourceInformer> informers = new ArrayList<>();
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
    private volatile boolean closed;

    private WatchSession(FabricConfig config, String name) {
        this.config = config;
        this.threads = Executors.newCachedThreadPool(Threads.named(name));
    }

    /**
     * Starts to watch.
     *
     * @param relays makes what takes the events of one informer; asked once per informer
     */
    static WatchSession start(
            KubernetesClient client,
            FabricConfig config,
            List<ResourceVersions> resources,
            Supplier<? extends WatchRelay> relays) {
        WatchSession session = new WatchSession(config, "results-watch");
        for (String namespace : config.scopes()) {
            for (ResourceVersions resource : resources) {
                session.informers.add(new ResourceInformer(client, session, resource, namespace, relays.get()));
            }
        }
        try {
            session.informers.forEach(ResourceInformer::start);
        } catch (RuntimeException e) {
            session.close();
            throw ApiFailures.of(e).about("watch of " + resources.size() + " kinds of resources");
        }
        return session;
    }

    FabricConfig config() {
        return config;
    }

    /** Runs a task on a thread of this watch; after the close it is dropped, because HTTP clients call back late. */
    void execute(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.trace("Dropped a task of a closed watch", e);
        }
    }

    /** Calls a handler of the embedder unless the watch is closed. */
    void deliver(Runnable call) {
        gate.readLock().lock();
        try {
            if (!closed) {
                call.run();
            }
        } catch (RuntimeException e) {
            LOG.error("A watch handler failed; the watch goes on", e);
        } finally {
            gate.readLock().unlock();
        }
    }

    /** The oldest news of all informers: one that went quiet is not hidden by the others. */
    @Override
    public Optional<Instant> lastHeard() {
        Instant oldest = null;
        for (ResourceInformer informer : informers) {
            Optional<Instant> heard = informer.lastHeard();
            if (heard.isEmpty()) {
                return Optional.empty();
            }
            if (oldest == null || heard.get().isBefore(oldest)) {
                oldest = heard.get();
            }
        }
        return Optional.ofNullable(oldest);
    }

    @Override
    public void close() {
        if (gate.getReadHoldCount() > 0) {
            // A handler closes its own watch: it cannot wait for itself.
            closed = true;
        } else {
            gate.writeLock().lock();
            try {
                closed = true;
            } finally {
                gate.writeLock().unlock();
            }
        }
        informers.forEach(ResourceInformer::stop);
        threads.shutdownNow();
    }
}
