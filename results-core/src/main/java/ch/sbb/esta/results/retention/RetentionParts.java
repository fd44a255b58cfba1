package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.RetentionStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What retention works with.
 *
 * @param parents the namespaces, or {@code -} alone
 * @param unfinished what is added to the time of Results that have no end
 * @param tombstoneTime how long a tombstone stands where no cluster can be asked
 */
record RetentionParts(
        ResultsReader reader,
        RetentionStore store,
        RetentionRules rules,
        List<String> parents,
        List<LogDeletion> logs,
        @Nullable ClusterRuns cluster,
        InstantSource clock,
        Duration unfinished,
        Duration tombstoneTime,
        List<RetentionListener> listeners) {}
