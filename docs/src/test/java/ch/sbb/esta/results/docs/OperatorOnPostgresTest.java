package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.JdbiTenantProvisioner;
import ch.sbb.esta.results.k8s.DatabaseAddress;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.OperatorManifests;
import ch.sbb.esta.results.k8s.TenantOperator;
import ch.sbb.esta.results.k8s.TenantOperatorConfig;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The operator with the provisioner of a real Postgres that asks for passwords: what the two chapters tell, from the ResultsTenant to the rows. */
class OperatorOnPostgresTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final KubeReference TENANT =
            new KubeReference("results.esta.sbb.ch/v1alpha1", "ResultsTenant", "team-a", "results");
    private static final KubeReference SECRET = new KubeReference("v1", "Secret", "team-a", "results-database");

    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
    private final PostgresServer server = PostgresServer.builder().start();
    private final KubeApiServer cluster = KubeApiServer.builder().clock(clock).start();
    private final KubernetesClient kubernetes = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
            .build();
    private final PostgresDatabase admin = server.nonSuperuser();
    private final PostgresDatabase superuser = new PostgresDatabase(
            admin.jdbcUrl(), server.admin().user(), server.admin().password());
    private final String database = admin.jdbcUrl().replaceAll(".*/|\\?.*", "");

    @BeforeEach
    void prepare() {
        execute("REVOKE CONNECT, TEMPORARY ON DATABASE " + database + " FROM PUBLIC");
        execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        askForPasswords();
        ObjectNode definition = MAPPER.valueToTree(
                new KubernetesSerialization().unmarshal(OperatorManifests.customResourceDefinition(), Map.class));
        cluster.create(definition);
        eventually(() -> assertThat(
                        cluster.find(KubeReference.of(definition)).orElseThrow().path("status"))
                .anyMatch(status -> status.has("plural")));
        cluster.ensureNamespace("team-a");
    }

    @AfterEach
    void close() {
        kubernetes.close();
        cluster.close();
        server.close();
    }

    /** An embedded server lets everybody in otherwise. */
    private void askForPasswords() {
        String rules = "host all postgres all trust\nhost all all all scram-sha-256\n";
        execute("COPY (SELECT unnest(string_to_array($rules$" + rules + "$rules$, chr(10)))) TO '"
                + query("SHOW hba_file") + "'");
        query("SELECT pg_reload_conf()");
        PostgresDatabase forged = new PostgresDatabase(admin.jdbcUrl(), admin.user(), "forged");
        eventually(() -> assertRefused(forged));
    }

    private static void assertRefused(PostgresDatabase login) {
        assertThatThrownBy(() -> login.dataSource().getConnection().close())
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).startsWith("28"));
    }

    private static void eventually(ThrowingRunnable assertion) {
        await().atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(assertion);
    }

    /** Time goes by, so that what failed is tried again. */
    private void inTime(ThrowingRunnable assertion) {
        eventually(() -> {
            clock.advance(Duration.ofSeconds(5));
            assertion.run();
        });
    }

    private void execute(String sql) {
        try (Connection connection = superuser.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private String query(String sql) {
        try (Connection connection = superuser.dataSource().getConnection()) {
            return query(connection, sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private JsonNode ready() {
        for (JsonNode condition :
                cluster.find(TENANT).orElseThrow().path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition;
            }
        }
        return MAPPER.createObjectNode();
    }

    private void awaitReady(String status, String reason) {
        inTime(() -> {
            assertThat(ready().path("status").asText()).as(ready().toString()).isEqualTo(status);
            assertThat(ready().path("reason").asText()).isEqualTo(reason);
        });
    }

    private String entry(String key) {
        String encoded =
                cluster.find(SECRET).orElseThrow().path("data").path(key).asText();
        return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    }

    /** As a server of Tekton Results would: it knows no schema but the one that the login's search path names. */
    private PostgresDatabase login() {
        return new PostgresDatabase(
                "jdbc:postgresql://" + entry("DB_HOST") + ":" + entry("DB_PORT") + "/" + entry("DB_NAME"),
                entry("POSTGRES_USER"),
                entry("POSTGRES_PASSWORD"));
    }

    private static void archive(PostgresDatabase login, String schema, String uid) {
        String run = """
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "build", "namespace": "team-a", "uid": "%s", "resourceVersion": "7"}}
                """.formatted(uid);
        JdbiResultsStore store =
                JdbiResultsStore.builder(login.dataSource(), schema).build();
        store.archive(List.of(ResultNaming.defaults().place(RunSnapshot.parse(run.getBytes(StandardCharsets.UTF_8)))));
        assertThat(store.listResults(ListQuery.of("team-a")).items())
                .extracting(result -> result.name().toString())
                .contains("team-a/results/" + uid);
    }

    @Test
    void aTenantWorksWithWhatIsInItsSecretUntilItIsDeletedAndItsRowsStay() throws Exception {
        JdbiTenantProvisioner provisioner = JdbiTenantProvisioner.builder(admin.dataSource(), "docs")
                .failoverTimeout(Duration.ZERO)
                .build();
        TenantOperatorConfig config = TenantOperatorConfig.builder(
                        DatabaseAddress.of("localhost", server.port(), database))
                .cluster(FabricConfig.builder().clock(clock).build())
                .build();
        try (TenantOperator operator = new TenantOperator(kubernetes, provisioner, config)) {
            operator.start();
            cluster.create((ObjectNode) MAPPER.readTree("""
                    {"apiVersion": "results.esta.sbb.ch/v1alpha1", "kind": "ResultsTenant",
                     "metadata": {"namespace": "team-a", "name": "results"},
                     "spec": {"rotationPeriod": "30d", "reclaimPolicy": "Retain"}}
                    """));
            awaitReady("True", "Ready");
            PostgresDatabase first = login();
            String schema = entry("DB_SCHEMA");
            archive(first, schema, "0b7f");

            try (Connection old = first.dataSource().getConnection()) {
                assertThat(query(old, "SELECT count(*) FROM results")).isEqualTo("1");
                ObjectNode tenant = cluster.find(TENANT).orElseThrow();
                ObjectNode patch = (ObjectNode) MAPPER.readTree("{\"spec\":{\"rotationPeriod\":\"1h\"}}");
                patch.putObject("metadata").set("resourceVersion", tenant.at("/metadata/resourceVersion"));
                cluster.patch(TENANT, patch);
                clock.advance(Duration.ofHours(1));
                inTime(() -> assertThat(entry("POSTGRES_USER")).isNotEqualTo(first.user()));
                PostgresDatabase second = login();
                archive(second, schema, "1c80");
                assertThat(query(old, "SELECT count(*) FROM results")).isEqualTo("2");
                archive(first, schema, "2d91");
            }
            awaitReady("True", "Ready");

            server.stop();
            clock.advance(Duration.ofMinutes(6));
            awaitReady("Unknown", "Unavailable");
            assertThat(ready().path("message").asText()).isNotBlank();
            server.startAgain();
            awaitReady("True", "Ready");
            PostgresDatabase last = login();
            archive(last, schema, "3ea2");

            cluster.delete(TENANT);
            inTime(() -> assertThat(cluster.find(TENANT)).isEmpty());
            assertRefused(first);
            assertRefused(last);
            assertThat(cluster.find(SECRET)).isEmpty();
            assertThat(query("SELECT count(*) FROM \"" + schema + "\".records")).isEqualTo("4");
        }
    }
}
