package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A selector of objects by labels in the notation of Kubernetes: {@code a=1,b!=2,c in (x,y),d notin (z),e,!f}. All conditions must hold;
 * {@code !=} and {@code notin} hold where the label is missing too.
 *
 * <p>Immutable and thread-safe.
 */
public final class LabelSelector {

    /** Selects everything. */
    public static final LabelSelector EVERYTHING = new LabelSelector("", List.of());

    private static final String KEY = "([A-Za-z0-9](?:[A-Za-z0-9._/-]{0,315}[A-Za-z0-9])?)";
    private static final String VALUE = "([A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?|)";
    private static final Pattern COMMA = Pattern.compile(",(?![^()]*\\))");
    private static final Pattern EXISTS = Pattern.compile("(!?)\\s*" + KEY);
    private static final Pattern EQUALS = Pattern.compile(KEY + "\\s*(==?|!=)\\s*" + VALUE);
    private static final Pattern SET = Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([^()]*)\\)");
    private static final Pattern ONE_VALUE = Pattern.compile(VALUE);

    private final String text;
    private final List<Predicate<Map<String, String>>> conditions;

    private LabelSelector(String text, List<Predicate<Map<String, String>>> conditions) {
        this.text = text;
        this.conditions = conditions;
    }

    /**
     * Reads a selector.
     *
     * @param text the selector; empty or blank selects everything
     * @return the selector
     * @throws ResultsException {@code INVALID} naming the condition that is wrong
     */
    public static LabelSelector parse(String text) {
        Objects.requireNonNull(text, "text");
        if (text.isBlank()) {
            return EVERYTHING;
        }
        List<Predicate<Map<String, String>>> conditions = new ArrayList<>();
        for (String condition : COMMA.split(text, -1)) {
            conditions.add(condition(condition.strip(), text));
        }
        return new LabelSelector(text, List.copyOf(conditions));
    }

    private static Predicate<Map<String, String>> condition(String condition, String whole) {
        Matcher equals = EQUALS.matcher(condition);
        if (equals.matches()) {
            return oneOf(
                    equals.group(1), Set.of(equals.group(3)), !equals.group(2).equals("!="));
        }
        Matcher set = SET.matcher(condition);
        if (set.matches()) {
            Set<String> values =
                    Stream.of(set.group(3).split(",", -1)).map(String::strip).collect(Collectors.toSet());
            if (values.stream().allMatch(value -> ONE_VALUE.matcher(value).matches())) {
                return oneOf(set.group(1), values, set.group(2).equals("in"));
            }
        }
        Matcher exists = EXISTS.matcher(condition);
        if (exists.matches()) {
            String key = exists.group(2);
            return exists.group(1).isEmpty() ? labels -> labels.containsKey(key) : labels -> !labels.containsKey(key);
        }
        throw ResultsException.invalid(
                "the label selector " + Escaped.of(whole) + " has the condition " + Escaped.of(condition)
                        + ", which is none of: key, !key, key=value, key!=value, key in (a,b), key notin (a,b)");
    }

    private static Predicate<Map<String, String>> oneOf(String key, Set<String> values, boolean wanted) {
        return labels -> {
            String value = labels.get(key);
            return (value != null && values.contains(value)) == wanted;
        };
    }

    /**
     * Whether an object is selected.
     *
     * @param labels the labels of the object
     * @return true when all conditions hold
     */
    public boolean matches(Map<String, String> labels) {
        Objects.requireNonNull(labels, "labels");
        return conditions.stream().allMatch(condition -> condition.test(labels));
    }

    /** The text that was read. */
    @Override
    public String toString() {
        return text;
    }
}
