package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.spi.ResultsStore;

/**
 * What every {@link ResultsStore} must do. A provider's test extends this class and says how to get an empty store and where that puts
 * what it refuses.
 */
public abstract class ResultsStoreContract extends StoreListsContract {

    /** What a store may be unable to do, because what lies between it and its rows has no word for it. */
    public enum Ability {
        /** Lists by id, the largest first. Without it such a list is {@code INVALID}. */
        ID_DESCENDING,
        /** Lists by start and end of runs. Without it such a list is {@code INVALID}. */
        TIMES_OF_RUNS,
        /**
         * Annotations with half a surrogate pair. Without it an update to such is {@code INVALID}; of a run that is archived, what its
         * annotations say for the Result has {@code ?} in its place.
         */
        HALF_PAIRS
    }

    /** For subclasses. */
    protected ResultsStoreContract() {}
}
