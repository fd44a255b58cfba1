package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.RetentionStore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is asked whether a run is safe.
 *
 * @param expired knows what has expired, or null where nothing does
 * @param logs where logs are, or null where none are kept
 * @param pods the pods of the cluster, or null where they cannot be asked
 * @param events the Events of the cluster, or null where they are not kept
 * @param archive takes runs that are to be archived again
 */
record SafetyParts(
        ResultsReader store,
        ClusterRuns cluster,
        ResultNaming naming,
        @Nullable RetentionStore expired,
        @Nullable LogSource logs,
        @Nullable ContainerLogs pods,
        @Nullable ClusterEvents events,
        LostData lost,
        Consumer<RunSnapshot> archive) {}
