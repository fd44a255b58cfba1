package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import java.time.Instant;
import java.util.Objects;

/**
 * A log that the secondary of a {@link FanOutLogs} does not have as the primary has it.
 *
 * @param id which log
 * @param reason why
 * @param detail what was seen, escaped and bounded
 * @param at when it was given up
 */
public record UncopiedLog(ContainerLogId id, Reason reason, String detail, Instant at) {

    /**
     * Checks that no component is null.
     *
     * @param id which log
     * @param reason why
     * @param detail what was seen, escaped and bounded
     * @param at when it was given up
     */
    public UncopiedLog {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(at, "at");
    }

    /** Why a log is not in the secondary as it is in the primary. */
    public enum Reason {
        /** The secondary has other text, or more of it: it is left as it is, unsealed if it was. */
        TEXT_DIFFERS,
        /** The text is the same and sealed, but the defects are not. */
        LABEL_DIFFERS,
        /** Somebody else writes the log to the secondary although it is sealed in the primary. */
        CONFLICT,
        /** Too many other logs were in work: {@link FanOutConfig#maxLogs()}. */
        TOO_MANY,
        /** The fan-out was closed before the secondary had caught up. {@link FanOutLogs#repair} or the next writer goes on. */
        BEHIND
    }
}
