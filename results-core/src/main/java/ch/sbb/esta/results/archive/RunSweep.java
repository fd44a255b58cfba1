package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.spi.ClusterRuns;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
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
    /** How often a list begins anew whose page token has expired. */
    private static final int RESTARTS = 3;

    private final ClusterRuns cluster;
    private final Duration interval;
    private final InstantSource clock;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final Background background = new Background("esta-results-sweep");
    private volatile Stats stats = new Stats(null, 0, 0, null);
    private volatile int round;

    /** The version of a run that was archived last, and in which round the run was seen last. */
    private record Known(String resourceVersion, int round) {}

    /**
     * Numbers of one moment.
     *
     * @param lastComplete when the last sweep ended that saw everything; null before the first
     * @param compared how many runs the last sweep saw that was not broken off
     * @param handedOver how many runs all sweeps together handed over
     * @param failure why the last sweep failed, or what it must not see; null when it was complete
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
        Round sweeping = new Round(signal, archive, round + 1);
        round = sweeping.number;
        for (String scope : cluster.scopes()) {
            for (List<RunKind> versions : cluster.kinds().versions()) {
                if (!sweeping.compare(versions, scope)) {
                    return;
                }
            }
        }
        // Those archived during this round may be gone from the cluster or may have come behind the list.
        known.values().removeIf(entry -> entry.round < sweeping.number - 1);
        long handedOver = stats.handedOver + sweeping.found;
        stats = sweeping.refused.isEmpty()
                ? new Stats(clock.instant(), sweeping.compared, handedOver, null)
                : new Stats(stats.lastComplete, sweeping.compared, handedOver, sweeping.refusals());
        if (sweeping.found > 0) {
            LOG.info("the comparison with the cluster handed over {} of {} runs", sweeping.found, sweeping.compared);
        }
        if (!sweeping.refused.isEmpty()) {
            LOG.warn("the comparison with the cluster was not complete: {}", sweeping.refusals());
        }
    }

    /** One comparison with everything that the cluster lists. */
    private final class Round {

        private final StopSignal signal;
        private final Function<RunSnapshot, Admission> archive;
        private final int number;
        private final List<String> refused = new ArrayList<>();
        private int compared;
        private int found;

        Round(StopSignal signal, Function<RunSnapshot, Admission> archive, int number) {
            this.signal = signal;
            this.archive = archive;
            this.number = number;
        }

        String refusals() {
            return refused.size() + " lists were refused, the first: " + refused.get(0);
        }

        /**
         * A kind that the cluster does not serve has no runs; what must not or cannot be seen does not hold up the rest. False: the sweep has
         * to end.
         */
        boolean compare(List<RunKind> versions, String scope) {
            try {
                for (RunKind kind : versions) {
                    try {
                        return compare(kind, scope);
                    } catch (ResultsException e) {
                        if (e.code() != Code.NOT_FOUND) {
                            throw e;
                        }
                    }
                }
            } catch (ResultsException e) {
                if (e.code() != Code.DENIED && e.code() != Code.INVALID) {
                    throw e;
                }
                refused.add(e.getMessage());
            }
            return true;
        }

        private boolean compare(RunKind kind, String scope) {
            String token = "";
            int restarts = 0;
            do {
                Page<RunSnapshot> page;
                try {
                    page = cluster.list(kind, scope, token);
                } catch (ResultsException e) {
                    if (e.code() != Code.CONFLICT || ++restarts > RESTARTS) {
                        throw e;
                    }
                    token = "";
                    page = cluster.list(kind, scope, token);
                }
                for (RunSnapshot listed : page.items()) {
                    compared++;
                    Optional<RunSnapshot> missing = missing(listed, number);
                    if (missing.isPresent()) {
                        found++;
                        if (!handOver(signal, missing.get(), archive)) {
                            return false;
                        }
                    }
                }
                token = page.nextPageToken().orElse("");
            } while (!token.isEmpty());
            return true;
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
