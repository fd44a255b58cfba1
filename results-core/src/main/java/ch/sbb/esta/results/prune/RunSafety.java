package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.RetentionStore;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers whether a run may leave the cluster without anything being lost.
 *
 * <p>A run is safe when it is finished, its Record is stored in the very version that the cluster has, the logs of all its containers are
 * sealed, whatever their label, its Events are stored where they are kept, and every child is safe. Of a child of an extra kind that never
 * says whether it is finished (see {@link ch.sbb.esta.results.RunKinds}) it is enough that it is stored as it is. What is known is asked of
 * the store, the log source and the cluster each time; nothing is remembered. Annotations are not believed, neither ours nor those of Tekton
 * Results.
 *
 * <p>Which containers there are is taken from the pods that the cluster still has, where it can be asked, and from the TaskRun's status,
 * which names steps and sidecars of all attempts. Which children there are is taken from the owners of all runs in the namespace, and from
 * the PipelineRun's status.
 *
 * <p>A run that has expired, so that it is not stored again, is safe once it is finished. Thread-safe.
 */
public final class RunSafety {

    private final SafetyParts parts;

    private RunSafety(SafetyParts parts) {
        this.parts = parts;
    }

    /**
     * Begins to configure the check.
     *
     * @param store where runs are archived, no replica; where it is a {@link RetentionStore}, what has expired is safe
     * @param cluster the runs of the cluster
     * @return a builder
     */
    public static Builder builder(ResultsReader store, ClusterRuns cluster) {
        return new Builder(store, cluster);
    }

    /**
     * Checks a run. Lists the runs of its namespace to find its children.
     *
     * @param run the run as it was just read from the cluster
     * @return whether it is safe, and if not, why
     * @throws ch.sbb.esta.results.ResultsException what store, log source and cluster throw: then nothing is known
     */
    public Safety check(RunSnapshot run) {
        Objects.requireNonNull(run, "run");
        return check(run, RunIndex.read(parts.cluster(), run.namespace(), other -> {}));
    }

    /** Checks a run whose children are known. */
    Safety check(RunSnapshot run, Owned owned) {
        SafetyWalk walk = new SafetyWalk(parts, owned);
        Safety safety = walk.check(run);
        walk.outdated().forEach(this::handOver);
        return safety;
    }

    /** Checks a run by its status and by the Records of its Result, without lists of the cluster. */
    Safety checkByRecords(RunSnapshot run) {
        return new SafetyWalk(parts, null).check(run);
    }

    /** Checks whether this version is stored, and nothing else: all that can be asked of a run that is deleted before its end. */
    Safety checkStored(RunSnapshot run) {
        return new SafetyWalk(parts, null).checkStored(run);
    }

    /** Whether some finished version was stored, be it the one that the cluster has or not. */
    boolean wasStoredFinished(RunSnapshot run) {
        return new SafetyWalk(parts, null).wasStoredFinished(run);
    }

    /** Has a run archived again of which the store holds another version, or none. */
    void handOver(RunSnapshot run) {
        parts.archive().accept(run);
    }

    ClusterRuns cluster() {
        return parts.cluster();
    }

    /** Configures the check. Not thread-safe. */
    public static final class Builder {

        private final ResultsReader store;
        private final ClusterRuns cluster;
        private ResultNaming naming = ResultNaming.defaults();
        private @Nullable LogSource logs;
        private @Nullable ContainerLogs pods;
        private @Nullable ClusterEvents events;
        private LostData lost = LostData.KEEP_RUN;
        private Consumer<RunSnapshot> archive = run -> {};

        private Builder(ResultsReader store, ClusterRuns cluster) {
            this.store = Objects.requireNonNull(store, "store");
            this.cluster = Objects.requireNonNull(cluster, "cluster");
        }

        /**
         * Sets how runs are placed: as the archive does it.
         *
         * @param naming {@link ResultNaming#defaults()} by default
         * @return this
         */
        public Builder naming(ResultNaming naming) {
            this.naming = Objects.requireNonNull(naming, "naming");
            return this;
        }

        /**
         * Asks for logs; without it a run is safe whatever becomes of its logs.
         *
         * @param logs where they are kept
         * @return this
         */
        public Builder logs(LogSource logs) {
            this.logs = Objects.requireNonNull(logs, "logs");
            return this;
        }

        /**
         * Asks the cluster for pods, which tell of init containers, restarts, and of logs that can never come.
         *
         * @param pods the pods of the cluster
         * @return this
         */
        public Builder pods(ContainerLogs pods) {
            this.pods = Objects.requireNonNull(pods, "pods");
            return this;
        }

        /**
         * Asks for Events: a run is safe when those about it and about its pods that the cluster has are stored, as far as the bounds of
         * its {@link ch.sbb.esta.results.EventList} allow. Each check lists them anew.
         *
         * @param events the Events of the cluster
         * @return this
         */
        public Builder events(ClusterEvents events) {
            this.events = Objects.requireNonNull(events, "events");
            return this;
        }

        /**
         * Sets what to make of a run of which something is lost for good. That a log is lost is known only with {@link #pods}.
         *
         * @param lost {@link LostData#KEEP_RUN} by default
         * @return this
         */
        public Builder lost(LostData lost) {
            this.lost = Objects.requireNonNull(lost, "lost");
            return this;
        }

        /**
         * Hands finished runs over that are due and of which the store holds another version than the cluster, or none: somebody has put an
         * older one in its place, such as a watcher of Tekton Results that was ended right after. Without it they are told only.
         *
         * @param archive archives the run sooner or later, and returns at once
         * @return this
         */
        public Builder archive(Consumer<RunSnapshot> archive) {
            this.archive = Objects.requireNonNull(archive, "archive");
            return this;
        }

        /**
         * Makes the check.
         *
         * @return the check
         */
        public RunSafety build() {
            RetentionStore expired = store instanceof RetentionStore retention ? retention : null;
            return new RunSafety(new SafetyParts(store, cluster, naming, expired, logs, pods, events, lost, archive));
        }
    }
}
