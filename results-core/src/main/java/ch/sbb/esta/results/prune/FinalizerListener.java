package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.RunSnapshot;

/** Is told of each run that {@link RunFinalizers} let go. */
@FunctionalInterface
public interface FinalizerListener {

    /** Why a run was let go. */
    enum Cause {
        /** Nothing of it can be lost any more. */
        SAFE,
        /** It was deleted before its end, and its last version is stored; its logs are followed until their containers end. */
        INTERRUPTED,
        /** Its namespace is being deleted. Something of it may be lost. */
        NAMESPACE_TERMINATING,
        /** The time was up. Something of it is lost unless it is stored by other means: raise an alarm. */
        DEADLINE
    }

    /**
     * A run was let go. Called by the thread that does it; what it throws is logged.
     *
     * @param run the version that was looked at
     * @param cause why it was let go
     * @param missing what was missing at that moment; safe unless the cause says otherwise
     */
    void onReleased(RunSnapshot run, Cause cause, Safety missing);
}
