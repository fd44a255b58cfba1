package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FabricConfigTest {

    @Test
    void theDefaultIsAllNamespaces() {
        assertThat(FabricConfig.defaults().namespaces()).isEmpty();
        assertThat(FabricConfig.defaults().scopes()).containsExactly("");
        assertThat(FabricConfig.builder()
                        .namespaces("b", "a")
                        .namespaces("b")
                        .build()
                        .namespaces())
                .containsExactly("a", "b");
    }

    @Test
    void allMistakesAreNamedAtOnce() {
        assertThatThrownBy(() -> FabricConfig.builder()
                        .namespaces("Upper", "a/b")
                        .pageSize(0)
                        .requestTimeout(Duration.ZERO)
                        .kindRetryInterval(Duration.ofSeconds(-1))
                        .watchSilenceLimit(Duration.ZERO)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "\"Upper\"",
                        "\"a/b\"",
                        "pageSize 0",
                        "requestTimeout",
                        "kindRetryInterval",
                        "watchSilenceLimit");
    }

    @Test
    void theNameOfAKindIsTakenFromWhatTheServerLists() {
        RunKind delivery = new RunKind("example.dev/v1", "Delivery");
        assertThat(KindDiscovery.path(delivery)).hasToString("/apis/example.dev/v1");
        assertThat(KindDiscovery.plural(delivery, resources("""
                {"name":"deliveries/status","kind":"Delivery","namespaced":true},
                {"name":"deliverynotes","kind":"DeliveryNote","namespaced":true},
                {"name":"deliveries","kind":"Delivery","namespaced":true}"""))).isEqualTo("deliveries");
        assertThatThrownBy(() -> KindDiscovery.plural(
                        delivery, resources("{\"name\":\"deliveries\",\"kind\":\"Delivery\",\"namespaced\":false}")))
                .hasMessageContaining("belongs to no namespace")
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID));
        assertThatThrownBy(() -> KindDiscovery.plural(delivery, resources("")))
                .hasMessageContaining("no Delivery")
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.NOT_FOUND));
        assertThatThrownBy(() -> KindDiscovery.plural(delivery, "<html>".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.isRetryable()).isTrue());
    }

    private static byte[] resources(String entries) {
        return ("{\"kind\":\"APIResourceList\",\"resources\":[" + entries + "]}").getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b"})
    void noTextBecomesMoreThanOneSegmentOfAPath(String text) {
        assertThatThrownBy(() -> ApiPath.of(RunKind.TASK_RUN, "ns").segment(text))
                .isInstanceOf(ResultsException.class);
    }

    @Test
    void textIsEncodedInPathsAndQueries() {
        assertThat(ApiPath.of(RunKind.TASK_RUN, "ns")
                        .segment("a?b#c %ü")
                        .query("x", "1&y=2")
                        .query("z", "a b")
                        .toString())
                .isEqualTo("/apis/tekton.dev/v1/namespaces/ns/taskruns/a%3Fb%23c%20%25%C3%BC?x=1%26y%3D2&z=a%20b");
    }
}
