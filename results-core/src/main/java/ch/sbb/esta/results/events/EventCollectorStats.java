package ch.sbb.esta.results.events;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of an {@link EventCollector} at one moment.
 *
 * @param collected Events, and newer versions of them, that were written
 * @param leftOut Events that did not fit into the bounds of their run
 * @param dropped Events that no store took, or whose run is not stored any more
 * @param postponed Events for which there was no room in memory; the cluster is asked for them again
 * @param failures attempts to write that failed
 * @param waiting Events of stored runs that are not written yet
 * @param strays Events in memory whose run is not known: not stored yet, or of pods that belong to no run
 * @param lastHeard when the cluster last proved that the watch is alive; null before
 */
public record EventCollectorStats(
        long collected,
        long leftOut,
        long dropped,
        long postponed,
        long failures,
        int waiting,
        int strays,
        @Nullable Instant lastHeard) {}
