package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogState;
import java.time.Instant;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What the parts of a collector count together. Thread-safe. */
final class Counters {

    final LongAdder complete = new LongAdder();
    final LongAdder partial = new LongAdder();
    final LongAdder gapped = new LongAdder();
    final LongAdder conflicts = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder lines = new LongAdder();
    final LongAdder probes = new LongAdder();
    final LongAdder reconnects = new LongAdder();
    final LongAdder gaps = new LongAdder();
    final LongAdder failures = new LongAdder();

    private volatile @Nullable Instant lastPodEvent;

    void podEvent(Instant when) {
        lastPodEvent = when;
    }

    void sealed(LogState state) {
        switch (state) {
            case COMPLETE -> complete.increment();
            case PARTIAL -> partial.increment();
            case GAPPED -> gapped.increment();
            case LIVE -> throw new IllegalStateException("a sealed log is not live");
        }
    }

    LogCollectorStats stats(int open, int waiting) {
        return new LogCollectorStats(
                open,
                waiting,
                complete.sum(),
                partial.sum(),
                gapped.sum(),
                conflicts.sum(),
                bytes.sum(),
                lines.sum(),
                reconnects.sum(),
                probes.sum(),
                gaps.sum(),
                failures.sum(),
                lastPodEvent);
    }
}
