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
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one resource in one namespace or in all. fabric8's informer heals lost connections and expired versions; what it gives up on
 * is healed here: a version of the resource that the cluster does not serve. Then the next version is tried, and after the last one the
 * first again, some time later.
 */
final class ResourceInformer {

    private static final Logger LOG = LoggerFactory.getLogger(ResourceInformer.class);

    private final KubernetesClient client;
    private final WatchSession session;
    private final ResourceVersions resource;
    private final String namespace;
    private final WatchRelay relay;
    private final AtomicReference<@Nullable Instant> heard = new AtomicReference<>();
    private @Nullable SharedIndexInformer<GenericKubernetesResource> informer;
    private int version;
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
        SharedIndexInformer<GenericKubernetesResource> started =
                operation(kind).withLimit((long) session.config().pageSize()).runnableInformer(0);
        informer = started;
        started.removeIndexer("namespace");
        started.itemStore(new SeenUids());
        started.exceptionHandler((wasStarted, failure) -> !isNotServed(failure));
        started.addEventHandler(new Events(kind));
        started.stopped().whenComplete((nothing, failure) -> {
            if (failure != null) {
                session.execute(() -> restart(started));
            }
        });
        started.start();
    }

    synchronized void stop() {
        stopped = true;
        if (informer != null) {
            informer.stop();
            informer = null;
        }
    }

    private synchronized void restart(SharedIndexInformer<GenericKubernetesResource> failed) {
        if (stopped || failed != informer) {
            return;
        }
        failed.stop();
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
        CompletableFuture.delayedExecutor(
                        session.config().kindRetryInterval().toMillis(), TimeUnit.MILLISECONDS, session::execute)
                .execute(this::start);
    }

    private FilterWatchListDeletable<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            operation(RunKind kind) {
        MixedOperation<GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                all = rawClient().genericKubernetesResources(ResourceVersions.context(kind));
        FilterWatchListDeletable<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                scoped = namespace.isEmpty() ? all.inAnyNamespace() : all.inNamespace(namespace);
        return resource.label() == null ? scoped : scoped.withLabel(resource.label());
    }

    /**
     * A second client over the same connections, so that reading raw objects does not change how the embedder's client reads. It is
     * never closed: it has nothing of its own.
     */
    private KubernetesClient rawClient() {
        return new KubernetesClientBuilder()
                .withConfig(client.getConfiguration())
                .withHttpClientFactory(new SharedHttpClient(client.getHttpClient()))
                .withTaskExecutor(session::execute)
                .withKubernetesSerialization(new RawSerialization(this::heard))
                .build();
    }

    private void heard() {
        heard.set(session.config().clock().instant());
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
