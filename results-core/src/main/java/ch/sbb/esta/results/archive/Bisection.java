package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.ResultsStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Archives a batch; where the store fails for good, halves it until what fails alone is found. Used once, by one thread. */
final class Bisection {

    private final ResultsStore store;
    private final Settlement settlement;
    private final BooleanSupplier stopped;
    private final List<Culprit> culprits = new ArrayList<>();
    private boolean anyArchived;

    /** Takes what the store has answered for. */
    @FunctionalInterface
    interface Settlement {
        void settle(Placed placed, ArchiveOutcome outcome) throws HeldUp;
    }

    /** A run that fails alone. */
    record Culprit(Placed placed, Throwable fault) {

        ArchiveOutcome refusal() {
            boolean invalid = fault instanceof ResultsException ours && ours.code() == Code.INVALID;
            return ArchiveOutcome.quarantined(
                    invalid ? Code.INVALID : Code.INTERNAL, "the store failed on it: " + Ailment.text(fault));
        }
    }

    Bisection(ResultsStore store, Settlement settlement, BooleanSupplier stopped) {
        this.store = store;
        this.settlement = settlement;
        this.stopped = stopped;
    }

    /**
     * Settles every run but the culprits.
     *
     * @return what fails alone
     * @throws HeldUp when the same may succeed later
     */
    List<Culprit> archive(List<Placed> batch) throws HeldUp {
        halve(batch);
        if (isStoreSuspect()) {
            throw new HeldUp(culprits.get(0).fault());
        }
        return culprits;
    }

    /** Where all runs fail alike the store is broken, not each of them: a quarantine full of good runs would help nobody. */
    boolean isStoreSuspect() {
        return !anyArchived
                && culprits.stream().noneMatch(c -> isInvalid(c.refusal()))
                && culprits.stream().map(c -> c.placed().run().key()).distinct().count() > 1;
    }

    private static boolean isInvalid(ArchiveOutcome refusal) {
        return refusal.code().filter(Code.INVALID::equals).isPresent();
    }

    private void halve(List<Placed> part) throws HeldUp {
        List<ArchiveOutcome> outcomes;
        try {
            outcomes = store.archive(part.stream().map(Placed::placement).toList());
            if (outcomes.size() != part.size()) {
                throw new ResultsException(
                        Code.INTERNAL, "the store gave " + outcomes.size() + " outcomes for " + part.size() + " runs");
            }
        } catch (OutOfMemoryError e) {
            throw new HeldUp(e);
        } catch (RuntimeException | Error e) {
            split(part, e);
            return;
        }
        anyArchived = true;
        for (int i = 0; i < part.size(); i++) {
            settlement.settle(part.get(i), outcomes.get(i));
        }
    }

    private void split(List<Placed> part, Throwable fault) throws HeldUp {
        boolean later = fault instanceof ResultsException ours && (ours.isRetryable() || ours.code() == Code.DENIED);
        if (later || stopped.getAsBoolean()) {
            throw new HeldUp(fault);
        }
        if (part.size() == 1) {
            culprits.add(new Culprit(part.get(0), fault));
            return;
        }
        int middle = part.size() / 2;
        halve(part.subList(0, middle));
        halve(part.subList(middle, part.size()));
    }
}
