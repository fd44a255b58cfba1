package ch.sbb.esta.results.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which policy is chosen, against a reading of the ConfigMap's documentation that is as plain as can be. */
class RetentionMatchingPropertyTest {

    private static final List<String> KEYS = List.of("a", "b", "c");
    private static final List<String> VALUES = List.of("1", "2", "true");
    private static final List<String> NAMESPACES = List.of("ci", "prod", "dev");
    private static final List<String> REASONS = List.of("Failed", "Succeeded", "");

    /** A policy as somebody writes it. */
    private record Written(
            List<String> namespaces,
            Map<String, List<String>> labels,
            Map<String, List<String>> annotations,
            List<String> statuses,
            int days) {

        String yaml() {
            return "- selector:\n    matchNamespaces: " + namespaces + "\n    matchLabels: " + map(labels)
                    + "\n    matchAnnotations: " + map(annotations) + "\n    matchStatuses: " + quoted(statuses)
                    + "\n  retention: " + days + "d\n";
        }

        private static String map(Map<String, List<String>> map) {
            StringBuilder out = new StringBuilder("{");
            map.forEach((key, values) -> out.append(out.length() > 1 ? ", " : "")
                    .append(key)
                    .append(": ")
                    .append(quoted(values)));
            return out.append("}").toString();
        }

        private static String quoted(List<String> texts) {
            return texts.stream().map(text -> "\"" + text + "\"").toList().toString();
        }
    }

    private record Run(String namespace, Map<String, String> labels, Map<String, String> annotations, String reason) {}

    @Test
    void theFirstPolicyThatMatchesDecidesWhateverTheyAre() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Set<Integer> chosen = new HashSet<>();
        for (int round = 0; round < 500; round++) {
            List<Written> policies = new ArrayList<>();
            StringBuilder yaml = new StringBuilder();
            for (int i = random.nextInt(6); i > 0; i--) {
                Written policy = policy(random, policies.size() + 1);
                policies.add(policy);
                yaml.append(policy.yaml());
            }
            RetentionRules rules =
                    RetentionRules.ofConfigMap(Map.of("policies", yaml.toString(), "defaultRetention", "1000d"));
            for (int i = 0; i < 20; i++) {
                Run run = new Run(one(random, NAMESPACES), some(random), some(random), one(random, REASONS));
                int expected = naive(policies, run);
                chosen.add(expected);
                RunTraits traits = new RunTraits(run.labels, run.annotations, run.reason);

                Duration actual = rules.match(run.namespace, () -> traits).retention();

                assertThat(actual)
                        .as("seed %s, run %s, policies:%n%s", seed, run, yaml)
                        .isEqualTo(Duration.ofDays(expected));
                assertThat(actual).as("seed %s", seed).isGreaterThanOrEqualTo(rules.shortest(run.namespace));
                assertThat(actual).as("seed %s", seed).isGreaterThanOrEqualTo(rules.shortest());
            }
        }
        assertThat(chosen).as("seed %s: which policies decided", seed).contains(1, 2, 3, 1000);
    }

    private static int naive(List<Written> policies, Run run) {
        for (Written policy : policies) {
            boolean matches = policy.namespaces.isEmpty() || policy.namespaces.contains(run.namespace);
            for (Map.Entry<String, List<String>> label : policy.labels.entrySet()) {
                String value = run.labels.getOrDefault(label.getKey(), "none");
                matches = matches && label.getValue().contains(value);
            }
            for (Map.Entry<String, List<String>> annotation : policy.annotations.entrySet()) {
                String value = run.annotations.getOrDefault(annotation.getKey(), "none");
                matches = matches && annotation.getValue().contains(value);
            }
            matches = matches && (policy.statuses.isEmpty() || policy.statuses.contains(run.reason));
            if (matches) {
                return policy.days;
            }
        }
        return 1000;
    }

    private static Written policy(Random random, int days) {
        return new Written(
                several(random, NAMESPACES), conditions(random), conditions(random), several(random, REASONS), days);
    }

    /** Mostly none, so that policies match at times. */
    private static List<String> several(Random random, List<String> from) {
        List<String> some = new ArrayList<>();
        if (random.nextBoolean()) {
            from.stream().filter(item -> random.nextBoolean()).forEach(some::add);
        }
        return some;
    }

    private static Map<String, List<String>> conditions(Random random) {
        Map<String, List<String>> conditions = new LinkedHashMap<>();
        for (String key : KEYS) {
            if (random.nextInt(6) == 0) {
                List<String> values = new ArrayList<>(several(random, VALUES));
                values.add(one(random, VALUES));
                conditions.put(key, values);
            }
        }
        return conditions;
    }

    private static Map<String, String> some(Random random) {
        Map<String, String> some = new HashMap<>();
        for (String key : KEYS) {
            if (random.nextBoolean()) {
                some.put(key, one(random, VALUES));
            }
        }
        return some;
    }

    private static String one(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}
