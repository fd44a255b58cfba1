package ch.sbb.esta.results;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of one snapshot that was handed to the archive.
 *
 * <p>Immutable and thread-safe.
 */
public final class ArchiveOutcome {

    private final Status status;
    private final @Nullable RecordName record;
    private final ResultsException.@Nullable Code code;
    private final String reason;

    /** The kinds of outcome. */
    public enum Status {
        /** A new record was written. */
        CREATED,
        /** The record was replaced by this newer version. */
        UPDATED,
        /** The record already had this content; nothing was written. */
        UNCHANGED,
        /** The record holds a newer version; nothing was written. */
        STALE,
        /** The snapshot cannot be stored; its bytes are kept in the quarantine. */
        QUARANTINED,
        /** The object is of a kind that is not archived; nothing was written. */
        NOT_A_RUN,
        /** The run was archived, has expired and was deleted; nothing was written. */
        EXPIRED
    }

    private ArchiveOutcome(
            Status status, @Nullable RecordName record, ResultsException.@Nullable Code code, String reason) {
        this.status = Objects.requireNonNull(status, "status");
        this.record = record;
        this.code = code;
        this.reason = Objects.requireNonNull(reason, "reason");
    }

    /**
     * The record holds this or a newer version.
     *
     * @param status one of {@code CREATED}, {@code UPDATED}, {@code UNCHANGED}, {@code STALE}
     * @param record the record's name
     * @return the outcome
     */
    public static ArchiveOutcome archived(Status status, RecordName record) {
        if (status == Status.QUARANTINED || status == Status.NOT_A_RUN || status == Status.EXPIRED) {
            throw new IllegalArgumentException(status + " is no outcome of a snapshot that was archived");
        }
        return new ArchiveOutcome(status, Objects.requireNonNull(record, "record"), null, "");
    }

    /**
     * The snapshot cannot be stored.
     *
     * @param code why: {@code INVALID} when the object is at fault
     * @param reason what is wrong and the place, text of users escaped
     * @return the outcome
     */
    public static ArchiveOutcome quarantined(ResultsException.Code code, String reason) {
        return new ArchiveOutcome(Status.QUARANTINED, null, Objects.requireNonNull(code, "code"), reason);
    }

    /**
     * The object is of another kind.
     *
     * @param apiVersion the object's apiVersion
     * @param kind the object's kind
     * @return the outcome
     */
    public static ArchiveOutcome notARun(String apiVersion, String kind) {
        return new ArchiveOutcome(
                Status.NOT_A_RUN, null, ResultsException.Code.INVALID, plain(apiVersion) + " " + plain(kind));
    }

    /**
     * The run, or the PipelineRun that owns it, has expired.
     *
     * @param namespace the run's namespace
     * @param uid the run's UID
     * @return the outcome
     */
    public static ArchiveOutcome expired(String namespace, String uid) {
        return new ArchiveOutcome(
                Status.EXPIRED,
                null,
                null,
                Names.single("uid", uid) + " of " + Names.single("namespace", namespace) + " has expired");
    }

    private static String plain(String text) {
        return text.matches("[A-Za-z0-9./-]{1,100}") ? text : Escaped.of(text);
    }

    /**
     * The kind of outcome.
     *
     * @return the status, never null
     */
    public Status status() {
        return status;
    }

    /**
     * The record that holds the run.
     *
     * @return the name, or empty for a snapshot that is not stored
     */
    public Optional<RecordName> record() {
        return Optional.ofNullable(record);
    }

    /**
     * The code of the refusal.
     *
     * @return the code, or empty for a snapshot that was archived or has expired
     */
    public Optional<ResultsException.Code> code() {
        return Optional.ofNullable(code);
    }

    /**
     * What was wrong and where.
     *
     * @return the text, fit for a log line; empty for a snapshot that was archived
     */
    public String reason() {
        return reason;
    }

    /**
     * Whether the store now holds this version or a newer one.
     *
     * @return false for {@code QUARANTINED}, {@code NOT_A_RUN} and {@code EXPIRED}
     */
    public boolean isArchived() {
        return record != null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ArchiveOutcome that
                && status == that.status
                && code == that.code
                && Objects.equals(record, that.record)
                && reason.equals(that.reason);
    }

    @Override
    public int hashCode() {
        return Objects.hash(status, record, code, reason);
    }

    /** For example {@code CREATED ci/results/a/records/b}, {@code INVALID: no metadata.uid} or {@code NOT_A_RUN: v1 Pod}. */
    @Override
    public String toString() {
        return switch (status) {
            case QUARANTINED -> code + ": " + reason;
            case NOT_A_RUN, EXPIRED -> status + ": " + reason;
            default -> status + " " + record;
        };
    }
}
