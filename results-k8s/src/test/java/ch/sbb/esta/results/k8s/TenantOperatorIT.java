package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.k8s.TenantOperatorConfig.Exposure;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The operator on an API server that refuses whatever its manifest does not allow. */
final class TenantOperatorIT {

    private final OperatorScene scene = new OperatorScene();

    @AfterEach
    void everyRequestWasAllowedAndNoThreadIsLeft() {
        scene.close();
        TestThreads.awaitNone("results-operator");
        assertThat(scene.rules().refused()).isEmpty();
    }

    private Tenant.State state(String namespace) {
        return scene.database().look(namespace).orElseThrow().state();
    }

    private String version(String namespace) {
        return scene.find(OperatorScene.tenant(namespace))
                .orElseThrow()
                .path("metadata")
                .path("resourceVersion")
                .asText();
    }

    @Test
    void aTenantIsReadyWhenItsSecretHoldsCredentialsThatWork() {
        scene.operator(options -> options.secretEntries(
                tenant -> Map.of("S3_PREFIX", tenant.namespace() + "/", "POSTGRES_USER", "postgres")));
        scene.ask("builds", "{\"connectionLimit\":7,\"statementTimeout\":\"1m30s\"}");
        scene.awaitReady("builds");

        assertThat(scene.works(scene.credentials("builds"))).isTrue();
        assertThat(scene.entry("builds", "DB_HOST")).isEqualTo("db.example.org");
        assertThat(scene.entry("builds", "DB_PORT")).isEqualTo("5432");
        assertThat(scene.entry("builds", "DB_NAME")).isEqualTo("results");
        assertThat(scene.entry("builds", "DB_SCHEMA")).isEqualTo("results_test_builds");
        assertThat(scene.entry("builds", "S3_PREFIX")).isEqualTo("builds/");
        assertThat(scene.entry("builds", "jdbc-url"))
                .isEqualTo("jdbc:postgresql://db.example.org:5432/results?currentSchema=results_test_builds");
        assertThat(scene.secret("builds").at("/metadata/ownerReferences/0/kind").asText())
                .isEqualTo("ResultsTenant");
        for (String type : List.of("Provisioned", "Verified", "SecretReady", "Ready")) {
            assertThat(scene.condition("builds", type).path("status").asText())
                    .as(type)
                    .isEqualTo("True");
        }
        assertThat(scene.status("builds").has("claim")).isFalse();
        assertThat(scene.database().request("builds").orElseThrow().connectionLimit())
                .hasValue(7);
        assertThat(scene.database().request("builds").orElseThrow().statementTimeout())
                .contains(Duration.ofSeconds(90));
        scene.await(
                "an event",
                () -> assertThat(scene.events("builds", "Ready"))
                        .singleElement()
                        .satisfies(event -> assertThat(
                                        event.at("/involvedObject/name").asText())
                                .isEqualTo("results")));
    }

    @Test
    void nothingIsWrittenWhereNothingChanged() {
        TenantOperator operator = scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.awaitIdle();
        String tenant = version("builds");
        ObjectNode secret = scene.secret("builds");

        operator.look("builds");
        scene.clock().advance(Duration.ofMinutes(6));
        scene.awaitIdle();

        assertThat(version("builds")).isEqualTo(tenant);
        assertThat(scene.secret("builds")).isEqualTo(secret);
        assertThat(scene.database().resets()).isEqualTo(1);
    }

    @Test
    void anotherSpecIsAppliedAndAnotherSchemaIsRefused() {
        scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.patch(OperatorScene.tenant("builds"), "{\"spec\":{\"connectionLimit\":3}}");
        scene.awaitReady("builds");
        assertThat(scene.database().request("builds").orElseThrow().connectionLimit())
                .hasValue(3);

        scene.patch(OperatorScene.tenant("builds"), "{\"spec\":{\"schema\":\"elsewhere\"}}");
        scene.awaitNotReady("builds", "Invalid");
        assertThat(scene.condition("builds", "Provisioned").path("message").asText())
                .contains("cannot be changed", "elsewhere");
        scene.patch(OperatorScene.tenant("builds"), "{\"spec\":{\"schema\":null}}");
        scene.awaitReady("builds");
    }

    @Test
    void whatIsWrongInASpecIsToldAllAtOnceAndEscaped() {
        scene.operator();
        scene.ask(
                "builds",
                "{\"schema\":\"x\\\"; DROP SCHEMA public; --\",\"secretName\":\"../other\",\"connectionLimit\":0,"
                        + "\"rotationPeriod\":\"often\",\"reclaimPolicy\":\"delete\"}");
        scene.awaitNotReady("builds", "Invalid");
        assertThat(scene.condition("builds", "Ready").path("message").asText())
                .contains("schema \"x\\\"; DROP", "secretName", "connectionLimit", "rotationPeriod", "reclaimPolicy");
        assertThat(scene.database().look("builds")).isEmpty();
    }

