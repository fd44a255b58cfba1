package ch.sbb.esta.results.testkit.kube;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Field selectors as in the documentation page "Field Selectors" and {@code k8s.io/apimachinery/pkg/fields/selector.go}: {@code =}, {@code ==} and
 * {@code !=}, joined by commas. Every kind knows its name and namespace; others only where the kind says so.
 */
final class FieldSelector {

    private static final Pattern TERM = Pattern.compile("([^=!,]+)(==|=|!=)(.*)", Pattern.DOTALL);

    private FieldSelector() {}

    static Predicate<StoredObject> parse(KubeResource resource, String text) {
        List<Predicate<StoredObject>> terms = new ArrayList<>();
        for (String part : text.split("(?<!\\\\),", -1)) {
            if (!part.isBlank()) {
                terms.add(term(resource, part.strip(), text));
            }
        }
        return Selector.all(terms);
    }

    private static Predicate<StoredObject> term(KubeResource resource, String part, String text) {
        Matcher matcher = TERM.matcher(part);
        if (!matcher.matches()) {
            throw ApiErrors.badRequest("invalid selector: '" + text + "'; can't understand '" + part + "'");
        }
        String field = matcher.group(1).strip();
        if (!field.equals("metadata.name")
                && !field.equals("metadata.namespace")
                && !resource.fields().contains(field)) {
            throw ApiErrors.badRequest("Unable to find " + ApiErrors.quote(resource.qualifiedPlural())
                    + " that match label selector \"\", field selector " + ApiErrors.quote(text) + ": "
                    + (resource.is(KubeResource.Trait.CUSTOM)
                            ? "field label not supported: " + field
                            : ApiErrors.quote(field) + " is not a known field selector"));
        }
        String value = matcher.group(3).replaceAll("\\\\(.)", "$1");
        return matcher.group(2).equals("!=")
                ? object -> !object.field(field).equals(value)
                : object -> object.field(field).equals(value);
    }
}
