package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.AccessDecision;
import ch.sbb.esta.results.AccessDecision.Outcome;
import ch.sbb.esta.results.AccessRequest;
import ch.sbb.esta.results.AccessRequest.Resource;
import ch.sbb.esta.results.AccessRequest.Verb;
import ch.sbb.esta.results.Caller;
import ch.sbb.esta.results.Impersonation;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against the kit's API server, on the JDK's HTTP client over TLS. */
class KubernetesAuthorizerIT {

    private static final String TOKEN = "s3cr3t-of-ann";
    private static final String RECORDS = "records.results.tekton.dev";

    private final ManualClock clock = new ManualClock(Instant.parse("2026-11-01T08:00:00Z"));
    private final TestCluster cluster = Connection.JDK_TLS.open();
    private final KubernetesAuthorizer authorizer = new KubernetesAuthorizer(
            cluster.client(),
            FabricConfig.builder()
                    .clock(clock)
                    .requestTimeout(Duration.ofSeconds(30))
                    .build());

    @AfterEach
    void stop() {
        cluster.close();
    }

    private AccessDecision ask(@Nullable String token, @Nullable Impersonation as, String parent) {
        return authorizer.decide(new AccessRequest(new Caller(token, as), Verb.GET, Resource.RECORDS, parent));
    }

    private static Impersonation as(String user, String... groups) {
        return new Impersonation(user, null, List.of(groups), Map.of());
    }

    @Test
    void aCallerMayWhatItsUserOrOneOfItsGroupsWasGranted() {
        cluster.server().identify(TOKEN, "ann", "dev");
        cluster.server().grant("ann", "get", RECORDS, "ci");
        cluster.server().grant("dev", "get", RECORDS, "cd");

        assertThat(ask(null, null, "ci").outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
        assertThat(ask("other", null, "ci").outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
        assertThat(ask(TOKEN, null, "ci").isAllowed()).isTrue();
        assertThat(ask(TOKEN, null, "cd").isAllowed()).isTrue();
        AccessDecision denied = ask(TOKEN, null, AccessRequest.ANY);
        assertThat(denied.outcome()).isEqualTo(Outcome.DENIED);
        assertThat(denied.reason()).contains("ann", "get records").doesNotContain(TOKEN);
        cluster.server().grant("ann", "get", RECORDS, "");
        clock.advance(KubernetesAuthorizer.CACHE_TIME);
        assertThat(ask(TOKEN, null, AccessRequest.ANY).isAllowed()).isTrue();
    }

    @Test
    void answersAreRememberedForAWhileAndNoLonger() {
        cluster.server().identify(TOKEN, "ann");
        cluster.server().grant("ann", "get", RECORDS, "ci");

        for (int i = 0; i < 5; i++) {
            assertThat(ask(TOKEN, null, "ci").isAllowed()).isTrue();
        }
        assertThat(cluster.server().reviews()).isEqualTo(2);
        cluster.server().forgetToken(TOKEN);
        assertThat(ask(TOKEN, null, "ci").isAllowed()).isTrue();
        clock.advance(KubernetesAuthorizer.CACHE_TIME);
        assertThat(ask(TOKEN, null, "ci").outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
    }

    @Test
    void actingAsSomebodyElseTakesTheRightToEachPartOfThatIdentity() {
        cluster.server().identify(TOKEN, "gateway");
        cluster.server().grant("gateway", "get", RECORDS, "ci");
        cluster.server().grant("bob", "get", RECORDS, "ci");
        assertThat(ask(TOKEN, as("bob"), "ci").outcome()).isEqualTo(Outcome.DENIED);

        cluster.server().grant("gateway", "impersonate", "users bob", "");
        clock.advance(KubernetesAuthorizer.CACHE_TIME);
        assertThat(ask(TOKEN, as("bob"), "ci").isAllowed()).isTrue();
        assertThat(ask(TOKEN, as("bob", "ops"), "ci").outcome()).isEqualTo(Outcome.DENIED);
        assertThat(ask(TOKEN, as("carol"), "ci").outcome()).isEqualTo(Outcome.DENIED);

        cluster.server().grant("gateway", "impersonate", "serviceaccounts robot", "ci");
        cluster.server().grant("system:serviceaccounts:ci", "get", RECORDS, "ci");
        assertThat(ask(TOKEN, as("system:serviceaccount:ci:robot"), "ci").isAllowed())
                .isTrue();
        Impersonation marked = new Impersonation("bob", "7", List.of(), Map.of("example.com/project", List.of("one")));
        cluster.server().grant("gateway", "impersonate", "uids.authentication.k8s.io 7", "");
        assertThat(ask(TOKEN, marked, "ci").outcome()).isEqualTo(Outcome.DENIED);
        cluster.server()
                .grant("gateway", "impersonate", "userextras/example.com/project.authentication.k8s.io one", "");
        clock.advance(KubernetesAuthorizer.CACHE_TIME);
        assertThat(ask(TOKEN, marked, "ci").isAllowed()).isTrue();
    }

    @Test
    void aClusterThatDoesNotAnswerDecidesNothingAndTheTokenIsNotTold() {
        cluster.network().refuse();
        cluster.network().cut();

        ResultsException failure = catchThrowableOfType(ResultsException.class, () -> ask(TOKEN, null, "ci"));

        assertThat(failure.isRetryable()).isTrue();
        assertThat(failure.getMessage()).doesNotContain(TOKEN);
    }
}
