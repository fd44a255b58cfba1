package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Kubernetes Events of a cluster, watched and listed through the HTTP client of fabric8. Needs the permission to
 * {@code list} and {@code watch} {@code events} of the core group; where it is missing in one of several configured namespaces, the others
 * are watched all the same.
 *
 * <p>There is one watch for each configured namespace, or one for all. It brings all Events, because a field selector cannot name several
 * kinds; those that are neither about runs nor about pods are let go as they come. It remembers the UIDs of Events and nothing else. Lost
 * connections and expired versions are healed as {@link FabricRunWatcher} does it.
 *
 * <p>Thread-safe. The client that is handed in is not closed.
 */
public final class FabricClusterEvents implements ClusterEvents {

    private static final Logger LOG = LoggerFactory.getLogger(FabricClusterEvents.class);
    private static final int RESTARTS = 3;

    private final KubernetesClient client;
    private final FabricConfig config;
    private final ApiRequests requests;

    /**
     * Creates the adapter; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config which namespaces, and how long an answer may take
     */
    public FabricClusterEvents(KubernetesClient client, FabricConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
        this.requests = new ApiRequests(client, config);
    }

    @Override
    public Watching watchEvents(Handler handler) {
        Objects.requireNonNull(handler, "handler");
        return WatchSession.start(
                client,
                config,
                List.of(ResourceVersions.events(config.runs())),
                () -> new Relay(handler, config.kinds()));
    }

    @Override
    public List<EventSnapshot> listAbout(String namespace, String uid) {
        return list(namespace, "involvedObject.uid=" + escaped(uid));
    }

    @Override
    public List<EventSnapshot> listAboutPod(String namespace, String pod) {
        return list(namespace, "involvedObject.kind=Pod,involvedObject.name=" + escaped(pod));
    }

    /** {@code k8s.io/apimachinery/pkg/fields/selector.go}: these three have a meaning. */
    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=");
    }

    private List<EventSnapshot> list(String namespace, String selector) {
        if (namespace.isEmpty()) {
            throw ResultsException.invalid("a list of Events needs a namespace");
        }
        for (int restarts = 0; ; restarts++) {
            try {
                return listOnce(namespace, selector);
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || restarts == RESTARTS) {
                    throw e.about("list of Events in " + namespace);
                }
            }
        }
    }

    private List<EventSnapshot> listOnce(String namespace, String selector) {
        List<EventSnapshot> events = new ArrayList<>();
        String token = "";
        do {
            ApiPath path = ApiPath.of(ClusterObjects.EVENT, namespace)
                    .query("fieldSelector", selector)
                    .query("limit", Integer.toString(config.pageSize()));
            if (!token.isEmpty()) {
                path.query("continue", token);
            }
            RawList page = RawList.read(requests.get(path));
            page.items().forEach(item -> read(item).ifPresent(events::add));
            token = page.continueToken();
        } while (!token.isEmpty());
        return events;
    }

    private static Optional<EventSnapshot> read(RawResource resource) {
        try {
            return Optional.of(EventSnapshot.parse(resource.json()));
        } catch (ResultsException e) {
            LOG.warn("Passed over the Event {}: {}", Escaped.of(resource.uid()), e.getMessage());
            return Optional.empty();
        }
    }

    private record Relay(Handler handler, RunKinds kinds) implements WatchRelay {

        @Override
        public void seen(RunKind kind, RawResource resource) {
            read(resource).filter(this::isOfInterest).ifPresent(handler::onEvent);
        }

        private boolean isOfInterest(EventSnapshot event) {
            return event.subject().isPod()
                    || event.subject().findRunKind().filter(kinds::contains).isPresent();
        }

        /** It has expired. */
        @Override
        public void deleted(RunKind kind, RawResource resource) {}

        /** It has expired. */
        @Override
        public void vanished(RunKind kind, KnownObject last) {}
    }
}
