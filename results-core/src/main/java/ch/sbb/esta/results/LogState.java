package ch.sbb.esta.results;

import java.util.List;

/** What is known of a container's log. Only {@link #COMPLETE} promises that every emitted byte is there. */
public enum LogState {
    /** The container may still write; more may come. */
    LIVE,
    /** Proven: nothing is missing, from the first byte to the last. */
    COMPLETE,
    /** The end, or the proof of it, is missing; what is there is without a known gap. */
    PARTIAL,
    /** Something between two places that are there is known or suspected to be missing. */
    GAPPED;

    /**
     * The state of a log that has ended.
     *
     * @param defects why it is not proven complete
     * @return {@link #COMPLETE} without defects, {@link #GAPPED} with one that says so, else {@link #PARTIAL}
     */
    public static LogState sealed(List<LogDefect> defects) {
        if (defects.isEmpty()) {
            return COMPLETE;
        }
        return defects.stream().anyMatch(defect -> defect.reason().state() == GAPPED) ? GAPPED : PARTIAL;
    }
}
