package ch.sbb.esta.results;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a Result says of its top-level run.
 *
 * <p>Immutable and thread-safe.
 */
public final class RecordSummary {

    private final RecordName record;
    private final String type;
    private final @Nullable Instant startTime;
    private final @Nullable Instant endTime;
    private final SummaryStatus status;
    private final Map<String, String> annotations;

    /**
     * Creates a summary.
     *
     * @param record the record of the top-level run
     * @param type the record's type, for example {@code tekton.dev/v1.PipelineRun}
     * @param startTime when the run started, cut to microseconds, or null
     * @param endTime when the run was completed, cut to microseconds, or null
     * @param status how it ended
     * @param annotations further facts; copied
     */
    public RecordSummary(
            RecordName record,
            String type,
            @Nullable Instant startTime,
            @Nullable Instant endTime,
            SummaryStatus status,
            Map<String, String> annotations) {
        this.record = Objects.requireNonNull(record, "record");
        this.type = Objects.requireNonNull(type, "type");
        this.startTime = startTime == null ? null : startTime.truncatedTo(ChronoUnit.MICROS);
        this.endTime = endTime == null ? null : endTime.truncatedTo(ChronoUnit.MICROS);
        this.status = Objects.requireNonNull(status, "status");
        this.annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /**
     * The record of the top-level run.
     *
     * @return the full name
     */
    public RecordName record() {
        return record;
    }

    /**
     * The type of that record.
     *
     * @return for example {@code tekton.dev/v1.PipelineRun}
     */
    public String type() {
        return type;
    }

    /**
     * When the run started.
     *
     * @return the time, or empty before
     */
    public Optional<Instant> startTime() {
        return Optional.ofNullable(startTime);
    }

    /**
     * When the run was completed.
     *
     * @return the time, or empty before
     */
    public Optional<Instant> endTime() {
        return Optional.ofNullable(endTime);
    }

    /**
     * How the run ended.
     *
     * @return {@link SummaryStatus#UNKNOWN} while it runs
     */
    public SummaryStatus status() {
        return status;
    }

    /**
     * Further facts, from the run's annotation {@code results.tekton.dev/recordSummaryAnnotations}.
     *
     * @return unmodifiable
     */
    public Map<String, String> annotations() {
        return annotations;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RecordSummary that
                && record.equals(that.record)
                && type.equals(that.type)
                && Objects.equals(startTime, that.startTime)
                && Objects.equals(endTime, that.endTime)
                && status == that.status
                && annotations.equals(that.annotations);
    }

    @Override
    public int hashCode() {
        return Objects.hash(record, type, startTime, endTime, status, annotations);
    }

    @Override
    public String toString() {
        return type + " " + record + " " + status;
    }
}
