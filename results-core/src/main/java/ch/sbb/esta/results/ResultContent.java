package ch.sbb.esta.results;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a Result says, apart from its name and what the store adds: annotations and summary. Here lies the rule by which archiving
 * changes them, so that every store follows the same one.
 *
 * <p>Immutable and thread-safe.
 */
public final class ResultContent {

    /** What a Result says before its top-level run is archived: nothing. */
    public static final ResultContent EMPTY = new ResultContent(Map.of(), null);

    private final Map<String, String> annotations;
    private final @Nullable RecordSummary summary;

    /**
     * Creates the content.
     *
     * @param annotations the annotations; copied
     * @param summary the summary, or null
     */
    public ResultContent(Map<String, String> annotations, @Nullable RecordSummary summary) {
        this.annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
        this.summary = summary;
    }

    /**
     * Merges what a run says of its Result. A run that does not speak for the Result changes nothing. The first run that speaks for it
     * writes the summary and keeps it: a later version of the same record replaces it and its own annotations, another run only adds
     * annotations under keys that are free. Annotations under other keys stay.
     *
     * <p>Merging the same run again changes nothing. The caller makes sure that the run is not older than the stored version of its
     * record.
     *
     * @param run the run with its place
     * @return the content afterwards, equal to this when nothing changes
     */
    public ResultContent merge(RunPlacement run) {
        Objects.requireNonNull(run, "run");
        Optional<RecordSummary> said = run.summary();
        if (said.isEmpty()) {
            return this;
        }
        boolean owner = summary == null || summary.record().equals(run.record());
        Map<String, String> merged = new LinkedHashMap<>(annotations);
        if (owner) {
            merged.putAll(run.resultAnnotations());
            return new ResultContent(merged, said.get());
        }
        run.resultAnnotations().forEach(merged::putIfAbsent);
        return new ResultContent(merged, summary);
    }

    /**
     * The annotations.
     *
     * @return unmodifiable
     */
    public Map<String, String> annotations() {
        return annotations;
    }

    /**
     * The summary.
     *
     * @return the summary, or empty until a run that speaks for the Result is archived
     */
    public Optional<RecordSummary> summary() {
        return Optional.ofNullable(summary);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ResultContent that
                && annotations.equals(that.annotations)
                && Objects.equals(summary, that.summary);
    }

    @Override
    public int hashCode() {
        return Objects.hash(annotations, summary);
    }

    @Override
    public String toString() {
        return annotations.size() + " annotations, summary " + summary;
    }
}
