package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/** Reads the ConfigMap of Tekton Results' retention agent and collects what is wrong with it. Used once. */
final class ConfigMapReader {

    private static final String POLICIES = "policies";
    private static final Duration DEFAULT = Duration.ofDays(30);
    private static final Set<String> ENTRIES = Set.of("runAt", "defaultRetention", "maxRetention", POLICIES);
    private static final Set<String> POLICY_FIELDS = Set.of("name", "selector", "retention");
    private static final Set<String> SELECTOR_FIELDS =
            Set.of("matchNamespaces", "matchLabels", "matchAnnotations", "matchStatuses");

    private final List<String> faults = new ArrayList<>();

    /** The entries of a ConfigMap that is written as YAML. */
    static Map<String, String> data(String yaml) {
        Optional<Node> root = YamlText.parse("the ConfigMap", yaml);
        if (root.isEmpty()) {
            return Map.of();
        }
        Map<String, Node> fields = YamlText.mapping("the ConfigMap", root.get());
        boolean whole = fields.containsKey("kind") || fields.containsKey("apiVersion");
        if (whole && !fields.containsKey("data")) {
            return Map.of();
        }
        Map<String, String> data = new LinkedHashMap<>();
        Node entries = fields.getOrDefault("data", root.get());
        YamlText.mapping("data", entries)
                .forEach((key, value) -> data.put(key, YamlText.scalar("the entry " + Escaped.of(key), value)));
        return data;
    }

    RetentionRules read(Map<String, String> data) {
        for (String key : data.keySet()) {
            if (!ENTRIES.contains(key) && !key.startsWith("_")) {
                faults.add("there is no entry " + Escaped.of(key) + ", only " + sorted(ENTRIES));
            }
        }
        Duration fallback = DEFAULT;
        for (String key : List.of("defaultRetention", "maxRetention")) {
            @Nullable String text = data.get(key);
            if (text != null) {
                fallback = attempt(() -> retention(key, text), DEFAULT);
            }
        }
        RetentionRules rules = RetentionRules.keepFor(fallback);
        @Nullable String runAt = data.get("runAt");
        if (runAt != null) {
            rules = rules.schedule(attempt(() -> CronSchedule.parse(runAt), CronSchedule.WEEKLY));
        }
        for (RetentionPolicy policy : policies(data.getOrDefault(POLICIES, ""))) {
            rules = rules.then(policy);
        }
        if (!faults.isEmpty()) {
            throw ResultsException.invalid(String.join("; ", faults));
        }
        return rules;
    }

    private List<RetentionPolicy> policies(String yaml) {
        List<RetentionPolicy> policies = new ArrayList<>();
        Optional<Node> root = attempt(() -> YamlText.parse(POLICIES, yaml), Optional.empty());
        List<Node> items = attempt(
                () -> root.map(node -> YamlText.sequence(POLICIES, node)).orElse(List.of()), List.of());
        for (Node item : items) {
            String what = "policy " + (policies.size() + 1);
            policies.add(attempt(() -> policy(what, item), new RetentionPolicy(what, RetentionSelector.ALL, DEFAULT)));
        }
        return policies;
    }

    private <T> T attempt(Supplier<T> reading, T instead) {
        try {
            return reading.get();
        } catch (ResultsException e) {
            faults.add(String.valueOf(e.getMessage()));
            return instead;
        }
    }

    private static RetentionPolicy policy(String what, Node node) {
        Map<String, Node> fields = fields(what, node, POLICY_FIELDS);
        String name = Optional.ofNullable(fields.get("name"))
                .map(text -> YamlText.scalar("the name of " + what, text))
                .filter(text -> !text.isEmpty())
                .orElse(what);
        @Nullable Node retention = fields.get("retention");
        if (retention == null) {
            throw ResultsException.invalid(what + " has no retention" + YamlText.at(node));
        }
        Duration time = retention("the retention of " + what, YamlText.scalar("the retention of " + what, retention));
        @Nullable Node selector = fields.get("selector");
        return new RetentionPolicy(
                name, selector == null ? RetentionSelector.ALL : selector("the selector of " + what, selector), time);
    }

    private static RetentionSelector selector(String what, Node node) {
        RetentionSelector selector = RetentionSelector.ALL;
        for (Map.Entry<String, Node> field : fields(what, node, SELECTOR_FIELDS).entrySet()) {
            String name = what + "'s " + field.getKey();
            switch (field.getKey()) {
                case "matchNamespaces" -> selector = selector.namespaces(set(name, field.getValue()));
                case "matchStatuses" -> selector = selector.statuses(set(name, field.getValue()));
                case "matchLabels" -> {
                    for (Map.Entry<String, Node> label :
                            YamlText.mapping(name, field.getValue()).entrySet()) {
                        selector = selector.label(label.getKey(), set(name, label.getValue()));
                    }
                }
                default -> {
                    for (Map.Entry<String, Node> annotation :
                            YamlText.mapping(name, field.getValue()).entrySet()) {
                        selector = selector.annotation(annotation.getKey(), set(name, annotation.getValue()));
                    }
                }
            }
        }
        return selector;
    }

    private static Set<String> set(String what, Node node) {
        return new LinkedHashSet<>(YamlText.texts(what, node));
    }

    private static Map<String, Node> fields(String what, Node node, Set<String> known) {
        Map<String, Node> fields = YamlText.mapping(what, node);
        for (Map.Entry<String, Node> field : fields.entrySet()) {
            if (!known.contains(field.getKey())) {
                throw ResultsException.invalid(what + " has no field " + Escaped.of(field.getKey())
                        + YamlText.at(field.getValue()) + ", only " + sorted(known));
            }
        }
        return fields;
    }

    private static Duration retention(String what, String text) {
        Duration time;
        try {
            time = DurationText.parse(text);
        } catch (ResultsException e) {
            throw ResultsException.invalid(what + ": " + e.getMessage());
        }
        if (time.isZero()) {
            throw ResultsException.invalid(what + " " + Escaped.of(text) + " is zero: nothing would be kept");
        }
        return time;
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }
}
