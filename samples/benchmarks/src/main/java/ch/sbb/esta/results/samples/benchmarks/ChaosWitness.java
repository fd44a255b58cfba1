package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.OwnerReference;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.testkit.kube.ApiFault;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeRequest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sees each run in its newest state, and at each request to delete one whether it and its children are stored and their logs sealed at
 * that moment. Thread-safe.
 */
final class ChaosWitness {

    private static final String TEKTON = "tekton.dev/v1";
    private static final Map<String, String> KINDS = Map.of("pipelineruns", "PipelineRun", "taskruns", "TaskRun");
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final KubeApiServer cluster;
    private final ResultsReader store;
    private final LogSource logs;
    private final Map<String, RunSnapshot> newest = new ConcurrentHashMap<>();
    private final Queue<String> early = new ConcurrentLinkedQueue<>();
    private final AtomicInteger checked = new AtomicInteger();
    private final AtomicInteger unchecked = new AtomicInteger();

    ChaosWitness(KubeApiServer cluster, ResultsReader store, LogSource logs) {
        this.cluster = cluster;
        this.store = store;
        this.logs = logs;
    }

    void begin() {
        cluster.faults().next(Integer.MAX_VALUE, this::hear, ApiFault.timeout());
    }

    /** Hears every request before it is carried out, and makes none of them fail. */
    private boolean hear(KubeRequest request) {
        String kind = KINDS.get(request.resource());
        if (kind != null && request.verb().equals("delete")) {
            cluster.find(new KubeReference(TEKTON, kind, request.namespace(), request.name()))
                    .ifPresent(run -> onDelete(read(run)));
        }
        return false;
    }

    private void onDelete(RunSnapshot run) {
        try {
            check(run);
            if (!run.kind().isTaskRun()) {
                list("TaskRun", run.namespace()).stream()
                        .filter(child ->
                                child.owners().stream().map(OwnerReference::uid).anyMatch(run.uid()::equals))
                        .forEach(this::check);
            }
            checked.incrementAndGet();
        } catch (ResultsException e) {
            // Store or logs went away between the pruner's look and this one.
            unchecked.incrementAndGet();
        }
    }

    private void check(RunSnapshot run) {
        note(run);
        if (!isStored(run)) {
            early.add(run + " was to be deleted before it was stored");
        }
        List<LogInfo> own = run.kind().isTaskRun() ? logs.list(run.namespace(), run.uid()) : List.of();
        if (!own.stream().allMatch(LogInfo::isSealed)) {
            early.add(run + " was to be deleted before its logs were sealed");
        }
    }

    /** Takes note of all runs that the cluster has; returns how many there are. */
    int look() {
        int count = 0;
        for (String kind : KINDS.values()) {
            for (RunSnapshot run : list(kind, "")) {
                note(run);
                count++;
            }
        }
        return count;
    }

    private List<RunSnapshot> list(String kind, String namespace) {
        return cluster.list(TEKTON, kind, namespace).stream()
                .map(ChaosWitness::read)
                .toList();
    }

    private static RunSnapshot read(ObjectNode object) {
        return RunSnapshot.parse(object.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void note(RunSnapshot run) {
        newest.merge(run.uid(), run, (one, other) -> version(one) > version(other) ? one : other);
    }

    private static long version(RunSnapshot run) {
        return Long.parseLong(run.resourceVersion().orElseThrow());
    }

    /** Every run in the newest version that was seen. */
    Collection<RunSnapshot> runs() {
        return newest.values();
    }

    RunSnapshot run(String uid) {
        RunSnapshot run = newest.get(uid);
        if (run == null) {
            throw new IllegalStateException("the run " + uid + " was never seen in the cluster");
        }
        return run;
    }

    /** Whether the Record holds the end of the run as it was seen last: letting it go changes its metadata only. */
    boolean isStored(RunSnapshot run) {
        return store.findRecord(ResultNaming.defaults().place(run).record())
                .flatMap(record -> RunReading.of(record.data()).run())
                .filter(stored -> stored.isFinished() && status(stored).equals(status(run)))
                .isPresent();
    }

    private static JsonNode status(RunSnapshot run) {
        try {
            return MAPPER.readTree(run.json()).path("status");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was to be deleted too early, in sentences. */
    Collection<String> early() {
        return early;
    }

    int deletionsChecked() {
        return checked.get();
    }

    int deletionsUnchecked() {
        return unchecked.get();
    }
}
