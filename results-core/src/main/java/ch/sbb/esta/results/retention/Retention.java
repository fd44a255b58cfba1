package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.retention.RetentionReport.Mode;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.RetentionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes Results that are older than their policy says, with their Records and with the logs of their TaskRuns.
 *
 * <p><b>Age</b> is reckoned from the last completion of a run in the Result, never from when a row was changed. A Result with a run that
 * has no completion counts from the latest start (else creation, else first storing) of such a run, and
 * {@link Builder#unfinished} is added; where the cluster is known, it stays as long as that run is in the cluster.
 *
 * <p><b>In steps.</b> A Result is marked, together with tombstones for its runs; its logs are deleted; its rows and the mark are
 * deleted. Whatever happens in between, the next run goes on from the mark. A Result that changes while it is looked at is left for the
 * next run. Each step on each Result is a transaction of its own.
 *
 * <p><b>Tombstones</b> keep a run that is still in the cluster from being archived again. With {@link Builder#cluster} they stand for a
 * day and then for as long as the run is in the cluster; without it, for {@link Builder#tombstones}. Before one is taken down,
 * the logs of its run are deleted once more.
 *
 * <p><b>Kept</b> for good is a Result that has, or one of whose runs has, the annotation {@value #KEEP_ANNOTATION} with any value but
 * {@code false}.
 *
 * <p>Thread-safe: one run at a time, others wait. Two processes that run it at once do some work twice, and nothing wrong.
 */
public final class Retention implements AutoCloseable {

    /** The annotation, of a Result or of a run, that keeps a Result for good. */
    public static final String KEEP_ANNOTATION = "results.esta.sbb.ch/keep";

    static final String ANY = "-";
    /** As long a watch or a spool may come late with a run that is gone. */
    static final Duration LATE_EVENTS = Duration.ofDays(1);

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final RetentionParts parts;
    private final Duration jitter;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final Background background = new Background("esta-results-retention");
    private volatile @Nullable RetentionReport last;

    private Retention(RetentionParts parts, Duration jitter) {
        this.parts = parts;
        this.jitter = jitter;
    }

    /**
     * Begins to configure retention.
     *
     * @param <S> a store that lets Results expire
     * @param store what is looked at
     * @param rules which run is kept how long
     * @return a builder
     */
    public static <S extends ResultsReader & RetentionStore> Builder builder(S store, RetentionRules rules) {
        return new Builder(store, store, rules);
    }

    /**
     * Begins to configure retention with separate views of one store.
     *
     * @param reader lists what is in the store; no replica, which may lag behind
     * @param store marks and deletes
     * @param rules which run is kept how long
     * @return a builder
     */
    public static Builder builder(ResultsReader reader, RetentionStore store, RetentionRules rules) {
        return new Builder(reader, store, rules);
    }

    /**
     * Says what {@link #run} would do now, and changes nothing.
     *
     * @return the report; failures are in it
     */
    public RetentionReport preview() {
        return run(Mode.PREVIEW, () -> false);
    }

    /**
     * Goes on with what earlier runs have begun, deletes what has expired, and takes down tombstones. Interrupting the thread ends it
     * early, between two Results.
     *
     * @return the report; failures are in it
     */
    public RetentionReport run() {
        return run(Mode.DELETE, () -> false);
    }

    private RetentionReport run(Mode mode, BooleanSupplier stopped) {
        oneAtATime.lock();
        try {
            RetentionReport report = new RetentionRound(parts, mode, stopped).run();
            if (mode == Mode.DELETE) {
                last = report;
            }
            return report;
        } finally {
            oneAtATime.unlock();
        }
    }

    /**
     * The report of the last {@link #run}, also of those that the schedule began.
     *
     * @return the report, or empty before the first
     */
    public Optional<RetentionReport> lastReport() {
        return Optional.ofNullable(last);
    }

    /**
     * Runs at the times of {@link RetentionRules#schedule()}, each late by chance as {@link Builder#jitter} says, so that many processes do
     * not begin together. Reports are logged. No effect when started already.
     */
    public void start() {
        start(this::untilNext);
    }

    private Duration untilNext(Instant now) {
        long late = ThreadLocalRandom.current().nextLong(jitter.toMillis() + 1);
        return Duration.between(now, parts.rules().schedule().next(now)).plusMillis(late);
    }

    /** For tests: with pauses of their own. */
    void start(Function<Instant, Duration> pause) {
        background.start(signal -> {
            while (signal.await(pause.apply(parts.clock().instant()))) {
                try {
                    log(run(Mode.DELETE, signal::isStopped));
                } catch (RuntimeException e) {
                    LOG.error("retention failed unexpectedly; it runs again at its next time", e);
                }
            }
        });
    }

    private static void log(RetentionReport report) {
        LOG.info("retention: {}", report);
        report.failures()
                .forEach(failure -> LOG.warn(
                        "retention failed on {}, to be tried again: {}", failure.subject(), failure.message()));
    }

    /** Ends what {@link #start()} began; waits until the thread has ended. It can be started again. */
    @Override
    public void close() {
        background.close();
    }

    /** Configures retention; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        private final ResultsReader reader;
        private final RetentionStore store;
        private final RetentionRules rules;
        private final List<LogDeletion> logs = new ArrayList<>();
        private final List<RetentionListener> listeners = new ArrayList<>();
        private Set<String> namespaces = Set.of();
        private @Nullable ClusterRuns cluster;
        private InstantSource clock = InstantSource.system();
        private Duration unfinished = Duration.ofDays(30);
        private Duration tombstones = Duration.ofDays(90);
        private Duration jitter = Duration.ofMinutes(5);

        private Builder(ResultsReader reader, RetentionStore store, RetentionRules rules) {
            this.reader = Objects.requireNonNull(reader, "reader");
            this.store = Objects.requireNonNull(store, "store");
            this.rules = Objects.requireNonNull(rules, "rules");
        }

        /**
         * Adds a place where the logs of TaskRuns are, to be deleted with them: the log store, a secondary of it, plain copies.
         *
         * @param place deletes logs
         * @return this
         */
        public Builder logs(LogDeletion place) {
            logs.add(Objects.requireNonNull(place, "place"));
            return this;
        }

        /**
         * Looks at some namespaces only.
         *
         * @param names the namespaces; empty for all that the store has, the default
         * @return this
         */
        public Builder namespaces(Set<String> names) {
            namespaces = new LinkedHashSet<>(names);
            return this;
        }

        /**
         * Asks the cluster before a tombstone is taken down and before a Result with unfinished runs is deleted.
         *
         * @param runs the runs of the cluster whose runs the store has; of all its namespaces
         * @return this
         */
        public Builder cluster(ClusterRuns runs) {
            cluster = Objects.requireNonNull(runs, "runs");
            return this;
        }

        /**
         * How much longer a Result is kept that has a run without completion, because that may still be going on.
         *
         * @param time zero or more; 30 days by default
         * @return this
         */
        public Builder unfinished(Duration time) {
            unfinished = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * How long tombstones stand where no cluster can be asked. Runs must be gone from the cluster by then, or they are archived
         * again, to expire again.
         *
         * @param time at least one day; 90 days by default
         * @return this
         */
        public Builder tombstones(Duration time) {
            tombstones = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * How late a run on the schedule begins at most; chance decides.
         *
         * @param most zero to one hour; five minutes by default
         * @return this
         */
        public Builder jitter(Duration most) {
            jitter = Objects.requireNonNull(most, "most");
            return this;
        }

        /**
         * Adds a listener.
         *
         * @param listener is told of each Result that expires
         * @return this
         */
        public Builder onExpired(RetentionListener listener) {
            listeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Says what the time is.
         *
         * @param source the clock; the system's by default
         * @return this
         */
        public Builder clock(InstantSource source) {
            clock = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * Makes it; nothing runs before {@link Retention#run()} or {@link Retention#start()}.
         *
         * @return the retention
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public Retention build() {
            List<String> faults = new ArrayList<>();
            for (String namespace : namespaces) {
                try {
                    if (!ListQuery.of(namespace)
                            .requireCollection(ListQuery.Collection.RESULTS)
                            .parent()
                            .isPresent()) {
                        faults.add("the namespace \"-\" means any; leave the namespaces out");
                    }
                } catch (ResultsException e) {
                    faults.add(String.valueOf(e.getMessage()));
                }
            }
            if (unfinished.isNegative()) {
                faults.add("unfinished " + unfinished + " is less than zero");
            }
            if (tombstones.compareTo(LATE_EVENTS) < 0) {
                faults.add("tombstones " + tombstones + " is less than one day");
            }
            if (jitter.isNegative() || jitter.compareTo(Duration.ofHours(1)) > 0) {
                faults.add("jitter " + jitter + " is not between zero and one hour");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            RetentionParts parts = new RetentionParts(
                    reader,
                    store,
                    rules,
                    namespaces.isEmpty() ? List.of(ANY) : List.copyOf(namespaces),
                    List.copyOf(logs),
                    cluster,
                    clock,
                    unfinished,
                    tombstones,
                    List.copyOf(listeners));
            return new Retention(parts, jitter);
        }
    }
}
