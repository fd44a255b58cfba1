package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.spi.ClusterRuns;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what the cluster lists with what was archived, again and again, and hands over what a watch has missed: events are hints, the
 * sweep is the truth. It finds runs whose event never came, watches that are silent, versions that the archiver refused for want of
 * room, and a cluster that was restored to an older state.
 *
 * <p>A run is handed over unless the version that the list shows was archived since this sweep was made. It remembers UID and
 * resourceVersion of each run that is in the cluster, about 200 bytes each.
 *
 * <p>Make it a listener of the archiver that it feeds. Thread-safe.
 */
public final class RunSweep implements ArchiveListener, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RunSweep.class);
    private static final Duration NO_ROOM_PAUSE = Duration.ofMillis(200);

    private final ClusterRuns cluster;
    private final Duration interval;
    private final InstantSource clock;
    private final List<RunKind> kinds;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final Background background = new Background("esta-results-sweep");
    private volatile Stats stats = new Stats(null, 0, 0, null);
    private volatile int round;

    /** The version of a run that was archived last, and in which round the run was seen last. */
    private record Known(String resourceVersion, int round) {}

    /**
     * Numbers of one moment.
     *
     * @param lastComplete when the last sweep ended that saw all kinds; null before the first
     * @param compared how many runs the last complete sweep saw
     * @param handedOver how many runs all sweeps together handed over
     * @param failure why the last sweep failed; null when it was complete
     */
    public record Stats(
            @Nullable Instant lastComplete,
            int compared,
            long handedOver,
            @Nullable String failure) {}

    /**
     * Prepares a sweep.
     *
     * @param cluster the runs of the cluster
     * @param interval from the end of a sweep to the next one, give or take a tenth; at least one millisecond
     * @param clock says when a sweep ended
     * @throws ResultsException {@code INVALID} when the interval is too short
     */
    public RunSweep(ClusterRuns cluster, Duration interval, InstantSource clock) {
        this.cluster = Objects.requireNonNull(cluster, "cluster");
        this.interval = Objects.requireNonNull(interval, "interval");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.kinds = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN);
        if (interval.toMillis() < 1) {
            throw ResultsException.invalid("the interval of the sweep is " + interval + ", less than one millisecond");
        }
    }

    /**
     * Begins to sweep: first after a minute, or the interval if that is shorter, because a watch that begins lists everything itself. No
     * effect when started already.
     *
     * @param archive takes runs, such as {@link RunArchiver#accept(RunSnapshot)}
     */
    public void start(Function<RunSnapshot, Admission> archive) {
        Objects.requireNonNull(archive, "archive");
        background.repeat(interval, signal -> attempt(signal, archive));
    }

    /** Stops; waits until the thread has ended. No effect when not started. It can be started again. */
    @Override
    public void close() {
        background.interrupt();
    }

    /**
     * What was compared and found.
     *
     * @return the numbers of now
     */
    public Stats stats() {
        return stats;
    }

    int remembered() {
        return known.size();
    }

    @Override
    public void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        RunSnapshot run = placement.run();
        boolean replayed =
                outcome.status() == ArchiveOutcome.Status.STALE && run.version().origin() == RunSnapshot.Origin.WATCH;
        if (!replayed) {
            known.put(run.uid(), new Known(run.version().resourceVersion(), round));
        }
    }

    private void attempt(StopSignal signal, Function<RunSnapshot, Admission> archive) {
        try {
            sweep(signal, archive);
        } catch (ResultsException e) {
            if (!signal.isStopped()) {
                LOG.warn("the comparison with the cluster failed and is repeated in {}: {}", interval, e.getMessage());
                stats = new Stats(stats.lastComplete, stats.compared, stats.handedOver, e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.error("the comparison with the cluster failed unexpectedly and is repeated in {}", interval, e);
            stats = new Stats(stats.lastComplete, stats.compared, stats.handedOver, e.toString());
        }
    }

    private void sweep(StopSignal signal, Function<RunSnapshot, Admission> archive) {
        int current = round + 1;
        round = current;
        int compared = 0;
        int found = 0;
        for (RunKind kind : kinds) {
            String token = "";
            do {
                Page<RunSnapshot> page = cluster.list(kind, "", token);
                for (RunSnapshot listed : page.items()) {
                    compared++;
                    Optional<RunSnapshot> missing = missing(listed, current);
                    if (missing.isPresent()) {
                        found++;
                        if (!handOver(signal, missing.get(), archive)) {
                            return;
                        }
                    }
                }
                token = page.nextPageToken().orElse("");
            } while (!token.isEmpty());
        }
        // Those archived during this round may be gone from the cluster or may have come behind the list.
        known.values().removeIf(entry -> entry.round < current - 1);
        stats = new Stats(clock.instant(), compared, stats.handedOver + found, null);
        if (found > 0) {
            LOG.info("the comparison with the cluster handed over {} of {} runs", found, compared);
        }
    }

    /** The run as it is to be archived; empty when what the list shows was archived. */
    private Optional<RunSnapshot> missing(RunSnapshot listed, int current) {
        Known archived =
                known.computeIfPresent(listed.uid(), (uid, entry) -> new Known(entry.resourceVersion, current));
        if (archived == null) {
            return Optional.of(listed);
        }
        if (archived.resourceVersion.equals(listed.version().resourceVersion())) {
            return Optional.empty();
        }
        // The list may be older than what a watch has brought since; a fresh read is not, unless the cluster was set
        // back.
        return cluster.find(ClusterRuns.RunKey.of(listed))
                .filter(now -> !archived.resourceVersion.equals(now.version().resourceVersion()));
    }

    /** Hands a run over, waiting while there is no room; false when the sweep has to end. */
    private static boolean handOver(StopSignal signal, RunSnapshot run, Function<RunSnapshot, Admission> archive) {
        while (true) {
            switch (archive.apply(run)) {
                case REFUSED -> {
                    if (!signal.await(NO_ROOM_PAUSE)) {
                        return false;
                    }
                }
                case NOT_RUNNING -> {
                    return false;
                }
                default -> {
                    return true;
                }
            }
        }
    }
}
