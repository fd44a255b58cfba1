package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.memory.InMemoryTenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.RbacRules;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** A cluster with the operator's manifests, a database that can be down, and operators. Time stands still unless a test moves it. */
final class OperatorScene implements AutoCloseable {

    static final String API = "results.esta.sbb.ch/v1alpha1";
    static final String LABEL = "example.org/results";
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
    private final ManifestRules rules = new ManifestRules();
    private final BreakableProvisioner database =
            new BreakableProvisioner(new InMemoryTenantProvisioner("test", clock));
    private final TestCluster cluster;
    private final List<TenantOperator> operators = new ArrayList<>();

    OperatorScene() {
        cluster = TestCluster.start(
                HttpStack.JDK, KubeApiServer.builder().clock(clock).authorizer(rules));
        ObjectNode definition = RbacRules.documents(OperatorManifests.customResourceDefinition())
                .get(0);
        server().create(definition);
        Awaitility.await()
                .atMost(LONGEST)
                .until(() -> server().find(KubeReference.of(definition))
                        .filter(found -> found.path("status").has("acceptedNames"))
                        .isPresent());
    }

    KubeApiServer server() {
        return cluster.server();
    }

    ManualClock clock() {
        return clock;
    }

    ManifestRules rules() {
        return rules;
    }

    BreakableProvisioner database() {
        return database;
    }

    TenantOperator operator() {
        return operator(builder -> builder);
    }

    TenantOperator operator(UnaryOperator<TenantOperatorConfig.Builder> options) {
        TenantOperatorConfig.Builder builder = TenantOperatorConfig.builder(
                        DatabaseAddress.of("db.example.org", 5432, "results"))
                .cluster(FabricConfig.builder().clock(clock).build());
        TenantOperator operator = new TenantOperator(
                cluster.client(), database, options.apply(builder).build());
        operators.add(operator);
        operator.start();
        return operator;
    }

    static KubeReference tenant(String namespace) {
        return new KubeReference(API, "ResultsTenant", namespace, "results");
    }

    static KubeReference namespace(String namespace) {
        return new KubeReference("v1", "Namespace", "", namespace);
    }

    static KubeReference secret(String namespace, String name) {
        return new KubeReference("v1", "Secret", namespace, name);
    }

    void ask(String namespace, String spec) {
        ask(namespace, "results", spec);
    }

    void ask(String namespace, String name, String spec) {
        server().ensureNamespace(namespace);
        ObjectNode tenant = TestCluster.object("{\"apiVersion\":\"" + API + "\",\"kind\":\"ResultsTenant\"}");
        tenant.putObject("metadata").put("namespace", namespace).put("name", name);
        tenant.set("spec", TestCluster.object(spec));
        server().create(tenant);
    }

    void patch(KubeReference reference, String patch) {
        ObjectNode change = TestCluster.object(patch);
        ObjectNode metadata = change.withObject("metadata");
        metadata.set(
                "resourceVersion",
                server().find(reference).orElseThrow().path("metadata").path("resourceVersion"));
        server().patch(reference, change);
    }

    Optional<ObjectNode> find(KubeReference reference) {
        return server().find(reference);
    }

    JsonNode status(String namespace) {
        return find(tenant(namespace)).orElseThrow().path("status");
    }

    JsonNode condition(String namespace, String type) {
        return TenantStatus.condition(status(namespace), type);
    }

    void awaitReady(String namespace) {
        await(namespace + " is ready", () -> {
            assertThat(condition(namespace, "Ready").path("status").asText())
                    .as(status(namespace).toString())
                    .isEqualTo("True");
            assertThat(status(namespace).path("observedGeneration").asLong())
                    .isEqualTo(find(tenant(namespace))
                            .orElseThrow()
                            .path("metadata")
                            .path("generation")
                            .asLong());
        });
    }

    void awaitNotReady(String namespace, String reason) {
        await(namespace + " is not ready", () -> {
            assertThat(condition(namespace, "Ready").path("status").asText()).isNotEqualTo("True");
            assertThat(condition(namespace, "Ready").path("reason").asText()).isEqualTo(reason);
        });
    }

    void await(String what, ThrowingRunnable assertion) {
        Awaitility.await(what)
                .atMost(LONGEST)
                .pollInterval(Duration.ofMillis(20))
                .ignoreException(NoSuchElementException.class)
                .untilAsserted(assertion);
    }

    /** Waits while time goes by, so that what failed is tried again. */
    void awaitInTime(String what, ThrowingRunnable assertion) {
        await(what, () -> {
            clock.advance(Duration.ofSeconds(1));
            assertion.run();
        });
    }

    void awaitIdle() {
        await("operators are idle", () -> assertThat(operators).allMatch(TenantOperator::isIdle));
    }

    ObjectNode secret(String namespace) {
        return find(secret(namespace, "results-database")).orElseThrow();
    }

    String entry(String namespace, String key) {
        return new String(
                Base64.getDecoder()
                        .decode(secret(namespace).path("data").path(key).asText()),
                StandardCharsets.UTF_8);
    }

    Credentials credentials(String namespace) {
        return new Credentials(
                entry(namespace, "POSTGRES_USER"),
                entry(namespace, "POSTGRES_PASSWORD").toCharArray());
    }

    boolean works(Credentials credentials) {
        return database.login(credentials).isPresent();
    }

    List<ObjectNode> events(String namespace, String reason) {
        return server().list("v1", "Event", namespace).stream()
                .filter(event -> event.path("reason").asText().equals(reason))
                .toList();
    }

    @Override
    public void close() {
        operators.forEach(TenantOperator::close);
        cluster.close();
    }
}
