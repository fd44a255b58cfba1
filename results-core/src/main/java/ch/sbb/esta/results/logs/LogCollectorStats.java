package ch.sbb.esta.results.logs;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a collector has done since it was created, at one moment.
 *
 * @param open streams that are open or being opened now
 * @param waiting logs that wait for a stream, or for the next try, now
 * @param complete logs sealed as complete
 * @param partial logs sealed as partial
 * @param gapped logs sealed as gapped
 * @param conflicts logs left to another collector
 * @param bytes bytes of text handed to the sink
 * @param lines lines begun in the sink
 * @param reconnects streams opened again for a log
 * @param probes plain reads, beside the open streams, of logs that had no line yet
 * @param gaps defects noted inside of logs
 * @param failures calls to the cluster or to the sink that failed, each retry counted
 * @param lastPodEvent when the last pod event came, or null before the first
 */
public record LogCollectorStats(
        int open,
        int waiting,
        long complete,
        long partial,
        long gapped,
        long conflicts,
        long bytes,
        long lines,
        long reconnects,
        long probes,
        long gaps,
        long failures,
        @Nullable Instant lastPodEvent) {}
