package ch.sbb.esta.results.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionRulesTest {

    private static final String CONFIG_MAP = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: tekton-results-config-results-retention-policy
              namespace: tekton-pipelines
            data:
              runAt: "0 2 * * *"   # every night
              defaultRetention: 20d
              policies: |
                - name: long for failures
                  selector:
                    matchNamespaces: [production, prod-east]
                    matchLabels:
                      criticality: [high, 1]
                    matchStatuses:
                      - Failed
                  retention: 180d
                - name: debugged
                  selector:
                    matchAnnotations:
                      debug/retain: [true]
                  retention: 36h
                - selector: {matchNamespaces: [ci]}
                  retention: 7
            """;

    private static RunTraits run(Map<String, String> labels, Map<String, String> annotations, String reason) {
        return new RunTraits(labels, annotations, reason);
    }

    private static String policy(RetentionRules rules, String namespace, RunTraits run) {
        return rules.match(namespace, () -> run).name();
    }

    @Test
    void theConfigMapOfTektonResultsIsRead() {
        RetentionRules rules = RetentionRules.parse(CONFIG_MAP);

        assertThat(rules.schedule()).hasToString("0 2 * * *");
        assertThat(rules.defaultRetention()).isEqualTo(Duration.ofDays(20));
        assertThat(rules.policies())
                .extracting(RetentionPolicy::name, RetentionPolicy::retention)
                .containsExactly(
                        tuple("long for failures", Duration.ofDays(180)),
                        tuple("debugged", Duration.ofHours(36)),
                        tuple("policy 3", Duration.ofDays(7)));
        Map<String, String> high = Map.of("criticality", "high");
        assertThat(policy(rules, "production", run(high, Map.of(), "Failed"))).isEqualTo("long for failures");
        assertThat(policy(rules, "prod-east", run(Map.of("criticality", "1"), Map.of(), "Failed")))
                .isEqualTo("long for failures");
        assertThat(policy(rules, "production", run(high, Map.of(), "Succeeded")))
                .isEqualTo(RetentionRules.DEFAULT);
        assertThat(policy(rules, "ci", run(high, Map.of("debug/retain", "true"), "Failed")))
                .isEqualTo("debugged");
        assertThat(policy(rules, "ci", run(Map.of(), Map.of(), ""))).isEqualTo("policy 3");
    }

    @Test
    void theEntriesAloneAreReadToo() {
        assertThat(RetentionRules.parse("defaultRetention: 24h").defaultRetention())
                .isEqualTo(Duration.ofDays(1));
        assertThat(RetentionRules.ofConfigMap(Map.of("policies", "- retention: 3d"))
                        .policies())
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing", "kind: ConfigMap", "data:", "data: {_example: x}", "policies:"})
    void whatIsMissingIsTheDefault(String yaml) {
        RetentionRules rules = RetentionRules.parse(yaml);

        assertThat(rules.defaultRetention()).isEqualTo(Duration.ofDays(30));
        assertThat(rules.policies()).isEmpty();
        assertThat(rules.schedule()).isEqualTo(CronSchedule.WEEKLY);
    }

    @Test
    void theOlderNameOfTheDefaultWins() {
        Map<String, String> both = new HashMap<>(Map.of("maxRetention", "5"));
        both.put("defaultRetention", "30d");

        assertThat(RetentionRules.ofConfigMap(both).defaultRetention()).isEqualTo(Duration.ofDays(5));
    }

    @ParameterizedTest
    @CsvSource({
        "30, PT720H",
        "30d, PT720H",
        "+2d, PT48H",
        "24h, PT24H",
        "1h30m, PT1H30M",
        "1.5h, PT1H30M",
        ".5h, PT30M",
        "90m, PT1H30M",
        "1h2m3s4ms5us6ns, PT1H2M3.004005006S",
        "1µs, PT0.000001S"
    })
    void timesAreReadAsTektonResultsReadsThem(String text, Duration expected) {
        assertThat(DurationText.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "d",
                "1.5d",
                "-3d",
                "-1h",
                "1h 2m",
                "h",
                "0",
                "0d",
                "0h",
                "30 d",
                "P30D",
                "1w",
                "99999999d"
            })
    void aTimeThatIsNoneIsInvalid(String text) {
        assertInvalid(() -> RetentionRules.ofConfigMap(Map.of("defaultRetention", text)), "defaultRetention");
    }

    @Test
    void everyFaultIsToldWithItsPlace() {
        assertInvalid(
                () -> RetentionRules.ofConfigMap(Map.of(
                        "runAt", "61 * * * *",
                        "defaultRetention", "soon",
                        "retention", "3",
                        "policies", """
                                - name: a
                                  selector: {matchNamespace: [ci]}
                                  retention: 3d
                                - name: b
                                  selector: {}
                                - name: c
                                  selector:
                                    matchLabels: {team: []}
                                  retention: 3d
                                - name: d
                                  retention: [3]
                                - e
                                """)),
                "there is no entry \"retention\"",
                "\"61 * * * *\"",
                "\"soon\" is no time",
                "no field \"matchNamespace\" (line 2, column",
                "policy 2 has no retention (line 4",
                "label \"team\" has no values",
                "the retention of policy 4 is not a text (line 11",
                "policy 5 is not a mapping (line 12");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "policies: [",
                "[1, 2]",
                "- a",
                "data: 7",
                "a: 1\na: 2",
                "data: {runAt: [x]}",
                "data: {runAt: a, runAt: b}",
                "---\na: b\n---\nc: d",
                "data: {policies: \"{a: b}\"}",
                "data: {policies: \"- &a [*a]\"}",
                "!!java.net.URL [x]"
            })
    void textThatIsNoSuchConfigMapIsInvalid(String yaml) {
        assertInvalid(() -> RetentionRules.parse(yaml));
    }

    @Test
    void aNestingBombIsInvalid() {
        assertInvalid(() -> RetentionRules.parse("data: " + "[".repeat(100_000)));
        assertInvalid(() -> RetentionRules.parse("x".repeat(2 << 20)));
    }

    @Test
    void aPolicyOfZeroIsInvalid() {
        assertInvalid(() -> RetentionRules.keepFor(Duration.ZERO), "more than zero");
        assertInvalid(() -> new RetentionPolicy("p", RetentionSelector.ALL, Duration.ofDays(-1)), "more than zero");
    }

    @Test
    void theShortestTimeOfANamespaceLeavesOutPoliciesOfOthers() {
        RetentionRules rules = RetentionRules.keepFor(Duration.ofDays(30))
                .then(new RetentionPolicy("a", RetentionSelector.ALL.namespaces(Set.of("a")), Duration.ofDays(3)))
                .then(new RetentionPolicy("b", RetentionSelector.ALL.namespaces(Set.of("b")), Duration.ofDays(300)));

        assertThat(rules.shortest("a")).isEqualTo(Duration.ofDays(3));
        assertThat(rules.shortest("b")).isEqualTo(Duration.ofDays(30));
        assertThat(rules.shortest()).isEqualTo(Duration.ofDays(3));
    }

    @Test
    void theRunIsNotReadWhereTheNamespaceDecides() {
        RetentionRules rules = RetentionRules.keepFor(Duration.ofDays(30))
                .then(new RetentionPolicy(
                        "other",
                        RetentionSelector.ALL.namespaces(Set.of("other")).statuses(Set.of("Failed")),
                        Duration.ofDays(1)))
                .then(new RetentionPolicy("ci", RetentionSelector.ALL.namespaces(Set.of("ci")), Duration.ofDays(3)));

        assertThat(rules.match("ci", () -> {
                            throw new AssertionError("read");
                        })
                        .name())
                .isEqualTo("ci");
    }

    private static void assertInvalid(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ResultsException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.INVALID);
            for (String part : parts) {
                assertThat(e).hasMessageContaining(part);
            }
        });
    }
}
