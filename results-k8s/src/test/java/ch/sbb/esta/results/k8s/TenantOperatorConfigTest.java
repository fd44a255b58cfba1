package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Removal.Reclaim;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TenantOperatorConfigTest {

    private static final DatabaseAddress DATABASE = DatabaseAddress.of("db", 5432, "results");

    @Test
    void allMistakesAreNamedAtOnce() {
        assertThatThrownBy(() -> TenantOperatorConfig.builder(DATABASE)
                        .secretName("../x")
                        .namespaceLabel("a b")
                        .cluster(FabricConfig.builder().namespaces("one").build())
                        .rotationPeriod(Duration.ofMinutes(1))
                        .deletionDeadline(Duration.ofSeconds(-1))
                        .deletionGrace(Duration.ofDays(4000))
                        .resyncInterval(Duration.ZERO)
                        .workers(0)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "secretName",
                        "namespaceLabel",
                        "exclude each other",
                        "rotationPeriod",
                        "deletionDeadline",
                        "deletionGrace",
                        "resyncInterval",
                        "workers 0");
    }

    @Test
    void theAddressOfTheDatabaseIsAUrlWhateverIsInIt() {
        assertThat(new DatabaseAddress("[2001:db8::1]", 6432, "a/b?c", Map.of("sslmode", "verify-full"))
                        .jdbcUrl("x&user=postgres"))
                .isEqualTo("jdbc:postgresql://[2001:db8::1]:6432/a%2Fb%3Fc"
                        + "?currentSchema=x%26user%3Dpostgres&sslmode=verify-full");
        assertThatThrownBy(() -> DatabaseAddress.of("db?user=x", 5432, "results"))
                .isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> DatabaseAddress.of("db", 0, "results")).hasMessageContaining("port 0");
        assertThatThrownBy(() -> new DatabaseAddress("db", 5432, "results", Map.of("password", "secret")))
                .hasMessageNotContaining("secret");
    }

    @Test
    void aSpecIsReadWithItsDefaults() {
        TenantSpec spec = TenantSpec.read(TestCluster.object("{\"fieldOfALaterVersion\":1}"), "default");
        assertThat(spec).isEqualTo(new TenantSpec(null, 0, null, Reclaim.RETAIN, null, "default"));
        assertThat(TenantSpec.read(TestCluster.object("{\"rotationPeriod\":\"1d2h3m4s\"}"), "default")
                        .rotationPeriod())
                .isEqualTo(Duration.ofSeconds(93_784));
    }

    @Test
    void whatIsNotClearlyDeleteIsRetained() {
        assertThat(TenantSpec.reclaim(TestCluster.object("{\"reclaimPolicy\":\"Delete\"}")))
                .isEqualTo(Reclaim.DELETE);
        assertThat(TenantSpec.reclaim(TestCluster.object("{\"reclaimPolicy\":\"delete\"}")))
                .isEqualTo(Reclaim.RETAIN);
        assertThat(TenantSpec.reclaim(TestCluster.object("{\"reclaimPolicy\":{\"a\":\"Delete\"}}")))
                .isEqualTo(Reclaim.RETAIN);
    }
}
