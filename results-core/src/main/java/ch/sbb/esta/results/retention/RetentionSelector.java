package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Which runs a policy is for. All conditions must hold; one that is left out holds always.
 *
 * <p>Immutable and thread-safe.
 */
public final class RetentionSelector {

    /** Selects every run. */
    public static final RetentionSelector ALL = new RetentionSelector(Set.of(), Map.of(), Map.of(), Set.of());

    private final Set<String> namespaces;
    private final Map<String, Set<String>> labels;
    private final Map<String, Set<String>> annotations;
    private final Set<String> statuses;

    private RetentionSelector(
            Set<String> namespaces,
            Map<String, Set<String>> labels,
            Map<String, Set<String>> annotations,
            Set<String> statuses) {
        this.namespaces = Set.copyOf(namespaces);
        this.labels = labels;
        this.annotations = annotations;
        this.statuses = Set.copyOf(statuses);
    }

    /**
     * Returns the same selector for some namespaces only.
     *
     * @param names the run is in one of them; empty for any
     * @return a copy
     */
    public RetentionSelector namespaces(Set<String> names) {
        return new RetentionSelector(names, labels, annotations, statuses);
    }

    /**
     * Returns the same selector with a condition on one more label.
     *
     * @param key the label
     * @param values the run has the label with one of them; not empty
     * @return a copy
     * @throws ResultsException {@code INVALID} without any value: nothing would match
     */
    public RetentionSelector label(String key, Set<String> values) {
        return new RetentionSelector(namespaces, with(labels, "label", key, values), annotations, statuses);
    }

    /**
     * Returns the same selector with a condition on one more annotation.
     *
     * @param key the annotation
     * @param values the run has the annotation with one of them; not empty
     * @return a copy
     * @throws ResultsException {@code INVALID} without any value: nothing would match
     */
    public RetentionSelector annotation(String key, Set<String> values) {
        return new RetentionSelector(namespaces, labels, with(annotations, "annotation", key, values), statuses);
    }

    /**
     * Returns the same selector for runs that ended in some ways only.
     *
     * @param reasons the condition {@code Succeeded} has one of them as its reason, for example {@code Failed}; empty for any
     * @return a copy
     */
    public RetentionSelector statuses(Set<String> reasons) {
        return new RetentionSelector(namespaces, labels, annotations, reasons);
    }

    private static Map<String, Set<String>> with(
            Map<String, Set<String>> conditions, String what, String key, Set<String> values) {
        Objects.requireNonNull(key, "key");
        if (values.isEmpty()) {
            throw ResultsException.invalid("the selector's " + what + " " + Escaped.of(key)
                    + " has no values, so that nothing would match; name one or leave it out");
        }
        Map<String, Set<String>> more = new LinkedHashMap<>(conditions);
        more.put(key, Set.copyOf(values));
        return more;
    }

    boolean canMatch(String namespace) {
        return namespaces.isEmpty() || namespaces.contains(namespace);
    }

    /** Whether the namespace alone decides. */
    boolean isByNamespace() {
        return labels.isEmpty() && annotations.isEmpty() && statuses.isEmpty();
    }

    boolean matches(RunTraits run) {
        return holds(labels, run.labels())
                && holds(annotations, run.annotations())
                && (statuses.isEmpty() || statuses.contains(run.reason()));
    }

    private static boolean holds(Map<String, Set<String>> conditions, Map<String, String> actual) {
        return conditions.entrySet().stream().allMatch(condition -> {
            String value = actual.get(condition.getKey());
            return value != null && condition.getValue().contains(value);
        });
    }

    /** For example {@code namespaces [ci], labels {team=[a]}}. */
    @Override
    public String toString() {
        return "namespaces " + namespaces + ", labels " + labels + ", annotations " + annotations + ", statuses "
                + statuses;
    }
}
