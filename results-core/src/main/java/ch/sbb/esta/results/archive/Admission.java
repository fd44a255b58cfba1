package ch.sbb.esta.results.archive;

/** What became of an event at the entrance of a {@link RunArchiver}. */
public enum Admission {
    /** Waits in memory. */
    QUEUED,
    /** Waits in memory, in the place of an older version of the same run. */
    REPLACED,
    /** Waits on disk. */
    SPOOLED,
    /** Dropped, because a newer version of the same run waits already. */
    STALE,
    /** Dropped, because the object is of a kind that is not archived. */
    NOT_A_RUN,
    /** Dropped, because there is no room; a later list finds the run again. For a finished or deleted run the spool failed too. */
    REFUSED,
    /** Dropped, because the archiver is not started or already closed. */
    NOT_RUNNING
}
