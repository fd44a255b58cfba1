package ch.sbb.esta.results;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a backend knows of one log.
 *
 * <p>Immutable and thread-safe.
 */
public final class LogInfo {

    private final ContainerLogId id;
    private final LogState state;
    private final Extent extent;
    private final List<LogDefect> defects;
    private final @Nullable String redactedBy;

    /**
     * How much text a log has.
     *
     * @param bytes of text, uncompressed
     * @param lines begun lines: a last line without newline counts
     * @param firstTime the timestamp of the first line, or null when there is none
     * @param lastTime the highest timestamp of a line, or null when there is none
     */
    public record Extent(
            long bytes,
            long lines,
            @Nullable Instant firstTime,
            @Nullable Instant lastTime) {

        /** A log without text. */
        public static final Extent EMPTY = new Extent(0, 0, null, null);
    }

    /**
     * Describes a log.
     *
     * @param id which log
     * @param state what is known of it
     * @param extent how much text there is
     * @param defects why it is not proven complete, in the order of their places; empty for a complete one; copied
     */
    public LogInfo(ContainerLogId id, LogState state, Extent extent, List<LogDefect> defects) {
        this(id, state, extent, defects, null);
    }

    /**
     * Describes a log out of which a redaction may have taken secrets.
     *
     * @param id which log
     * @param state what is known of it
     * @param extent how much text there is
     * @param defects why it is not proven complete, in the order of their places; empty for a complete one; copied
     * @param redactedBy the name of the redaction, or null when none was applied
     */
    public LogInfo(
            ContainerLogId id, LogState state, Extent extent, List<LogDefect> defects, @Nullable String redactedBy) {
        this.id = Objects.requireNonNull(id, "id");
        this.state = Objects.requireNonNull(state, "state");
        this.extent = Objects.requireNonNull(extent, "extent");
        this.defects = List.copyOf(defects);
        this.redactedBy = redactedBy;
        if (state == LogState.COMPLETE && !defects.isEmpty()) {
            throw new IllegalArgumentException("a log with defects is not complete: " + defects);
        }
    }

    /**
     * Which log.
     *
     * @return the id
     */
    public ContainerLogId id() {
        return id;
    }

    /**
     * What is known of it.
     *
     * @return the state
     */
    public LogState state() {
        return state;
    }

    /**
     * How much text there is.
     *
     * @return bytes, lines and times
     */
    public Extent extent() {
        return extent;
    }

    /**
     * Why it is not proven complete.
     *
     * @return unmodifiable, in the order of their places
     */
    public List<LogDefect> defects() {
        return defects;
    }

    /**
     * Whether nothing will be added any more.
     *
     * @return false for a live log
     */
    public boolean isSealed() {
        return state != LogState.LIVE;
    }

    /**
     * The redaction that was applied to the text before it was stored: then the text is what the container emitted but for its secrets.
     *
     * @return its name, or empty when none was applied
     */
    public Optional<String> redactedBy() {
        return Optional.ofNullable(redactedBy);
    }

    /**
     * The timestamp of the first line.
     *
     * @return the time, or empty for a log without lines
     */
    public Optional<Instant> firstTime() {
        return Optional.ofNullable(extent.firstTime);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LogInfo that
                && id.equals(that.id)
                && state == that.state
                && extent.equals(that.extent)
                && defects.equals(that.defects)
                && Objects.equals(redactedBy, that.redactedBy);
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, state, extent);
    }

    @Override
    public String toString() {
        return id + " " + state + " " + extent.bytes + " bytes, " + extent.lines + " lines"
                + (redactedBy == null ? "" : ", redacted by " + Escaped.of(redactedBy))
                + (defects.isEmpty() ? "" : " " + defects);
    }
}
