package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RbacRulesTest {

    private static final String ROLES = """
            kind: ClusterRole
            metadata: {name: reader}
            rules:
              - {apiGroups: [""], resources: [pods, pods/log], verbs: [get, list]}
              - {apiGroups: [""], resources: [secrets], resourceNames: [one], verbs: [get]}
            ---
            kind: ClusterRole
            metadata: {name: everything}
            rules:
              - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
            """;

    private static String binding(String kind, String metadata, String role) {
        return "kind: %s\nmetadata: %s\nroleRef: {kind: ClusterRole, name: %s}\n".formatted(kind, metadata, role);
    }

    private static KubeRequest request(String verb, String resource, String namespace, String name) {
        return new KubeRequest(verb, "", resource, namespace, name);
    }

    @Test
    void aRoleGrantsNothingBeforeItIsBound() {
        RbacRules rules = RbacRules.of(ROLES);
        assertThat(rules.test(request("get", "pods", "a", "p"))).isFalse();
        rules.bind("reader");
        assertThat(rules.test(request("get", "pods", "a", "p"))).isTrue();
        assertThat(rules.test(request("list", "pods", "", ""))).isTrue();
        assertThat(rules.refused()).containsExactly("get pods a p");
    }

    @Test
    void aBindingOfANamespaceReachesNoOtherAndNotAll() {
        RbacRules rules = RbacRules.of(ROLES, binding("RoleBinding", "{name: b, namespace: a}", "reader"));
        assertThat(rules.test(request("list", "pods", "a", ""))).isTrue();
        assertThat(rules.test(request("list", "pods", "b", ""))).isFalse();
        assertThat(rules.test(request("list", "pods", "", ""))).isFalse();
        assertThat(rules.refused()).containsExactlyInAnyOrder("list pods b ", "list pods  ");
    }

    @Test
    void subresourcesNamesAndVerbsAreAskedFor() {
        RbacRules rules = RbacRules.of(ROLES, binding("ClusterRoleBinding", "{name: b}", "reader"));
        assertThat(rules.test(request("get", "pods/log", "a", "p"))).isTrue();
        assertThat(rules.test(request("get", "pods/exec", "a", "p"))).isFalse();
        assertThat(rules.test(request("delete", "pods", "a", "p"))).isFalse();
        assertThat(rules.test(request("get", "secrets", "a", "one"))).isTrue();
        assertThat(rules.test(request("get", "secrets", "a", "two"))).isFalse();
        assertThat(rules.unused()).containsExactly("get pods", "list pods", "list pods/log");
    }

    @Test
    void aStarIsEverything() {
        RbacRules rules = RbacRules.of(ROLES, binding("ClusterRoleBinding", "{name: b}", "everything"));
        assertThat(rules.test(new KubeRequest("patch", "tekton.dev", "taskruns/status", "a", "t")))
                .isTrue();
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        assertThatThrownBy(() -> RbacRules.of(binding("ClusterRoleBinding", "{name: b}", "missing")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing");
        assertThatThrownBy(() -> RbacRules.of("kind: ClusterRole\nmetadata: {name: a}\naggregationRule: {}"))
                .hasMessageContaining("aggregated");
        assertThatThrownBy(() -> RbacRules.of(binding("RoleBinding", "{name: b}", "reader"), ROLES))
                .hasMessageContaining("names no namespace");
        assertThatThrownBy(() -> RbacRules.of("just text")).hasMessageContaining("no object");
        assertThatThrownBy(() -> RbacRules.of("a: [")).hasMessageContaining("not YAML");
    }
}
