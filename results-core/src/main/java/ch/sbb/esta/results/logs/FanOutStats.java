package ch.sbb.esta.results.logs;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the secondary of a {@link FanOutLogs} fares, at one moment. The first three count logs that are in work now, the others since the
 * fan-out was made.
 *
 * @param inStep logs whose bytes go to the secondary as they come
 * @param behind logs of which the secondary lacks something that is read from the primary, also those that fail or wait for their turn
 * @param left logs left to somebody else who writes them to the secondary; tried once more when they are sealed
 * @param copied logs sealed in both with the same text and the same defects
 * @param uncopied logs that were given up or are not the same in both; {@link FanOutLogs#uncopied()} names them
 * @param failures calls that failed, each retry counted
 * @param bufferedBytes heap taken by what waits in memory
 * @param failingSince since when at least one log fails or stands still, or null while none does
 * @param lastError what went wrong last, escaped and bounded, or null when nothing ever did
 */
public record FanOutStats(
        int inStep,
        int behind,
        int left,
        long copied,
        long uncopied,
        long failures,
        long bufferedBytes,
        @Nullable Instant failingSince,
        @Nullable String lastError) {}