    @Test
    void aTenantOfAnotherNameCountsForNothing() {
        scene.operator();
        scene.ask("builds", "second", "{}");
        scene.await(
                "refusal",
                () -> assertThat(scene.find(new KubeReference(OperatorScene.API, "ResultsTenant", "builds", "second"))
                                .orElseThrow()
                                .at("/status/conditions/0/reason")
                                .asText())
                        .isEqualTo("WrongName"));
        assertThat(scene.database().look("builds")).isEmpty();
    }

    @Test
    void deletionRetainsTheDataUnlessToldOtherwise() {
        scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        Credentials credentials = scene.credentials("builds");

        scene.server().delete(OperatorScene.tenant("builds"));

        scene.await("the tenant is gone", () -> {
            assertThat(scene.find(OperatorScene.tenant("builds"))).isEmpty();
            assertThat(scene.find(OperatorScene.secret("builds", "results-database")))
                    .isEmpty();
        });
        assertThat(state("builds")).isEqualTo(Tenant.State.RETAINED);
        assertThat(scene.works(credentials)).isFalse();

        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        assertThat(state("builds")).isEqualTo(Tenant.State.ACTIVE);
    }

    @Test
    void dataThatAreToBeDeletedGoWhenTheGracePeriodIsOver() {
        scene.operator(options -> options.deletionGrace(Duration.ofDays(2)));
        scene.ask("builds", "{\"reclaimPolicy\":\"Delete\"}");
        scene.awaitReady("builds");
        scene.server().delete(OperatorScene.tenant("builds"));
        scene.await(
                "gone",
                () -> assertThat(scene.find(OperatorScene.tenant("builds"))).isEmpty());
        assertThat(state("builds")).isEqualTo(Tenant.State.DELETING);

        scene.clock().advance(Duration.ofDays(1));
        scene.awaitIdle();
        assertThat(state("builds")).isEqualTo(Tenant.State.DELETING);
        scene.clock().advance(Duration.ofHours(25));
        scene.await(
                "data gone", () -> assertThat(scene.database().look("builds")).isEmpty());
    }

    @Test
    void aLongerGracePeriodOfSomebodyElseIsNotShortened() {
        scene.operator(options -> options.deletionGrace(Duration.ofDays(2)));
        scene.database().provision(TenantRequest.of("elsewhere"));
        scene.database().remove("elsewhere", Removal.deleteAfter(Duration.ofDays(30)));
        scene.clock().advance(Duration.ofDays(29));
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.awaitIdle();
        assertThat(state("elsewhere")).isEqualTo(Tenant.State.DELETING);
        scene.clock().advance(Duration.ofDays(2));
        scene.await(
                "deleted", () -> assertThat(scene.database().look("elsewhere")).isEmpty());
    }

    @Test
    void aDatabaseThatIsDownIsWaitedFor() {
        scene.database().goDown();
        scene.operator();
        scene.ask("builds", "{}");
        scene.awaitNotReady("builds", "Unavailable");
        assertThat(scene.condition("builds", "Provisioned").path("status").asText())
                .isEqualTo("False");
        assertThat(scene.find(OperatorScene.secret("builds", "results-database")))
                .isEmpty();

        scene.database().comeBack();
        scene.awaitInTime(
                "ready",
                () -> assertThat(scene.condition("builds", "Ready")
                                .path("status")
                                .asText())
                        .isEqualTo("True"));

        ObjectNode secret = scene.secret("builds");
        scene.database().goDown();
        scene.clock().advance(Duration.ofMinutes(6));
        scene.awaitNotReady("builds", "Unavailable");
        assertThat(scene.condition("builds", "Ready").path("status").asText()).isEqualTo("Unknown");
        scene.database().comeBack();
        scene.awaitInTime(
                "ready again",
                () -> assertThat(scene.condition("builds", "Ready")
                                .path("status")
                                .asText())
                        .isEqualTo("True"));
        assertThat(scene.secret("builds")).isEqualTo(secret);
    }

