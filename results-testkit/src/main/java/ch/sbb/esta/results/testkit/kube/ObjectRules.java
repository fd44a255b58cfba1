package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.ApiErrors.FieldError;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What names, labels and metadata must look like ({@code k8s.io/apimachinery/pkg/util/validation/validation.go}). */
final class ObjectRules {

    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
    private static final String QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final Pattern LABEL_VALUE = Pattern.compile("(" + QUALIFIED + ")?");
    private static final Pattern LABEL_NAME = Pattern.compile(QUALIFIED);
    // No vowels and no digits that look like one: k8s.io/apimachinery/pkg/util/rand/rand.go.
    private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;
    private static final int LONGEST_GENERATE_NAME = 63 - SUFFIX_LENGTH;

    private ObjectRules() {}

    /** RFC 3339 in whole seconds, as metav1.Time is written. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** {@code k8s.io/apiserver/pkg/storage/names/generate.go}: the base is cut so that base and suffix fit a label. */
    static String generateName(String base) {
        StringBuilder name = new StringBuilder(base.substring(0, Math.min(base.length(), LONGEST_GENERATE_NAME)));
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            name.append(SUFFIX_LETTERS.charAt(ThreadLocalRandom.current().nextInt(SUFFIX_LETTERS.length())));
        }
        return name.toString();
    }

    /** Refuses an object whose apiVersion or kind is not that of the path. */
    static void checkType(KubeResource resource, String version, ObjectNode object) {
        String expected = resource.apiVersion(version);
        @Nullable String apiVersion = Json.text(object, "apiVersion");
        @Nullable String kind = Json.text(object, "kind");
        if (resource.is(KubeResource.Trait.CUSTOM) && kind == null) {
            throw ApiErrors.badRequest("Object 'Kind' is missing in the object provided");
        }
        if (apiVersion != null && !apiVersion.equals(expected)) {
            throw ApiErrors.badRequest("the API version in the data (" + apiVersion
                    + ") does not match the expected API version (" + expected + ")");
        }
        if (kind != null && !kind.equals(resource.kind()) && resource.is(KubeResource.Trait.CUSTOM)) {
            // k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go: ValidateTypeMeta.
            throw ApiErrors.invalid(
                    resource,
                    object.path("metadata").path("name").asText(),
                    List.of(FieldError.invalid("kind", kind, "must be " + resource.kind())));
        }
        if (kind != null && !kind.equals(resource.kind())) {
            throw ApiErrors.badRequest(kind + " in version " + ApiErrors.quote(version) + " cannot be handled as a "
                    + resource.kind() + ": converting (" + expected + "." + kind + ") to (" + expected + "."
                    + resource.kind() + "): unknown conversion");
        }
        object.put("apiVersion", expected).put("kind", resource.kind());
    }

    static void validate(KubeResource resource, ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode metadata = object.path("metadata");
        String name = metadata.path("name").asText();
        checkName(resource, name, errors);
        checkLabels(metadata.path("labels"), errors);
        checkFinalizers(metadata.path("finalizers"), errors);
        checkOwners(metadata.path("ownerReferences"), errors);
        if (resource.equals(ResourceRegistry.PODS)) {
            PodRules.validate(object, errors);
        }
        if (!errors.isEmpty()) {
            throw ApiErrors.invalid(resource, name, errors);
        }
    }

    private static void checkName(KubeResource resource, String name, List<FieldError> errors) {
        if (name.isEmpty()) {
            errors.add(FieldError.required("metadata.name", "name or generateName is required"));
        } else if (resource.is(KubeResource.Trait.LABEL_NAME)) {
            if (name.length() > 63) {
                errors.add(FieldError.invalid("metadata.name", name, "must be no more than 63 characters"));
            }
            if (!DNS_LABEL.matcher(name).matches()) {
                errors.add(FieldError.invalid(
                        "metadata.name",
                        name,
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric"
                                + " character (e.g. 'my-name',  or '123-abc', regex used for validation is '" + LABEL
                                + "')"));
            }
        } else {
            if (name.length() > 253) {
                errors.add(FieldError.invalid("metadata.name", name, "must be no more than 253 characters"));
            }
            if (!DNS_SUBDOMAIN.matcher(name).matches()) {
                errors.add(FieldError.invalid(
                        "metadata.name",
                        name,
                        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an"
                                + " alphanumeric character (e.g. 'example.com', regex used for validation is '" + LABEL
                                + "(\\." + LABEL + ")*')"));
            }
        }
    }

    private static void checkLabels(JsonNode labels, List<FieldError> errors) {
        labels.properties().forEach(label -> {
            String key = label.getKey();
            String local = key.substring(key.indexOf('/') + 1);
            if (local.length() > 63 || !LABEL_NAME.matcher(local).matches()) {
                errors.add(FieldError.invalid(
                        "metadata.labels",
                        key,
                        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g."
                                + " 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" + QUALIFIED
                                + "')"));
            }
            String value = label.getValue().asText();
            if (value.length() > 63) {
                errors.add(FieldError.invalid("metadata.labels", value, "must be no more than 63 characters"));
            }
            if (!LABEL_VALUE.matcher(value).matches()) {
                errors.add(FieldError.invalid(
                        "metadata.labels",
                        value,
                        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
                                + " alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '("
                                + QUALIFIED + ")?')"));
            }
        });
    }

    private static void checkFinalizers(JsonNode finalizers, List<FieldError> errors) {
        for (JsonNode finalizer : finalizers) {
            String text = finalizer.asText();
            if (!LABEL_NAME.matcher(text.substring(text.indexOf('/') + 1)).matches()) {
                errors.add(FieldError.invalid(
                        "metadata.finalizers",
                        text,
                        "name part must consist of alphanumeric characters, '-', '_' or '.'"));
            }
        }
    }

    private static void checkOwners(JsonNode owners, List<FieldError> errors) {
        int controllers = 0;
        int at = 0;
        for (JsonNode owner : owners) {
            for (String field : List.of("apiVersion", "kind", "name", "uid")) {
                if (Json.text(owner, field) == null) {
                    errors.add(FieldError.invalid(
                            "metadata.ownerReferences[" + at + "]." + field, "", "must not be empty"));
                }
            }
            controllers += owner.path("controller").asBoolean() ? 1 : 0;
            at++;
        }
        if (controllers > 1) {
            errors.add(FieldError.invalid(
                    "metadata.ownerReferences", "", "Only one reference can have Controller set to true"));
        }
    }

    static Set<String> finalizers(JsonNode object) {
        Set<String> finalizers = new LinkedHashSet<>();
        object.path("metadata").path("finalizers").forEach(finalizer -> finalizers.add(finalizer.asText()));
        return finalizers;
    }

    static boolean isDeleting(JsonNode object) {
        return Json.text(object, "metadata", "deletionTimestamp") != null;
    }

    /** {@code k8s.io/apimachinery/pkg/api/validation/objectmeta.go}, ValidateFinalizersUpdate. */
    static void checkNoFinalizerAdded(KubeResource resource, ObjectNode before, ObjectNode after) {
        Set<String> added = finalizers(after);
        added.removeAll(finalizers(before));
        if (isDeleting(before) && !added.isEmpty()) {
            String list = String.join(", ", added.stream().map(ApiErrors::quote).toList());
            throw ApiErrors.invalid(
                    resource,
                    before.path("metadata").path("name").asText(),
                    List.of(FieldError.forbidden(
                            "metadata.finalizers",
                            "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                                    + list + "}")));
        }
    }
}
