package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.WatchHealth;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watch of some resources in some namespaces: the informers, which come and go with the namespaces, the few threads on which they work,
 * and the gate that closes them.
 */
final class WatchSession implements Watching {

    private static final Logger LOG = LoggerFactory.getLogger(WatchSession.class);

    private static final int THREADS =
            Math.max(2, Math.min(8, Runtime.getRuntime().availableProcessors()));
    /** Of lists that are under way, each of which holds a page, and of watches that are being opened. */
    private static final int AT_ONCE = 16;
    /** A namespace that is deleted is watched a little longer: the deletions of its last runs come by other connections. */
    private static final Duration FAREWELL = Duration.ofSeconds(10);

    private final FabricConfig config;
    private final KubernetesClient client;
    private final StreamHttpClient http;
    private final List<ResourceVersions> resources;
    private final Supplier<? extends WatchRelay> relays;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, Threads.named("results-watch"));
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(1, Threads.named("results-watch-timer"));
    private final Turnstile turnstile = new Turnstile(AT_ONCE, this::execute);
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
    private final Runnable onNamespaces = this::followNames;
    /** By namespace; the empty one has what is watched in all of them. Guarded by itself. */
    private final Map<String, List<ResourceInformer>> informers = new LinkedHashMap<>();

    private final @Nullable ResourceInformer selecting;
    /** Whether everything was heard of at one time. */
    private volatile boolean complete;

    private volatile boolean closed;

    private WatchSession(
            KubernetesClient client,
            FabricConfig config,
            List<ResourceVersions> resources,
            Supplier<? extends WatchRelay> relays) {
        this.client = client;
        this.config = config;
        this.resources = resources;
        this.relays = relays;
        this.http = StreamHttpClient.of(client);
        this.timer.setRemoveOnCancelPolicy(true);
        this.selecting = config.namespaceSelector()
                .map(selector ->
                        new ResourceInformer(this, ResourceVersions.namespaces(selector), "", new NamespaceRelay()))
                .orElse(null);
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
        WatchSession session = new WatchSession(client, config, resources, relays);
        session.begin();
        return session;
    }

    private void begin() {
        add("", resources.stream().filter(ResourceVersions::isClusterWide).toList());
        WatchedNamespaces named = config.watchedNamespaces();
        if (selecting != null) {
            selecting.start();
        } else if (named != null) {
            named.follow(onNamespaces);
            followNames();
        } else {
            add("", namespaced());
        }
        long tick = Math.max(1, config.watchSilenceLimit().toMillis() / 4);
        ScheduledFuture<?> unused =
                timer.scheduleWithFixedDelay(() -> execute(this::lookForSilence), tick, tick, TimeUnit.MILLISECONDS);
    }

    private List<ResourceVersions> namespaced() {
        return resources.stream().filter(resource -> !resource.isClusterWide()).toList();
    }

    private void followNames() {
        WatchedNamespaces named = config.watchedNamespaces();
        if (named == null) {
            return;
        }
        // Under the lock, so that of two changes at once the later one decides.
        synchronized (informers) {
            Set<String> gone = new HashSet<>(informers.keySet());
            gone.remove("");
            for (String name : named.names()) {
                if (!gone.remove(name)) {
                    add(name, namespaced());
                }
            }
            gone.forEach(this::remove);
        }
    }

    private void add(String namespace, List<ResourceVersions> what) {
        synchronized (informers) {
            if (closed || what.isEmpty()) {
                return;
            }
            List<ResourceInformer> added = informers.computeIfAbsent(namespace, name -> new ArrayList<>());
            for (ResourceVersions resource : what) {
                ResourceInformer informer = new ResourceInformer(this, resource, namespace, relays.get());
                added.add(informer);
                informer.start();
            }
        }
    }

    private void remove(String namespace) {
        List<ResourceInformer> removed;
        synchronized (informers) {
            removed = informers.remove(namespace);
        }
        if (removed != null) {
            removed.forEach(ResourceInformer::stop);
        }
    }

    private List<ResourceInformer> all() {
        List<ResourceInformer> all = new ArrayList<>();
        synchronized (informers) {
            informers.values().forEach(all::addAll);
        }
        if (selecting != null) {
            all.add(selecting);
        }
        return all;
    }

    private void lookForSilence() {
        all().forEach(ResourceInformer::lookForSilence);
    }

    FabricConfig config() {
        return config;
    }

    /** Begins work that asks the API server when it is its turn. */
    void enter(Consumer<Turnstile.Turn> work) {
        turnstile.enter(work);
    }

    CompletableFuture<HttpResponse<byte[]>> get(ApiPath path) {
        long millis = config.requestTimeout().toMillis();
        HttpRequest request = http.client()
                .newHttpRequestBuilder()
                .uri(ApiRequests.url(client, path))
                .setHeader("Accept", "application/json")
                .timeout(millis, TimeUnit.MILLISECONDS)
                .build();
        try {
            return http.client().sendAsync(request, byte[].class).orTimeout(2 * millis, TimeUnit.MILLISECONDS);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    CompletableFuture<HttpResponse<AsyncBody>> stream(ApiPath path, WatchBody body) {
        HttpRequest request = http.client()
                .newHttpRequestBuilder()
                .uri(ApiRequests.url(client, path))
                .setHeader("Accept", "application/json")
                .build();
        try {
            return http.client().consumeBytes(request, body);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Runs a task on a thread of this watch; after the close it is dropped, because HTTP clients call back late. */
    void execute(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.trace("Dropped a task of a closed watch", e);
        }
    }

    void later(Duration delay, Runnable task) {
        try {
            ScheduledFuture<?> unused = timer.schedule(() -> execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
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

    /** The oldest news of all informers: one that went quiet is not hidden by the others. What must not be seen hides nothing either. */
    @Override
    public Optional<Instant> lastHeard() {
        List<ResourceInformer> seeing =
                all().stream().filter(informer -> !informer.isDenied()).toList();
        if (!complete) {
            if (seeing.stream().anyMatch(informer -> informer.lastHeard().isEmpty())) {
                return Optional.empty();
            }
            complete = !seeing.isEmpty();
        }
        // A namespace that was added just now does not make what is known of the others unknown.
        return seeing.stream()
                .map(informer -> informer.lastHeard().orElse(informer.createdAt()))
                .min(Comparator.naturalOrder());
    }

    @Override
    public WatchHealth health() {
        List<ResourceInformer> all = all();
        int waiting = 0;
        int objects = 0;
        long replayed = 0;
        long vanished = 0;
        long unfinished = 0;
        List<WatchHealth.Trouble> troubles = new ArrayList<>();
        for (ResourceInformer informer : all) {
            KnownObjects.Counts counts = informer.counts();
            objects += counts.objects();
            replayed += counts.replayed();
            vanished += counts.vanished();
            unfinished += counts.vanishedUnfinished();
            waiting += informer.lastHeard().isEmpty() ? 1 : 0;
            informer.trouble().ifPresent(troubles::add);
        }
        troubles.sort(Comparator.comparing(WatchHealth.Trouble::since));
        return new WatchHealth(
                all.size(),
                waiting,
                objects,
                new WatchHealth.Losses(replayed, vanished, unfinished),
                troubles.subList(0, Math.min(troubles.size(), WatchHealth.MOST_TROUBLES)));
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
        WatchedNamespaces named = config.watchedNamespaces();
        if (named != null) {
            named.unfollow(onNamespaces);
        }
        all().forEach(ResourceInformer::stop);
        timer.shutdownNow();
        threads.shutdownNow();
        http.close();
    }

    /** Follows the namespaces that have the labels. */
    private final class NamespaceRelay implements WatchRelay {

        /** UIDs of namespaces that were deleted and are watched a little longer, by their names. Guarded by {@code informers}. */
        private final Map<String, String> leaving = new HashMap<>();

        @Override
        public void seen(RunKind kind, RawResource namespace) {
            synchronized (informers) {
                leaving.remove(namespace.name());
                if (!informers.containsKey(namespace.name())) {
                    add(namespace.name(), namespaced());
                }
            }
        }

        @Override
        public void deleted(RunKind kind, RawResource namespace) {
            if (!namespace.isDeleting()) {
                remove(namespace.name());
                return;
            }
            synchronized (informers) {
                leaving.put(namespace.name(), namespace.uid());
            }
            later(FAREWELL, () -> endFarewell(namespace.name(), namespace.uid()));
        }

        /** Unless a namespace of the same name has come meanwhile. */
        private void endFarewell(String name, String uid) {
            synchronized (informers) {
                if (leaving.remove(name, uid)) {
                    remove(name);
                }
            }
        }

        @Override
        public void vanished(RunKind kind, KnownObject last) {
            remove(last.name());
        }
    }
}