    @Test
    void aDeletionWaitsForTheDatabaseUntilTheDeadline() {
        TenantOperator operator = scene.operator();
        scene.ask("builds", "{\"reclaimPolicy\":\"Delete\"}");
        scene.awaitReady("builds");
        scene.database().goDown();
        scene.server().delete(OperatorScene.tenant("builds"));
        scene.awaitNotReady("builds", "RemovalFailed");
        scene.clock().advance(Duration.ofMinutes(9));
        scene.awaitIdle();
        assertThat(scene.find(OperatorScene.tenant("builds"))).isPresent();

        scene.clock().advance(Duration.ofMinutes(2));
        scene.awaitInTime(
                "let go",
                () -> assertThat(scene.find(OperatorScene.tenant("builds"))).isEmpty());
        assertThat(operator.leftovers()).containsExactly("builds");
        assertThat(scene.events("builds", "LeftBehind")).hasSize(1);

        scene.database().comeBack();
        scene.clock().advance(Duration.ofMinutes(6));
        scene.awaitInTime("removed later", () -> assertThat(state("builds")).isEqualTo(Tenant.State.DELETING));
        assertThat(operator.leftovers()).isEmpty();
    }

    @Test
    void aNamespaceThatGoesWaitsForNoDatabase() {
        TenantOperator operator = scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.database().goDown();
        scene.server().delete(OperatorScene.namespace("builds"));
        scene.await(
                "the namespace is gone",
                () -> assertThat(scene.find(OperatorScene.namespace("builds"))).isEmpty());
        assertThat(operator.leftovers()).containsExactly("builds");
        scene.database().comeBack();
        scene.clock().advance(Duration.ofMinutes(6));
        scene.awaitInTime("removed later", () -> assertThat(state("builds")).isEqualTo(Tenant.State.RETAINED));
    }

