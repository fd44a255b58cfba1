package ch.sbb.esta.results.copy;

/** Is told how far a copy has come. */
@FunctionalInterface
public interface CopyListener {

    /**
     * One more Result is copied with its Records and logs. Called by the thread that copies; what it throws ends the copy.
     *
     * @param report what this run of the copy has done so far
     */
    void onResult(CopyReport report);
}
