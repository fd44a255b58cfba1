package ch.sbb.esta.results;

import java.util.Objects;

/**
 * One reason why a log is not proven complete, and the place.
 *
 * @param reason why
 * @param offset before which byte of the stored text the loss lies, counted from 0
 * @param detail what was seen, fit for a log line; may be empty
 */
public record LogDefect(Reason reason, long offset, String detail) {

    /**
     * Checks that no component is null or negative.
     *
     * @param reason why
     * @param offset before which byte of the stored text the loss lies, counted from 0
     * @param detail what was seen, fit for a log line; may be empty
     */
    public LogDefect {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
        if (offset < 0) {
            throw ResultsException.invalid("offset " + offset + " is negative");
        }
    }

    /** Why a log is not proven complete. */
    public enum Reason {
        /** Opened when the container had already run for long enough to have rotated its file: the head may be gone. */
        HEAD_UNPROVEN(LogState.PARTIAL),
        /** The pod was gone before the end was read. */
        POD_VANISHED(LogState.PARTIAL),
        /** The log could not be opened at all, for example because the kubelet answered with an error sentence. */
        NOT_READABLE(LogState.PARTIAL),
        /** The collector stopped before the container did, and nobody went on. */
        ABANDONED(LogState.PARTIAL),
        /** After a reconnect the lines before the cut did not come back. */
        ANCHOR_LOST(LogState.GAPPED),
        /** The reader was so far behind the container's writing that a rotation may have passed it unseen. */
        READER_LAGGED(LogState.GAPPED);

        private final LogState state;

        Reason(LogState state) {
            this.state = state;
        }

        /**
         * What such a defect makes of a log at best.
         *
         * @return {@code PARTIAL} or {@code GAPPED}
         */
        public LogState state() {
            return state;
        }
    }
}