    @Test
    void aSecretThatWasDeletedOrEditedIsMadeAgain() {
        scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.awaitIdle();
        Credentials first = scene.credentials("builds");
        scene.server().delete(OperatorScene.secret("builds", "results-database"));
        scene.await(
                "made again",
                () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
        assertThat(scene.works(first)).isFalse();
        scene.awaitIdle();

        Credentials second = scene.credentials("builds");
        scene.patch(OperatorScene.secret("builds", "results-database"), "{\"data\":{\"POSTGRES_PASSWORD\":\"eA==\"}}");
        scene.await(
                "mended",
                () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
        assertThat(scene.works(second)).isFalse();
        scene.awaitIdle();

        // Where only an address was edited, the password stays.
        Credentials third = scene.credentials("builds");
        scene.patch(
                OperatorScene.secret("builds", "results-database"),
                "{\"data\":{\"DB_HOST\":\"eA==\",\"more\":\"eA==\"}}");
        scene.await("mended", () -> assertThat(scene.entry("builds", "DB_HOST")).isEqualTo("db.example.org"));
        assertThat(scene.secret("builds").path("data").has("more")).isFalse();
        assertThat(scene.works(third)).isTrue();
        assertThat(scene.credentials("builds").password()).isEqualTo(third.password());
    }

    @Test
    void credentialsThatStoppedWorkingAreReplacedByTheOtherLogin() {
        TenantOperator operator = scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.awaitIdle();
        Credentials lost = scene.credentials("builds");
        scene.database().resetPassword("builds");
        operator.look("builds");
        scene.await(
                "replaced",
                () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
        assertThat(scene.credentials("builds").user()).isNotEqualTo(lost.user());
    }

    @Test
    void aSecretOfSomebodyElseIsLeftAlone() {
        scene.server().ensureNamespace("builds");
        ObjectNode foreign =
                TestCluster.object("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"namespace\":"
                        + "\"builds\",\"name\":\"results-database\",\"labels\":{\"results.esta.sbb.ch/tenant\":\"elsewhere\"}},"
                        + "\"data\":{\"POSTGRES_USER\":\"eA==\",\"POSTGRES_PASSWORD\":\"eA==\"}}");
        ObjectNode kept = scene.server().create(foreign);
        scene.operator();
        scene.ask("builds", "{}");
        scene.awaitNotReady("builds", "NotOurs");
        assertThat(scene.secret("builds")).isEqualTo(kept);
        assertThat(scene.database().resets()).isZero();

        scene.server().delete(OperatorScene.secret("builds", "results-database"));
        scene.awaitReady("builds");
    }

    @Test
    void passwordsRotateOnTimeAndTheOneBeforeWorksUntilNextTime() {
        scene.operator(options -> options.rotationPeriod(Duration.ofDays(100)));
        scene.ask("builds", "{\"rotationPeriod\":\"10d\"}");
        scene.awaitReady("builds");
        scene.awaitIdle();
        Credentials first = scene.credentials("builds");

        scene.clock().advance(Duration.ofDays(8));
        scene.awaitIdle();
        assertThat(scene.credentials("builds").password()).isEqualTo(first.password());
        scene.clock().advance(Duration.ofDays(2));
        scene.await(
                "rotated", () -> assertThat(scene.credentials("builds").user()).isNotEqualTo(first.user()));
        Credentials second = scene.credentials("builds");
        assertThat(scene.works(first)).isTrue();
        assertThat(scene.works(second)).isTrue();
        scene.awaitReady("builds");
        scene.awaitIdle();

        scene.clock().advance(Duration.ofDays(10));
        scene.await(
                "rotated", () -> assertThat(scene.credentials("builds").user()).isEqualTo(first.user()));
        assertThat(scene.works(first)).isFalse();
        assertThat(scene.works(second)).isTrue();
        assertThat(scene.database().rotations()).isEqualTo(2);
        assertThat(scene.events("builds", "Rotated")).hasSize(1);
    }

    @Test
    void twoOperatorsRotateOnce() {
        List<String> namespaces = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            namespaces.add("team-" + i);
        }
        scene.operator();
        scene.operator();
        namespaces.forEach(namespace -> scene.ask(namespace, "{\"rotationPeriod\":\"1d\"}"));
        namespaces.forEach(scene::awaitReady);
        scene.awaitIdle();
        assertThat(scene.database().resets()).isEqualTo(8);
        for (int day = 1; day <= 3; day++) {
            scene.clock().advance(Duration.ofDays(1));
            int rotated = day * 8;
            scene.await(
                    "rotated", () -> assertThat(scene.database().rotations()).isGreaterThanOrEqualTo(rotated));
            scene.awaitIdle();
            scene.awaitInTime(
                    "settled",
                    () -> assertThat(namespaces)
                            .allMatch(namespace -> scene.works(scene.credentials(namespace)))
                            .noneMatch(namespace -> scene.status(namespace).has("claim")));
            assertThat(scene.database().rotations()).isEqualTo(rotated);
        }
    }

    @Test
    void theClaimOfAnotherOperatorHoldsUntilItRunsOut() {
        TenantOperator operator = scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        scene.awaitIdle();
        scene.server()
                .patchStatus(
                        OperatorScene.tenant("builds"),
                        TestCluster.object("{\"claim\":{\"holder\":\"another\",\"since\":\""
                                + scene.clock().instant() + "\"}}"));
        scene.server().delete(OperatorScene.secret("builds", "results-database"));
        operator.look("builds");
        scene.awaitIdle();
        assertThat(scene.find(OperatorScene.secret("builds", "results-database")))
                .isEmpty();
        scene.clock().advance(Duration.ofMinutes(3));
        scene.await(
                "made again",
                () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
        scene.await(
                "the claim is gone",
                () -> assertThat(scene.status("builds").has("claim")).isFalse());
    }

    @Test
    void aNamespaceWithTheLabelIsATenant() {
        scene.operator(options -> options.namespaceLabel(OperatorScene.LABEL));
        scene.server().ensureNamespace("builds");
        scene.patch(
                OperatorScene.namespace("builds"),
                "{\"metadata\":{\"labels\":{\"" + OperatorScene.LABEL + "\":\"\"}}}");
        scene.await(
                "a secret",
                () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
        scene.await(
                "a status",
                () -> assertThat(scene.find(OperatorScene.namespace("builds"))
                                .orElseThrow()
                                .at("/metadata/annotations/results.esta.sbb.ch~1tenant-status")
                                .asText())
                        .contains("\"Ready\",\"status\":\"True\""));

        scene.patch(
                OperatorScene.namespace("builds"),
                "{\"metadata\":{\"labels\":{\"" + OperatorScene.LABEL + "\":null}}}");
        scene.await("withdrawn", () -> {
            assertThat(state("builds")).isEqualTo(Tenant.State.RETAINED);
            assertThat(scene.find(OperatorScene.secret("builds", "results-database")))
                    .isEmpty();
            assertThat(scene.find(OperatorScene.namespace("builds"))
                            .orElseThrow()
                            .at("/metadata/annotations/results.esta.sbb.ch~1tenant-status")
                            .isMissingNode())
                    .isTrue();
        });

        scene.patch(
                OperatorScene.namespace("builds"),
                "{\"metadata\":{\"labels\":{\"" + OperatorScene.LABEL + "\":\"again\"}}}");
        scene.await(
                "a secret",
                () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
        scene.server().delete(OperatorScene.namespace("builds"));
        scene.await("gone", () -> {
            assertThat(scene.find(OperatorScene.namespace("builds"))).isEmpty();
            assertThat(state("builds")).isEqualTo(Tenant.State.RETAINED);
        });
    }

    @Test
    void whatIsForbiddenInOneNamespaceHoldsUpNoOther() {
        scene.rules()
                .restrict(request -> !(request.resource().equals("secrets")
                        && request.namespace().equals("closed")));
        scene.operator();
        scene.ask("closed", "{}");
        scene.ask("open", "{}");
        scene.awaitReady("open");
        scene.awaitNotReady("closed", "Denied");
        assertThat(scene.condition("closed", "SecretReady").path("message").asText())
                .contains("resourceNames", "results-database");
        scene.rules().restrict(request -> true);
        scene.awaitInTime(
                "allowed again",
                () -> assertThat(scene.condition("closed", "Ready")
                                .path("status")
                                .asText())
                        .isEqualTo("True"));
    }

    @Test
    void aTenantThatIsNotShutOffIsNotReadyUnlessThatIsAccepted() {
        scene.database()
                .findFault(new TenantFault(
                        Effect.EXPOSED,
                        "PUBLIC may create in schema public",
                        "REVOKE CREATE ON SCHEMA public FROM PUBLIC"));
        TenantOperator strict = scene.operator();
        scene.ask("builds", "{}");
        scene.awaitNotReady("builds", "Exposed");
        assertThat(scene.condition("builds", "Verified").path("message").asText())
                .contains("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        assertThat(scene.find(OperatorScene.secret("builds", "results-database")))
                .isEmpty();
        strict.close();

        scene.operator(options -> options.exposure(Exposure.ACCEPT));
        scene.awaitReady("builds");
        assertThat(scene.condition("builds", "Verified").path("reason").asText())
                .isEqualTo("Exposed");
    }

    @Test
    void aSecretThatGetsAnotherNameKeepsItsPassword() {
        TenantOperator first = scene.operator();
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        String password = scene.entry("builds", "POSTGRES_PASSWORD");
        first.close();

        // The manifest names the default only.
        scene.rules().allowSecret("database-of-results");
        scene.operator(options -> options.secretName("database-of-results"));
        scene.await("moved", () -> {
            assertThat(scene.find(OperatorScene.secret("builds", "results-database")))
                    .isEmpty();
            assertThat(scene.find(OperatorScene.secret("builds", "database-of-results"))
                            .orElseThrow()
                            .at("/data/POSTGRES_PASSWORD"))
                    .isNotNull();
        });
        assertThat(scene.database().resets()).isEqualTo(1);
        assertThat(scene.find(OperatorScene.secret("builds", "database-of-results"))
                        .orElseThrow()
                        .at("/data/POSTGRES_PASSWORD")
                        .asText())
                .isEqualTo(Base64.getEncoder().encodeToString(password.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void everyPermissionOfTheManifestIsNeeded() {
        scene.operator(options -> options.namespaceLabel(OperatorScene.LABEL));
        scene.ask("builds", "{}");
        scene.awaitReady("builds");
        for (int time = 1; time <= 2; time++) {
            scene.awaitIdle();
            scene.patch(
                    OperatorScene.secret("builds", "results-database"), "{\"data\":{\"POSTGRES_PASSWORD\":\"eA==\"}}");
            scene.await(
                    "mended",
                    () -> assertThat(scene.works(scene.credentials("builds"))).isTrue());
            int times = time;
            scene.await(
                    "one event that counts",
                    () -> assertThat(scene.events("builds", "SecretWritten"))
                            .filteredOn(event -> event.path("message").asText().contains("edited"))
                            .singleElement()
                            .satisfies(event ->
                                    assertThat(event.path("count").asInt()).isEqualTo(times)));
            scene.clock().advance(Duration.ofMinutes(6));
        }
        scene.server().ensureNamespace("labelled");
        String label = "{\"metadata\":{\"labels\":{\"" + OperatorScene.LABEL + "\":";
        scene.patch(OperatorScene.namespace("labelled"), label + "\"\"}}}");
        scene.await(
                "a secret",
                () -> assertThat(scene.works(scene.credentials("labelled"))).isTrue());
        scene.awaitIdle();
        scene.patch(OperatorScene.namespace("labelled"), label + "null}}}");
        scene.await(
                "withdrawn",
                () -> assertThat(scene.find(OperatorScene.secret("labelled", "results-database")))
                        .isEmpty());

        // These two are checked by an admission plugin, with no request of their own.
        assertThat(scene.rules().unused())
                .containsExactly("update namespaces/finalizers", "update resultstenants/finalizers");
    }

    @Test
    void startingTwiceAndClosingTwiceIsNoMistake() {
        TenantOperator operator = scene.operator();
        operator.start();
        operator.close();
        operator.close();
        assertThatThrownBy(operator::start).isInstanceOf(IllegalStateException.class);
    }
}
