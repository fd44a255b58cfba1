package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one resource in one namespace or in all. fabric8's informer heals lost connections and most expired
 * versions. What it gives up on is healed here: where the cluster does not serve a version of the resource, the next one is tried, and
 * after the last one the first again, some time later.
 */
final class ResourceInformer {

    private static final Logger LOG = LoggerFactory.getLogger(ResourceInformer.class);

    /** So that a server that finds every version expired is not asked without a pause. */
    private static final Duration EXPIRY_PAUSE = Duration.ofMillis(500);

    private final KubernetesClient client;
    private final WatchSession session;
    private final ResourceVersions resource;
    private final String namespace;
    private final WatchRelay relay;
    private final SeenUids seen = new SeenUids();
    private final AtomicReference<@Nullable Instant> heard = new AtomicReference<>();
    private final AtomicLong heardAt = new AtomicLong();
    private @Nullable SharedIndexInformer<GenericKubernetesResource> informer;
    private int version;
    private int starts;
    private boolean stopped;

    ResourceInformer(
            KubernetesClient client,
            WatchSession session,
            ResourceVersions resource,
            String namespace,
            WatchRelay relay) {
        this.client = client;
        this.session = session;
        this.resource = resource;
        this.namespace = namespace;
        this.relay = relay;
    }

    Optional<Instant> lastHeard() {
        return Optional.ofNullable(heard.get());
    }

    synchronized void start() {
        if (stopped) {
            return;
        }
        RunKind kind = resource.kinds().get(version);
        int start = ++starts;
        SharedIndexInformer<GenericKubernetesResource> started = operation(kind, () -> expired(start))
                .withLimit((long) session.config().pageSize())
                .runnableInformer(0);
        informer = started;
        started.removeIndexer("namespace");
        started.itemStore(seen);
        started.exceptionHandler((wasStarted, failure) -> !isNotServed(failure));
        started.addEventHandler(new Events(kind));
        started.stopped().whenComplete((nothing, failure) -> {
            if (failure != null) {
                session.execute(() -> tryNextVersion(start));
            }
        });
        started.start();
        heardAt.set(System.nanoTime());
        watchSilence(start, session.config().watchSilenceLimit());
    }

    /**
     * A websocket of fabric8 that is closed in its first moment is not opened again, and a connection behind a dead router never ends:
     * nothing but silence tells of either.
     */
    private void watchSilence(int start, Duration limit) {
        later(limit.dividedBy(4).plusMillis(1), () -> {
            synchronized (this) {
                if (stopped || start != starts || informer == null) {
                    return;
                }
            }
            Duration silence = Duration.ofNanos(System.nanoTime() - heardAt.get());
            if (silence.compareTo(limit) < 0) {
                watchSilence(start, limit);
            } else {
                LOG.info(
                        "The watch of {} in {} has been silent for {}, listing and watching again",
                        resource.kinds().get(version),
                        namespace.isEmpty() ? "all namespaces" : namespace,
                        silence);
                startAgain(start);
            }
        });
    }

    synchronized void stop() {
        stopped = true;
        if (informer != null) {
            informer.stop();
            informer = null;
        }
    }

    private synchronized void tryNextVersion(int start) {
        if (stopped || start != starts || informer == null) {
            return;
        }
        informer.stop();
        informer = null;
        // The answer that there is no such kind is an answer.
        heard();
        RunKind kind = resource.kinds().get(version);
        version = (version + 1) % resource.kinds().size();
        if (version != 0) {
            LOG.info(
                    "The cluster does not serve {}, trying {}",
                    kind,
                    resource.kinds().get(version));
            start();
            return;
        }
        LOG.info(
                "The cluster does not serve {}, asking again in {}",
                kind,
                session.config().kindRetryInterval());
        later(session.config().kindRetryInterval(), this::start);
    }

    /** The version from which a watch should go on is forgotten, and the informer does not see it. */
    private void expired(int start) {
        later(EXPIRY_PAUSE, () -> startAgain(start));
    }

    private synchronized void startAgain(int start) {
        if (!stopped && start == starts && informer != null) {
            informer.stop();
            start();
        }
    }

    private void later(Duration delay, Runnable task) {
        CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS, session::execute)
                .execute(task);
    }

    private FilterWatchListDeletable<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            operation(RunKind kind, Runnable expired) {
        MixedOperation<GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                all = rawClient(expired).genericKubernetesResources(ResourceVersions.context(kind));
        FilterWatchListDeletable<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                scoped = namespace.isEmpty() ? all.inAnyNamespace() : all.inNamespace(namespace);
        FilterWatchListDeletable<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                named = resource.name() == null ? scoped : scoped.withField("metadata.name", resource.name());
        return resource.label() == null ? named : named.withLabel(resource.label());
    }

    /**
     * A second client over the same connections, so that reading raw objects does not change how the embedder's client reads. It is
     * never closed: it has nothing of its own.
     */
    private KubernetesClient rawClient(Runnable expired) {
        HttpClient mended = client.getHttpClient()
                .newBuilder()
                .addOrReplaceInterceptor(WatchRepair.NAME, new WatchRepair(expired))
                .build();
        return new KubernetesClientBuilder()
                .withConfig(client.getConfiguration())
                .withHttpClientFactory(new SharedHttpClient(mended))
                .withTaskExecutor(session::execute)
                .withKubernetesSerialization(new RawSerialization(this::heard))
                .build();
    }

    private void heard() {
        heard.set(session.config().clock().instant());
        heardAt.set(System.nanoTime());
    }

    private static boolean isNotServed(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof KubernetesClientException e) {
                return e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
            }
        }
        return false;
    }

    private final class Events implements ResourceEventHandler<GenericKubernetesResource> {

        private final RunKind kind;

        Events(RunKind kind) {
            this.kind = kind;
        }

        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            heard();
        }

        @Override
        public void onAdd(GenericKubernetesResource resource) {
            session.deliver(() -> relay.seen(kind, (RawResource) resource));
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource resource) {
            onAdd(resource);
        }

        @Override
        public void onDelete(GenericKubernetesResource resource, boolean deletedFinalStateUnknown) {
            RawResource last = (RawResource) resource;
            session.deliver(() -> {
                if (deletedFinalStateUnknown) {
                    relay.vanished(kind, last.uid());
                } else {
                    relay.deleted(kind, last);
                }
            });
        }
    }
}
