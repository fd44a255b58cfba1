package ch.sbb.esta.results.testkit.kube;

import java.util.List;
import java.util.function.Predicate;

/** What a list or a watch is narrowed to: a namespace, labels and fields. */
record Selector(String namespace, Predicate<StoredObject> labels, Predicate<StoredObject> fields, boolean narrows) {

    /**
     * Reads the selectors of a request.
     *
     * @param namespace empty for all namespaces
     */
    static Selector parse(KubeResource resource, String namespace, String labels, String fields) {
        return new Selector(
                namespace,
                LabelSelector.parse(labels),
                FieldSelector.parse(resource, fields),
                !labels.isBlank() || !fields.isBlank());
    }

    boolean matches(StoredObject object) {
        return (namespace.isEmpty() || namespace.equals(object.namespace()))
                && labels.test(object)
                && fields.test(object);
    }

    static <T> Predicate<T> all(List<Predicate<T>> terms) {
        return object -> terms.stream().allMatch(term -> term.test(object));
    }
}
