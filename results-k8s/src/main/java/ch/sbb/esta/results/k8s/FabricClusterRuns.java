package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of a cluster through the HTTP client of fabric8, as the JSON that the API server sends.
 *
 * <p>Finalizers are added by server-side apply, with {@code esta-results} as the field manager, and removed by applying without them, or by
 * a JSON patch with a test where somebody else owns them too. Both name the UID; a change in between is a conflict, and the change is made
 * again on what is there then. Runs that are being deleted and runs of another UID under the same name get no finalizer.
 *
 * <p>A list leaves out what cannot be read as a run and logs it: the watcher delivers the same object as it is. A kind that the cluster
 * does not serve is {@code NOT_FOUND}, so that it is not taken for a kind without runs. With several namespaces configured, the list of
 * all goes through them one after the other. Thread-safe; the client that is handed in is not closed. How often a request is repeated
 * that was answered with 429 or 5xx is the business of its configuration, within {@link FabricConfig#requestTimeout()}.
 */
public final class FabricClusterRuns implements ClusterRuns {

    private static final Logger LOG = LoggerFactory.getLogger(FabricClusterRuns.class);
    private static final int MAX_ATTEMPTS = 20;

    private final ApiRequests requests;
    private final FabricConfig config;
    private final ClusterScopes scopes;
    /** Under which names extra kinds are served. */
    private final Map<RunKind, String> plurals = new ConcurrentHashMap<>();

    /**
     * Creates the adapter; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config which namespaces, which runs are listed, and how many on a page
     */
    public FabricClusterRuns(KubernetesClient client, FabricConfig config) {
        this.config = Objects.requireNonNull(config, "config");
        this.requests = new ApiRequests(Objects.requireNonNull(client, "client"), config);
        this.scopes = new ClusterScopes(client, config);
    }

    /**
     * {@inheritDoc}
     *
     * @throws ResultsException also {@code NOT_FOUND} when the cluster does not serve the kind, {@code INVALID} when the namespace is not
     *     among the configured ones, the token is mangled, or objects of the kind belong to no namespace
     */
    @Override
    public Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken) {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(continueToken, "continueToken");
        ListPosition position = ListPosition.of(scopes, config, namespace, continueToken);
        if (position.isAtEnd()) {
            return new Page<>(List.of(), null);
        }
        RawList list;
        try {
            list = RawList.read(requests.get(page(kind, position)));
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                plurals.remove(kind);
            }
            throw e.about("list of " + kind + (position.scope().isEmpty() ? "" : " in " + position.scope()));
        }
        return new Page<>(
                snapshots(
                        kind,
                        list.items().stream().filter(config.runs()::admits).toList()),
                position.next(list.continueToken()).orElse(null));
    }

    private ApiPath page(RunKind kind, ListPosition position) {
        ApiPath path =
                ApiPath.of(kind, position.scope(), plural(kind)).query("limit", Integer.toString(config.pageSize()));
        if (!config.runs().labelSelector().isEmpty()) {
            path.query("labelSelector", config.runs().labelSelector());
        }
        if (!config.runs().fieldSelector().isEmpty()) {
            path.query("fieldSelector", config.runs().fieldSelector());
        }
        if (!position.token().isEmpty()) {
            path.query("continue", position.token());
        }
        return path;
    }

    /** The name under which the cluster serves a kind. */
    private String plural(RunKind kind) {
        if (kind.isTekton()) {
            return ResourceVersions.plural(kind);
        }
        String known = plurals.get(kind);
        if (known != null) {
            return known;
        }
        String asked = KindDiscovery.plural(kind, requests.get(KindDiscovery.path(kind)));
        plurals.put(kind, asked);
        return asked;
    }

    @Override
    public RunKinds kinds() {
        return config.kinds();
    }

    @Override
    public List<String> scopes() {
        return scopes.now();
    }

    @Override
    public Optional<RunSnapshot> find(RunKey run) {
        return read(run).map(RunSnapshot::asLiveRead);
    }

    @Override
    public boolean addFinalizer(RunKey run, String finalizer) {
        Objects.requireNonNull(finalizer, "finalizer");
        Optional<RunSnapshot> changed = changeFinalizers(run, (current, deleting) -> {
            if (!deleting && !current.contains(finalizer)) {
                requests.apply(managedPath(run), current.applyWith(finalizer));
            }
        });
        return changed.isPresent() && changed.get().deletionTime().isEmpty();
    }

    @Override
    public void removeFinalizer(RunKey run, String finalizer) {
        Objects.requireNonNull(finalizer, "finalizer");
        changeFinalizers(run, (current, deleting) -> {
            if (current.isOnlyOurs(finalizer)) {
                requests.apply(managedPath(run), current.applyWithout(finalizer));
            } else if (current.contains(finalizer)) {
                requests.jsonPatch(managedPath(run), current.jsonPatchWithout(finalizer));
            }
        });
    }

    /** {@inheritDoc} As field manager {@code esta-results}, by a merge patch: what others wrote into other annotations is not asked for. */
    @Override
    public boolean annotate(RunKey run, Map<String, String> annotations) {
        ObjectNode patch = ClusterObjects.object();
        ObjectNode metadata = patch.putObject("metadata").put("uid", run.uid());
        ObjectNode written = metadata.putObject("annotations");
        annotations.forEach(written::put);
        try {
            requests.mergePatch(managedPath(run), patch.toString());
            return true;
        } catch (ResultsException e) {
            boolean mayBeGone = e.code() == Code.NOT_FOUND || e.code() == Code.CONFLICT || e.code() == Code.INVALID;
            // The UID of the patch is refused where another run has the name now: then ours is gone.
            if (mayBeGone && read(run).isEmpty()) {
                return false;
            }
            throw e.about(subject(run));
        }
    }

    private ApiPath managedPath(RunKey run) {
        return path(run).query("fieldManager", FinalizerChange.MANAGER);
    }

    /** What is asked of the cluster for one version of a run. */
    private interface Step {
        void take(FinalizerChange current, boolean deleting);
    }

    @Override
    public boolean delete(RunKey run, String resourceVersion) {
        Objects.requireNonNull(resourceVersion, "resourceVersion");
        try {
            requests.delete(path(run), FinalizerChange.deleteOptions(run.uid(), resourceVersion));
            return true;
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                return false;
            }
            // The precondition on the UID fails where another run has the name now: then ours is gone.
            if (e.code() == Code.CONFLICT && read(run).isEmpty()) {
                return false;
            }
            throw e.about(subject(run));
        }
    }

    /** Returns the run as it was read last, or empty when it is gone. */
    private Optional<RunSnapshot> changeFinalizers(RunKey run, Step step) {
        for (int attempt = 1; ; attempt++) {
            Optional<RunSnapshot> read = read(run);
            if (read.isEmpty()) {
                return read;
            }
            try {
                step.take(
                        FinalizerChange.of(read.get()),
                        read.get().deletionTime().isPresent());
                return read;
            } catch (ResultsException e) {
                if (e.code() == Code.NOT_FOUND) {
                    return Optional.empty();
                }
                boolean mayHaveChanged =
                        e.code() == Code.CONFLICT || (e.code() == Code.INVALID && hasChanged(run, read.get()));
                if (!mayHaveChanged || attempt == MAX_ATTEMPTS) {
                    throw e.about(subject(run));
                }
            }
        }
    }

    /** A test that failed and a finalizer that was refused are both {@code INVALID}: the run was changed, or deleted, after it was read. */
    private boolean hasChanged(RunKey run, RunSnapshot since) {
        return read(run)
                .map(now -> !now.resourceVersion().equals(since.resourceVersion()))
                .orElse(true);
    }

    private Optional<RunSnapshot> read(RunKey run) {
        byte[] json;
        try {
            json = requests.get(path(run));
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e.about(subject(run));
        }
        RunSnapshot snapshot;
        try {
            snapshot = RunSnapshot.parse(json);
        } catch (ResultsException e) {
            throw e.about(subject(run));
        }
        return snapshot.uid().equals(run.uid()) ? Optional.of(snapshot) : Optional.empty();
    }

    private static List<RunSnapshot> snapshots(RunKind kind, List<RawResource> items) {
        List<RunSnapshot> snapshots = new ArrayList<>(items.size());
        for (RawResource item : items) {
            RunReading reading = RunReading.of(item.json());
            reading.run().map(RunSnapshot::asLiveRead).ifPresent(snapshots::add);
            reading.refusal()
                    .ifPresent(refusal -> LOG.warn(
                            "Left out of a list of {}: {}/{} {}",
                            kind,
                            Escaped.of(item.namespace()),
                            Escaped.of(item.name()),
                            refusal.reason()));
        }
        return snapshots;
    }

    private ApiPath path(RunKey run) {
        if (run.namespace().isEmpty()) {
            throw ResultsException.invalid("a run has a namespace, " + Escaped.of(run.name()) + " was given without");
        }
        return ApiPath.of(run.kind(), run.namespace(), plural(run.kind())).segment(run.name());
    }

    private static String subject(RunKey run) {
        return run.kind().kind() + " " + run.namespace() + "/" + run.name();
    }
}
