package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.Container;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.LogWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** A cluster, a store and a log store in memory, under one clock that stands still. */
final class Scene {

    static final Instant START = Instant.parse("2026-06-01T00:00:00Z");

    private final AtomicReference<Instant> time = new AtomicReference<>(START);
    private final InMemoryClusterRuns memory = new InMemoryClusterRuns(time::get);
    private final WildCluster cluster = new WildCluster(memory);
    private final InMemoryResultsStore store = new InMemoryResultsStore(time::get);
    private final InMemoryLogs logs = new InMemoryLogs();
    private final InMemoryClusterEvents events = new InMemoryClusterEvents(time::get);
    private final InMemoryContainerLogs pods = new InMemoryContainerLogs(time::get);

    Instant now() {
        return time.get();
    }

    void pass(Duration step) {
        time.updateAndGet(now -> now.plus(step));
    }

    WildCluster cluster() {
        return cluster;
    }

    InMemoryClusterRuns memory() {
        return memory;
    }

    InMemoryResultsStore store() {
        return store;
    }

    InMemoryLogs logs() {
        return logs;
    }

    InMemoryClusterEvents events() {
        return events;
    }

    InMemoryContainerLogs pods() {
        return pods;
    }

    RunSafety.Builder safety() {
        return RunSafety.builder(store, cluster).logs(logs).pods(pods);
    }

    Pruner pruner(PrunerConfig.Builder config) {
        return pruner(safety().build(), config);
    }

    Pruner pruner(RunSafety safety, PrunerConfig.Builder config) {
        return Pruner.builder(safety, config.deletionsPerSecond(1_000_000).build())
                .clock(time::get)
                .build();
    }

    RunSnapshot put(TestRun run) {
        return memory.put(run.json());
    }

    /** Puts a run and archives it. */
    RunSnapshot store(TestRun run) {
        return archive(put(run));
    }

    RunSnapshot archive(RunSnapshot run) {
        store.archive(List.of(ResultNaming.defaults().place(run)));
        return run;
    }

    RunSnapshot archiveNow(RunSnapshot run) {
        return archive(memory.find(RunKey.of(run)).orElseThrow());
    }

    boolean isThere(RunSnapshot run) {
        return memory.find(RunKey.of(run)).isPresent();
    }

    ContainerLogId log(RunSnapshot taskRun, String podUid, String step) {
        return new ContainerLogId(taskRun.namespace(), taskRun.uid(), podUid, "step-" + step, 0);
    }

    /** No effect on a log that is sealed. */
    void beginLog(ContainerLogId id) {
        if (isSealed(id)) {
            return;
        }
        try (LogWriter writer = logs.open(id)) {
            write(writer);
        }
    }

    /** No effect on a log that is sealed. */
    void sealLog(ContainerLogId id) {
        if (isSealed(id)) {
            return;
        }
        try (LogWriter writer = logs.open(id)) {
            if (writer.info().extent().bytes() == 0) {
                write(writer);
            }
            writer.defect(LogDefect.Reason.POD_VANISHED, "whatever the label");
            writer.seal();
        }
    }

    private boolean isSealed(ContainerLogId id) {
        return logs.find(id).filter(LogInfo::isSealed).isPresent();
    }

    private void write(LogWriter writer) {
        writer.beginLine(time.get());
        byte[] line = "line\n".getBytes(StandardCharsets.UTF_8);
        writer.append(line, 0, line.length);
        writer.flush();
    }

    PodSnapshot pod(RunSnapshot taskRun, String name, PodSnapshot.State state, String... steps) {
        List<Container> containers = List.of(steps).stream()
                .map(step -> new Container("step-" + step, PodSnapshot.Role.STEP, state, 0, time.get(), null))
                .toList();
        PodSnapshot pod = new PodSnapshot(taskRun.namespace(), name, name + "-uid", taskRun.uid(), false, containers);
        pods.addPod(pod);
        return pod;
    }
}
