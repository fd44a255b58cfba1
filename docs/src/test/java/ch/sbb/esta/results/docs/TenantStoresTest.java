package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.jdbi.JdbiTenantProvisioner;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.jdbi.PostgresConfig;
import ch.sbb.esta.results.jdbi.PostgresLogin;
import ch.sbb.esta.results.jdbi.PostgresPool;
import ch.sbb.esta.results.jdbi.PostgresTls;
import ch.sbb.esta.results.jdbi.RoutedResultsStore;
import ch.sbb.esta.results.jdbi.TenantMigrationReport;
import ch.sbb.esta.results.jdbi.TenantMigrations;
import ch.sbb.esta.results.jdbi.TenantPlace;
import ch.sbb.esta.results.jdbi.TenantPools;
import ch.sbb.esta.results.jdbi.TenantStores;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3TenantPolicy;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The programs of the chapter on tenancy that resolve tenants. */
class TenantStoresTest {

    @Test
    void tenantsAreServedByOnePoolOrByTheirOwn() {
        try (PostgresServer server = PostgresServer.builder().start()) {
            PostgresDatabase database = server.nonSuperuser();
            JdbiTenantProvisioner provisioner = JdbiTenantProvisioner.builder(database.dataSource(), "east-1")
                    .build();
            provisioner.provision(TenantRequest.of("shop"));
            PostgresConfig runtimeConfig = config(server, database, login(provisioner.resetRuntimePassword()));
            try (PostgresPool runtime = runtimeConfig.openPool()) {
                shared(runtimeConfig, runtime);
                Supplier<PostgresLogin> shop = login(provisioner.resetPassword("shop"));
                walled(runtime, namespace -> shop, login -> config(server, database, login));
                new Migrations(database.dataSource(), "big").migrate();
                chosen(runtime, new TenantPlace(database.dataSource(), "big"));
            }
        }
    }

    private static void shared(PostgresConfig runtimeConfig, PostgresPool runtime) {
        // snippet: shared
        try (TenantMigrations migrations =
                TenantMigrations.builder(runtimeConfig.migrations(), "east-1").build()) {
            TenantStores stores = TenantStores.builder()
                    .registry(runtime.dataSource(), "east-1")
                    .migrations(migrations)
                    .build();
            RoutedResultsStore store = stores.routed();
            migrations.start();

            store.listResults(ListQuery.of("shop"));
            store.listResults(ListQuery.of("-").orderBy(ListOrder.parse("create_time desc")));
        }
        // end snippet
        try (TenantMigrations migrations =
                TenantMigrations.builder(runtimeConfig.migrations(), "east-1").build()) {
            // snippet: migrate
            TenantMigrationReport report = migrations.migrateAll();
            report.failed().forEach((namespace, reason) -> System.out.println(namespace + ": " + reason));
            // end snippet
            assertThat(report.isComplete()).isTrue();
        }
    }

    private static void walled(
            PostgresPool runtime,
            Function<String, Supplier<PostgresLogin>> secrets,
            Function<Supplier<PostgresLogin>, PostgresConfig> configOf) {
        // snippet: pools
        try (TenantPools pools = TenantPools.builder(tenant ->
                        configOf.apply(secrets.apply(tenant.namespace())).connections())
                .maxConnections(100)
                .build()) {
            RoutedResultsStore store = TenantStores.builder()
                    .registry(runtime.dataSource(), "east-1")
                    .loginPools(pools)
                    .build()
                    .routed();
            store.listResults(ListQuery.of("shop"));
        }
        // end snippet
    }

    private static void chosen(PostgresPool runtime, TenantPlace place) {
        // snippet: places
        Map<String, TenantPlace> places = Map.of("big", place);
        RoutedResultsStore store = TenantStores.builder()
                .registry(runtime.dataSource(), "east-1")
                .places(namespace -> Optional.ofNullable(places.get(namespace)))
                .build()
                .routed();
        // end snippet
        assertThat(store.listResults(ListQuery.of("big")).items()).isEmpty();
    }

    @Test
    void aPolicyIsMadeForANamespace() {
        // snippet: policy
        S3BlobStoreConfig config = S3BlobStoreConfig.builder("tekton-logs").build();
        String json = S3TenantPolicy.of(config, "shop").readOnly().json();
        // end snippet
        assertThat(json).contains("tekton-logs/shop/*");
    }

    private static Supplier<PostgresLogin> login(Credentials credentials) {
        PostgresLogin login = new PostgresLogin(credentials.user(), new String(credentials.password()));
        return () -> login;
    }

    private static PostgresConfig config(
            PostgresServer server, PostgresDatabase database, Supplier<PostgresLogin> login) {
        return PostgresConfig.builder("localhost:" + server.port(), database.user())
                .login(login)
                .tls(PostgresTls.disabled())
                .poolTimeout(Duration.ofSeconds(10))
                .build();
    }
}
