package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.internal.LogFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings batches into the store, one after the other, on its own thread. Objects leave the batch only when the store or the quarantine
 * has them; a failure leaves the rest where it is for the next round. After {@link #stop()} it touches neither queue nor spool.
 */
final class ArchiveWorker implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(ArchiveWorker.class);

    private final ArchiveParts parts;
    private final ArchiverConfig config;
    private final Backoff backoff;
    private final List<QueuedRun> batch = new ArrayList<>();
    private final Map<String, Boolean> warned = new RecentKeys();
    /** Found guilty while the store took others, and not in the quarantine yet. */
    private final IdentityHashMap<QueuedRun, Bisection.Culprit> culprits = new IdentityHashMap<>();

    /** Whether all of a batch failed for good, so that it needs others to tell whether it is the batch or the store. */
    private boolean storeSuspect;

    private volatile boolean stopped;
    private volatile boolean draining;

    ArchiveWorker(ArchiveParts parts, ArchiverConfig config) {
        this.parts = parts;
        this.config = config;
        this.backoff = new Backoff(config.firstRetryDelay(), config.maxRetryDelay(), new SplittableRandom());
    }

    /** From now on what lies on disk stays there. */
    void drain() {
        draining = true;
        parts.queue().wake();
    }

    void stop() {
        stopped = true;
        parts.queue().wake();
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                if (!isWell()) {
                    parts.queue().await(backoff.next(), () -> stopped);
                }
            } catch (InterruptedException e) {
                // Only stop() ends the worker: with anything else it looks up and goes on.
                LOG.debug("interrupted", e);
            }
        }
    }

    private boolean isWell() throws InterruptedException {
        try {
            return round();
        } catch (RuntimeException | Error e) {
            // Nothing may end the worker but its owner: what it holds would wait for ever, unseen.
            failed(e);
            return false;
        }
    }

    private boolean round() throws InterruptedException {
        long seen = parts.queue().changes();
        boolean spoolRead = fill();
        if (batch.isEmpty() && spoolRead) {
            parts.queue().awaitChange(seen);
            return true;
        }
        Throwable failure = work();
        if (failure != null) {
            failed(failure);
            return false;
        }
        if (!stopped) {
            parts.report().store().healed();
        }
        if (spoolRead) {
            backoff.reset();
        }
        return spoolRead;
    }

    private void failed(Throwable e) {
        if (!stopped) {
            parts.report().store().failed(e);
            parts.report().retries().incrementAndGet();
        }
    }

    /** Adds to what a failure has left. A part of the batch is kept free for the spool, so that neither starves the other. */
    private boolean fill() {
        int times = storeSuspect ? 2 : 1;
        BatchRoom room =
                new BatchRoom(config.batchRuns() * times, Math.min(config.batchBytes(), Long.MAX_VALUE / 2) * times);
        batch.forEach(run -> room.take(run.size()));
        boolean read = true;
        if (!draining && parts.spool().size() > 0) {
            room.reserve();
            batch.addAll(parts.queue().take(room));
            room.release();
            read = readSpool(room);
        }
        batch.addAll(parts.queue().take(room));
        return read;
    }

    private boolean readSpool(BatchRoom room) {
        Set<String> inWork = batch.stream()
                .filter(run -> run.file().isPresent())
                .map(QueuedRun::key)
                .collect(Collectors.toSet());
        try {
            batch.addAll(parts.spool().read(room, inWork));
            return true;
        } catch (IOException e) {
            if (!stopped) {
                parts.report().spool().failed(e);
            }
            return false;
        }
    }

    /** One attempt at the whole batch; answers what kept something in it. */
    private @Nullable Throwable work() {
        List<Placed> placed = new ArrayList<>();
        Throwable failure = null;
        try {
            for (QueuedRun run : List.copyOf(batch)) {
                if (run.run().isPresent() && !culprits.containsKey(run)) {
                    placed.add(place(run));
                }
            }
            if (!placed.isEmpty()) {
                archive(placed);
            }
        } catch (HeldUp e) {
            failure = e.reason();
        }
        for (QueuedRun run : List.copyOf(batch)) {
            try {
                quarantine(run);
            } catch (HeldUp e) {
                failure = e.reason();
            }
        }
        return failure;
    }

    private Placed place(QueuedRun run) {
        RunPlacement placement = parts.naming().place(run.run().orElseThrow());
        if (!placement.ignored().isEmpty() && warned.put(run.key(), true) == null) {
            run.fields().run(() -> LOG.warn("{}: ignored {}", placement.run(), String.join("; ", placement.ignored())));
        }
        return new Placed(run, placement);
    }

    private void archive(List<Placed> placed) throws HeldUp {
        Bisection bisection =
                new Bisection(parts.store(), (p, outcome) -> finish(p.run(), p.placement(), outcome), () -> stopped);
        try {
            for (Bisection.Culprit culprit : bisection.archive(placed)) {
                culprits.put(culprit.placed().run(), culprit);
            }
        } finally {
            storeSuspect = bisection.isStoreSuspect();
        }
    }

    private void quarantine(QueuedRun run) throws HeldUp {
        Bisection.Culprit culprit = culprits.get(run);
        if (culprit != null) {
            quarantine(run, culprit.placed().placement(), culprit.refusal());
        } else if (run.refusal().isPresent()) {
            quarantine(run, null, run.refusal().get());
        }
    }

    private void quarantine(QueuedRun run, @Nullable RunPlacement placement, ArchiveOutcome refusal) throws HeldUp {
        try {
            parts.quarantine()
                    .put(QuarantinedRun.of(
                            run.namespace(), refusal, run.json(), parts.clock().instant()));
            run.fields().run(() -> LOG.warn("put into the quarantine: {}: {}", run, refusal));
        } catch (RuntimeException e) {
            boolean later = e instanceof ResultsException ours
                    && (ours.isRetryable() || ours.code() == ResultsException.Code.DENIED);
            if (later || stopped) {
                throw new HeldUp(e);
            }
            reject(run, refusal, e);
        }
        finish(run, placement, refusal);
    }

    /** The last resort, so that an object that the quarantine never takes does not hold up the others. */
    private void reject(QueuedRun run, ArchiveOutcome refusal, RuntimeException cause) throws HeldUp {
        try {
            parts.spool().reject(run);
        } catch (IOException e) {
            cause.addSuppressed(e);
            throw new HeldUp(cause);
        }
        run.fields()
                .run(() -> LOG.error(
                        "the quarantine does not take {} ({}): {}", run, refusal, Ailment.text(cause), cause));
    }

    private void finish(QueuedRun run, @Nullable RunPlacement placement, ArchiveOutcome outcome) throws HeldUp {
        if (stopped) {
            return;
        }
        parts.report().outcomes().add(outcome.status());
        if (placement != null) {
            tell(placement, outcome);
        }
        if (run.file().isPresent()) {
            try {
                parts.spool().delete(run);
            } catch (IOException e) {
                if (!stopped) {
                    parts.report().spool().failed(e);
                }
                throw new HeldUp(e);
            }
        }
        batch.removeIf(other -> other == run);
        culprits.remove(run);
        parts.queue().done(run);
    }

    private void tell(RunPlacement placement, ArchiveOutcome outcome) {
        for (ArchiveListener listener : parts.listeners()) {
            try {
                listener.onArchived(placement, outcome);
            } catch (RuntimeException e) {
                LogFields.of(placement.run())
                        .run(() -> LOG.warn("a listener failed on {} {}", outcome, placement.run(), e));
            }
        }
    }
}
