package ch.sbb.esta.results;

/** One of the three times of a run. */
public enum RunMoment {
    /** {@code metadata.creationTimestamp}. */
    CREATED,
    /** {@code status.startTime}; runs that have not started have none. */
    STARTED,
    /** {@code status.completionTime}; runs that have not ended have none. */
    ENDED
}
