package ch.sbb.esta.results.testkit.kube;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Label selectors as in the documentation page "Labels and Selectors" and {@code k8s.io/apimachinery/pkg/labels/selector.go}: {@code a=b}, {@code a==b},
 * {@code a!=b}, {@code a in (b,c)}, {@code a notin (b,c)}, {@code a}, {@code !a}, {@code a>1}, {@code a<1}, joined by commas.
 */
final class LabelSelector {

    private static final String KEY = "[A-Za-z0-9](?:[A-Za-z0-9./_-]*[A-Za-z0-9])?";
    private static final String VALUE = "(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?";
    private static final Pattern TERM = Pattern.compile(
            "\\s*(?:(?<absent>!)\\s*(?<none>" + KEY + ")|(?<key>" + KEY + ")\\s*(?:(?<op>==|=|!=|>|<)\\s*(?<value>"
                    + VALUE + ")|\\s(?<set>in|notin)\\s*\\((?<values>[^()]*)\\))?)\\s*(?=,|$)");

    private LabelSelector() {}

    static Predicate<StoredObject> parse(String text) {
        List<Predicate<StoredObject>> terms = new ArrayList<>();
        Matcher matcher = TERM.matcher(text);
        int at = 0;
        while (!text.isBlank() && at <= text.length()) {
            if (!matcher.region(at, text.length()).lookingAt()) {
                throw ApiErrors.badRequest(
                        "unable to parse requirement: found '" + text.substring(at)
                                + "', expected: a key with '=', '==', '!=', 'in', 'notin', '<', '>' or alone, or '!' and a key");
            }
            terms.add(term(matcher));
            at = matcher.end() + 1;
        }
        return Selector.all(terms);
    }

    private static Predicate<StoredObject> term(Matcher matcher) {
        if (matcher.group("absent") != null) {
            String key = matcher.group("none");
            return object -> !object.labels().containsKey(key);
        }
        String key = matcher.group("key");
        String set = matcher.group("set");
        if (set != null) {
            Set<String> values = values(matcher.group("values"));
            return set.equals("in") ? in(key, values) : in(key, values).negate();
        }
        String operator = matcher.group("op");
        if (operator == null) {
            return object -> object.labels().containsKey(key);
        }
        String value = matcher.group("value");
        return switch (operator) {
            case "!=" -> in(key, Set.of(value)).negate();
            case ">", "<" -> compare(key, operator, value);
            default -> in(key, Set.of(value));
        };
    }

    // An absent label passes "!=" and "notin".
    private static Predicate<StoredObject> in(String key, Set<String> values) {
        return object -> {
            String value = object.labels().get(key);
            return value != null && values.contains(value);
        };
    }

    private static Predicate<StoredObject> compare(String key, String operator, String value) {
        long bound = number(value);
        return object -> {
            String label = object.labels().get(key);
            if (label == null || !label.matches("-?[0-9]{1,18}")) {
                return false;
            }
            int order = Long.compare(Long.parseLong(label), bound);
            return operator.equals(">") ? order > 0 : order < 0;
        };
    }

    private static long number(String value) {
        if (!value.matches("-?[0-9]{1,18}")) {
            throw ApiErrors.badRequest("values[0]: Invalid value: " + ApiErrors.quote(value)
                    + ": for 'Gt', 'Lt' operators, the value must be an integer");
        }
        return Long.parseLong(value);
    }

    private static Set<String> values(String list) {
        Set<String> values = new LinkedHashSet<>();
        for (String value : list.split(",", -1)) {
            if (!value.strip().matches(VALUE)) {
                throw ApiErrors.badRequest(
                        "unable to parse requirement: values: Invalid value: " + ApiErrors.quote(value.strip())
                                + ": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'");
            }
            values.add(value.strip());
        }
        return values;
    }
}
