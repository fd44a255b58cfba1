package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.RunSnapshot;
import java.util.Map;
import java.util.Objects;

/**
 * What selectors look at.
 *
 * @param labels the labels of the run; copied
 * @param annotations the annotations of the run; copied
 * @param reason the reason of the condition {@code Succeeded}, or empty text
 */
record RunTraits(Map<String, String> labels, Map<String, String> annotations, String reason) {

    /** A Result without any run. */
    static final RunTraits NONE = new RunTraits(Map.of(), Map.of(), "");

    RunTraits {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        Objects.requireNonNull(reason, "reason");
    }

    static RunTraits of(RunSnapshot run) {
        return new RunTraits(run.labels(), run.annotations(), run.reason());
    }
}
