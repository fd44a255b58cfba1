package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;

/** Tenants in a database of their own, and a pool of the runtime login, which is no superuser. */
final class Tenants implements AutoCloseable {

    private final TenancyDatabase database;
    private final String clusterId = TenancyDatabase.newCluster();
    private final JdbiTenantProvisioner provisioner;
    private final PostgresDatabase runtime;
    private final HikariDataSource pool;
    private final List<Tenant> all = new ArrayList<>();

    Tenants(PostgresServer server, String... namespaces) {
        database = new TenancyDatabase(server).shut();
        provisioner = database.provisioner(clusterId);
        provisioner.prepare();
        runtime = database.as(provisioner.resetRuntimePassword());
        pool = Fixture.pool(runtime);
        for (String namespace : namespaces) {
            provision(namespace);
        }
    }

    Tenant provision(String namespace) {
        Tenant tenant = provisioner.provision(TenantRequest.of(namespace));
        all.add(tenant);
        return tenant;
    }

    Tenant tenant(String namespace) {
        return provisioner.find(namespace).orElseThrow();
    }

    TenantStores.Builder stores() {
        return TenantStores.builder().registry(pool, clusterId);
    }

    String clusterId() {
        return clusterId;
    }

    TenancyDatabase database() {
        return database;
    }

    JdbiTenantProvisioner provisioner() {
        return provisioner;
    }

    PostgresDatabase runtime() {
        return runtime;
    }

    HikariDataSource pool() {
        return pool;
    }

    /** Much quicker than new ones. */
    void empty() {
        for (Tenant tenant : all) {
            String schema = Identifiers.quote(tenant.schema());
            database.execute("TRUNCATE %1$s.results, %1$s.records, %1$s.esta_runs, %1$s.esta_quarantine, "
                    .concat("%1$s.esta_expiries, %1$s.esta_tombstones")
                    .formatted(schema));
        }
    }

    void assertNoConnectionLeaked() {
        assertThat(pool.getHikariPoolMXBean().getActiveConnections())
                .as("connections that were not given back")
                .isZero();
    }

    @Override
    public void close() {
        assertNoConnectionLeaked();
        pool.close();
    }
}
