package ch.sbb.esta.results.s3;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;

/**
 * Evaluates an identity's IAM policy as AWS documents it: nothing is allowed that no statement allows, and what a statement denies is denied.
 * What it does not know fails, so that it never takes a policy for narrower than it is.
 */
final class IamPolicy {

    private static final Set<String> ELEMENTS =
            Set.of("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition");
    private static final String IF_EXISTS = "IfExists";

    private final List<JsonNode> statements;

    IamPolicy(String json) {
        JsonNode document = JsonNode.parser().parse(json);
        if (!"2012-10-17".equals(document.field("Version").map(JsonNode::text).orElse(""))
                || !Set.of("Version", "Id", "Statement")
                        .containsAll(document.asObject().keySet())) {
            throw new IllegalArgumentException("not a policy of version 2012-10-17: " + json);
        }
        statements = list(document.asObject().get("Statement"));
        for (JsonNode statement : statements) {
            Map<String, JsonNode> fields = statement.asObject();
            if (!ELEMENTS.containsAll(fields.keySet())
                    || fields.containsKey("Action") == fields.containsKey("NotAction")
                    || fields.containsKey("Resource") == fields.containsKey("NotResource")
                    || !Set.of("Allow", "Deny").contains(text(fields.get("Effect")))) {
                throw new IllegalArgumentException("not a statement of an identity's policy: " + statement);
            }
        }
    }

    /** Whether the policy lets a request through that has these condition keys, such as {@code s3:prefix}. */
    boolean allows(String action, String resource, Map<String, String> context) {
        return applies("Allow", action, resource, context) && !applies("Deny", action, resource, context);
    }

    private boolean applies(String effect, String action, String resource, Map<String, String> context) {
        return statements.stream()
                .map(JsonNode::asObject)
                .anyMatch(statement -> text(statement.get("Effect")).equals(effect)
                        && matches(
                                statement,
                                "Action",
                                action.toLowerCase(Locale.ROOT),
                                text -> text.toLowerCase(Locale.ROOT))
                        && matches(statement, "Resource", resource, text -> text)
                        && holds(statement.get("Condition"), context));
    }

    private interface Spelling {
        String of(String text);
    }

    private static boolean matches(Map<String, JsonNode> statement, String element, String value, Spelling spelling) {
        JsonNode positive = statement.get(element);
        boolean any = list(positive == null ? statement.get("Not" + element) : positive).stream()
                .anyMatch(pattern -> like(spelling.of(text(pattern)), value));
        return (positive != null) == any;
    }

    /** All operators and all their keys must hold; one of the values of a key is enough. */
    private static boolean holds(@Nullable JsonNode conditions, Map<String, String> context) {
        return conditions == null
                || conditions.asObject().entrySet().stream()
                        .allMatch(operator -> operator.getValue().asObject().entrySet().stream()
                                .allMatch(key -> holds(
                                        operator.getKey(),
                                        list(key.getValue()).stream()
                                                .map(IamPolicy::text)
                                                .toList(),
                                        find(context, key.getKey()))));
    }

    private static Optional<String> find(Map<String, String> context, String key) {
        return context.entrySet().stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(key))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static boolean holds(String operator, List<String> wanted, Optional<String> value) {
        if (operator.endsWith(IF_EXISTS)) {
            return value.isEmpty()
                    || holds(operator.substring(0, operator.length() - IF_EXISTS.length()), wanted, value);
        }
        return switch (operator) {
            case "StringEquals" -> value.filter(wanted::contains).isPresent();
            case "StringNotEquals" -> value.filter(wanted::contains).isEmpty();
            case "StringLike" ->
                value.filter(text -> wanted.stream().anyMatch(pattern -> like(pattern, text)))
                        .isPresent();
            case "StringNotLike" ->
                value.filter(text -> wanted.stream().anyMatch(pattern -> like(pattern, text)))
                        .isEmpty();
            case "Null" -> wanted.contains(Boolean.toString(value.isEmpty()));
            default -> throw new IllegalArgumentException("condition operator " + operator + " is not known here");
        };
    }

    /** A star is any text, also none and with slashes, a question mark one character; everything else is itself. */
    private static boolean like(String pattern, String text) {
        if (pattern.contains("${")) {
            throw new IllegalArgumentException("policy variables are not known here: " + pattern);
        }
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            char c = p < pattern.length() ? pattern.charAt(p) : 0;
            if (p < pattern.length() && c == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length() && (c == '?' || c == text.charAt(t))) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        return pattern.substring(p).chars().allMatch(c -> c == '*');
    }

    private static List<JsonNode> list(@Nullable JsonNode node) {
        if (node == null) {
            throw new IllegalArgumentException("an element of the policy is missing");
        }
        return node.isArray() ? node.asArray() : List.of(node);
    }

    private static String text(@Nullable JsonNode node) {
        if (node == null || !node.isString()) {
            throw new IllegalArgumentException("not a text: " + node);
        }
        return node.asString();
    }
}
