package ch.sbb.esta.results.k8s;

import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.WatchHealth;
import ch.sbb.esta.results.spi.Watching;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeRequest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/** A cluster that is watched, and what was seen of it. */
final class WatchScene implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Set<String> forbidden = ConcurrentHashMap.newKeySet();
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final Queue<Watching> open = new ConcurrentLinkedQueue<>();
    private final TestCluster cluster;

    WatchScene(HttpStack stack) {
        this(stack, KubeApiServer.builder());
    }

    WatchScene(HttpStack stack, KubeApiServer.Builder server) {
        cluster = TestCluster.start(stack, server.authorizer(this::isAllowed));
    }

    private boolean isAllowed(KubeRequest request) {
        return !forbidden.contains(request.namespace());
    }

    /** Refuses every request about a namespace with 403, and ends the watches that are open. */
    void forbid(String namespace) {
        forbidden.add(namespace);
        server().endWatches();
    }

    /** Ends so many watches, once they all are open. */
    void endWatches(int expected) {
        awaitOpen(expected);
        server().endWatches();
    }

    void awaitOpen(int watches) {
        await().atMost(PATIENCE).until(() -> server().openWatches() == watches);
    }

    void allow(String namespace) {
        forbidden.remove(namespace);
    }

    TestCluster cluster() {
        return cluster;
    }

    KubeApiServer server() {
        return cluster.server();
    }

    Watching watch(FabricConfig config) {
        Watching watching = new FabricRunWatcher(cluster.client(), config).watch(events::add);
        open.add(watching);
        return watching;
    }

    Queue<Event> events() {
        return events;
    }

    /** Makes or changes a TaskRun. */
    RunSnapshot put(String namespace, String name, String note) {
        return put(RunKind.TASK_RUN, namespace, name, "\"annotations\":{\"note\":\"" + note + "\"}", "{}");
    }

    RunSnapshot put(RunKind kind, String namespace, String name, String metadata, String spec) {
        return cluster.put("""
                {"apiVersion":"%s","kind":"%s","metadata":{"namespace":"%s","name":"%s",%s},"spec":%s}
                """.formatted(kind.apiVersion(), kind.kind(), namespace, name, metadata, spec)
                .getBytes(StandardCharsets.UTF_8));
    }

    void delete(RunSnapshot run) {
        server().delete(reference(run));
    }

    static KubeReference reference(RunSnapshot run) {
        return new KubeReference(run.kind().apiVersion(), run.kind().kind(), run.namespace(), run.name());
    }

    void label(String namespace, String key, String value) {
        server().ensureNamespace(namespace);
        ObjectNode patch = TestCluster.object("{\"metadata\":{\"labels\":{\"" + key + "\":" + value + "}}}");
        server().patch(new KubeReference("v1", "Namespace", "", namespace), patch);
    }

    void awaitSeen(RunSnapshot run) {
        await(run.toString()).atMost(PATIENCE).until(() -> hasSeen(run));
    }

    boolean hasSeen(RunSnapshot run) {
        return of(run).stream()
                .anyMatch(event -> event.type() == Event.Type.SEEN
                        && read(event).resourceVersion().equals(run.resourceVersion()));
    }

    void awaitDeleted(RunSnapshot run) {
        await(run.toString())
                .atMost(PATIENCE)
                .until(() -> of(run).stream().anyMatch(event -> event.type() == Event.Type.DELETED));
    }

    /** What was delivered of a run, in order. */
    List<Event> of(RunSnapshot run) {
        return events.stream()
                .filter(event -> read(event).uid().equals(run.uid()))
                .toList();
    }

    static RunSnapshot read(Event event) {
        return RunSnapshot.parse(event.json());
    }

    /**
     * Waits until so many watches are in trouble, each of them as expected. What was in trouble for a moment, as by a
     * connection that the server closed, is tried again and goes by.
     */
    static void awaitTroubles(Watching watching, int number, Predicate<WatchHealth.Trouble> expected) {
        awaitHealth(
                watching,
                health -> health.troubles().size() == number
                        && health.troubles().stream().allMatch(expected));
    }

    static void awaitHealth(Watching watching, Predicate<WatchHealth> expected) {
        await().atMost(PATIENCE).until(watching::health, expected);
    }

    @Override
    public void close() {
        open.forEach(Watching::close);
        cluster.close();
    }
}
