package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantPoolsIT {

    private final Tenants tenants = new Tenants(Servers.current(), "a", "b", "c");
    private final Map<String, PostgresLogin> secrets = new ConcurrentHashMap<>();

    @BeforeEach
    void giveOutCredentials() {
        tenants.empty();
        for (String namespace : List.of("a", "b", "c")) {
            publish(namespace, tenants.provisioner().resetPassword(namespace));
        }
    }

    @AfterAll
    void close() {
        tenants.close();
    }

    @Test
    void eachTenantIsReachedByItsOwnLogin() {
        try (TenantPools pools = pools().build()) {
            RoutedResultsStore store =
                    tenants.stores().loginPools(pools).build().routed();

            store.archive(List.of(run("a", "1"), run("b", "2")));

            assertThat(store.listResults(ListQuery.of("a")).items()).hasSize(1);
            assertThat(store.listResults(ListQuery.of("-")).items()).hasSize(2);
            assertThat(pools.openConnections()).isEqualTo(2);
            assertThat(sessions("a")).containsExactly(tenants.tenant("a").user());
            assertThat(tenants.database()
                            .query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = '"
                                    + tenants.tenant("a").schema() + "'"))
                    .containsExactly(tenants.tenant("a").owner());
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> sessions("a").isEmpty());
    }

    @Test
    void noMoreConnectionsAreOpenThanAllowedAndIdleOnesMakeRoom() throws Exception {
        try (TenantPools pools = pools().maxConnections(2).maxPerTenant(2).build()) {
            for (int i = 0; i < 12; i++) {
                try (Connection connection = pools.dataSource(
                                tenants.tenant(List.of("a", "b", "c").get(i % 3)))
                        .getConnection()) {
                    assertThat(connection.isValid(5)).isTrue();
                }
                assertThat(pools.openConnections()).isLessThanOrEqualTo(2);
            }
        }
    }

    @Test
    void whereAllAreLentACallWaitsAndThenSaysWhy() throws Exception {
        try (TenantPools pools =
                pools().maxConnections(1).waitTimeout(Duration.ofSeconds(1)).build()) {
            RoutedResultsStore store = tenants.stores()
                    .loginPools(pools)
                    .failoverTimeout(Duration.ZERO)
                    .build()
                    .routed();
            Connection lent = pools.dataSource(tenants.tenant("a")).getConnection();
            assertThatThrownBy(() -> store.listResults(ListQuery.of("b")))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE))
                    .hasMessageContaining("no connection of the pool became free");
            lent.close();
            assertThat(store.listResults(ListQuery.of("b")).items()).isEmpty();
        }
    }

    @Test
    void idleConnectionsAreClosed() throws Exception {
        try (TenantPools pools = pools().idleTimeout(Duration.ofSeconds(1)).build()) {
            pools.dataSource(tenants.tenant("a")).getConnection().close();
            assertThat(pools.openConnections()).isEqualTo(1);
            await().atMost(Duration.ofSeconds(60)).until(() -> pools.openConnections() == 0);
            await().atMost(Duration.ofSeconds(60)).until(() -> sessions("a").isEmpty());
        }
    }

    @Test
    void aBackendThatWasKilledIsReplaced() throws Exception {
        try (TenantPools pools = pools().maxConnections(1).build()) {
            RoutedResultsStore store =
                    tenants.stores().loginPools(pools).build().routed();
            store.archive(List.of(run("a", "1")));
            tenants.database()
                    .query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"
                            + tenants.tenant("a").user() + "'");

            assertThat(store.listResults(ListQuery.of("a")).items()).hasSize(1);
            assertThat(pools.openConnections()).isEqualTo(1);
        }
    }

    @Test
    void loginsRotateWhileCallsGoOn() throws Exception {
        try (TenantPools pools = pools().maxLifetime(Duration.ofSeconds(1)).build()) {
            RoutedResultsStore store =
                    tenants.stores().loginPools(pools).build().routed();
            AtomicInteger calls = new AtomicInteger();
            ExecutorService threads = Executors.newFixedThreadPool(4);
            List<Future<?>> running = new ArrayList<>();
            try {
                for (int t = 0; t < 4; t++) {
                    running.add(threads.submit(() -> {
                        while (!Thread.currentThread().isInterrupted() && calls.get() < 100_000) {
                            store.listResults(ListQuery.of("a"));
                            calls.incrementAndGet();
                        }
                    }));
                }
                for (int i = 0; i < 3; i++) {
                    String before = tenants.tenant("a").user();
                    publish("a", tenants.provisioner().rotate("a", before));
                    assertThat(tenants.tenant("a").user()).isNotEqualTo(before);
                    String now = tenants.tenant("a").user();
                    await().atMost(Duration.ofSeconds(60))
                            .until(() -> sessions("a").equals(List.of(now)));
                }
                calls.set(100_000);
                for (Future<?> one : running) {
                    one.get();
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private TenantPools.Builder pools() {
        return TenantPools.builder(tenant -> new DirectConnections(
                tenants.runtime().jdbcUrl(), new Properties(), () -> secrets.get(tenant.namespace())));
    }

    private void publish(String namespace, Credentials credentials) {
        secrets.put(namespace, new PostgresLogin(credentials.user(), new String(credentials.password())));
    }

    private List<String> sessions(String namespace) {
        return tenants.database()
                .query("SELECT DISTINCT usename FROM pg_stat_activity WHERE usename LIKE '"
                        + tenants.tenant(namespace).schema() + "\\_%'");
    }

    private static RunPlacement run(String namespace, String uid) {
        return Fixture.placed("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"%s","name":"n","uid":"%s",
                 "resourceVersion":"1"}}""".formatted(namespace, uid));
    }
}
