package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.prune.LabelSelector;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which runs of the watched namespaces are looked at. Selectors are evaluated by the API server: what they leave out is never sent. A run
 * that loses a label that is asked for counts as deleted.
 *
 * <p>Immutable and thread-safe.
 */
public final class RunFilter {

    /** What {@code spec.managedBy} says of a run that Tekton itself works on, where it says anything. */
    public static final String TEKTON = "tekton.dev/pipeline";

    private static final RunFilter ALL = new RunFilter("", "", Set.of());
    private static final Pattern FIELD = Pattern.compile("metadata\\.(name|namespace)(==?|!=)[a-z0-9.-]{1,253}");

    private final String labelSelector;
    private final String fieldSelector;
    private final Set<String> managedBy;

    private RunFilter(String labelSelector, String fieldSelector, Set<String> managedBy) {
        this.labelSelector = labelSelector;
        this.fieldSelector = fieldSelector;
        this.managedBy = managedBy;
    }

    /**
     * All runs that Tekton works on: whose {@code spec.managedBy} is missing or {@value #TEKTON}, as with Tekton Results' watcher. A run that
     * another controller works on, such as MultiKueue, is archived where it really runs.
     *
     * @return the filter
     */
    public static RunFilter all() {
        return ALL;
    }

    /**
     * Takes only runs with these labels. Tekton copies the labels of a PipelineRun to its TaskRuns, and those of a TaskRun to its pods, whose
     * logs are selected by them too.
     *
     * @param selector in the notation of Kubernetes, such as {@code team=a,stage in (test,prod),!debug}; empty for all
     * @return a copy with this selector
     * @throws ResultsException {@code INVALID} when the selector cannot be read
     */
    public RunFilter withLabels(String selector) {
        LabelSelector.parse(Objects.requireNonNull(selector, "selector"));
        return new RunFilter(selector.strip(), fieldSelector, managedBy);
    }

    /**
     * Takes only runs with these fields. Custom resources know the fields {@code metadata.name} and {@code metadata.namespace}; logs are
     * selected by the namespace only.
     *
     * @param selector such as {@code metadata.namespace!=sandbox}; empty for all
     * @return a copy with this selector
     * @throws ResultsException {@code INVALID} when the selector names other fields or cannot be read
     */
    public RunFilter withFields(String selector) {
        String text = Objects.requireNonNull(selector, "selector").strip();
        if (!text.isEmpty()) {
            for (String condition : text.split(",", -1)) {
                if (!FIELD.matcher(condition.strip()).matches()) {
                    throw ResultsException.invalid(
                            "field selector " + Escaped.of(condition)
                                    + " is none that custom resources know: use metadata.name or metadata.namespace with = or !=");
                }
            }
        }
        return new RunFilter(labelSelector, text, managedBy);
    }

    /**
     * Takes also runs that these controllers work on, as {@code managed_by_values} of Tekton Results' watcher does. The runs that a left out
     * PipelineRun owns are taken all the same unless they say so themselves.
     *
     * @param controllers values of {@code spec.managedBy}, such as {@code kueue.x-k8s.io/multikueue}
     * @return a copy with these controllers and no others beside Tekton
     */
    public RunFilter withManagedBy(String... controllers) {
        return new RunFilter(labelSelector, fieldSelector, Set.copyOf(Arrays.asList(controllers)));
    }

    /**
     * The selector of labels.
     *
     * @return empty for all
     */
    public String labelSelector() {
        return labelSelector;
    }

    /**
     * The selector of fields.
     *
     * @return empty for all
     */
    public String fieldSelector() {
        return fieldSelector;
    }

    /**
     * Whose runs are taken beside those of Tekton.
     *
     * @return values of {@code spec.managedBy}, unmodifiable
     */
    public Set<String> managedBy() {
        return managedBy;
    }

    /** The part of the selector of fields that holds for the pods of a run too. */
    String namespaceFields() {
        return Arrays.stream(fieldSelector.split(",", -1))
                .filter(condition -> condition.strip().startsWith("metadata.namespace"))
                .collect(Collectors.joining(","));
    }

    /** What {@code spec.managedBy} of an extra kind means is the business of its own controller. */
    boolean admits(RawResource run) {
        return !run.apiVersion().startsWith("tekton.dev/")
                || run.managedBy().isEmpty()
                || run.managedBy().equals(TEKTON)
                || managedBy.contains(run.managedBy());
    }

    @Override
    public String toString() {
        return "RunFilter[labels=" + Escaped.of(labelSelector) + ", fields=" + Escaped.of(fieldSelector)
                + ", managedBy=" + managedBy + "]";
    }
}
