package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.jdbi.JdbiTenantProvisioner;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** Provisions tenants, and provisions them again, which is to change nothing. */
final class TenantsProvision implements Benchmark {

    private final int tenants;

    TenantsProvision(int tenants) {
        this.tenants = tenants;
    }

    @Override
    public String name() {
        return "tenants-provision";
    }

    @Override
    public String description() {
        return "statements and seconds for each new tenant, and for each that is there and well; the ratio is seconds new / seconds again";
    }

    @Override
    public String run(PrintStream out) {
        try (PostgresServer server = PostgresServer.builder().start()) {
            PostgresDatabase admin = server.nonSuperuser();
            AtomicLong statements = new AtomicLong();
            JdbiTenantProvisioner provisioner = JdbiTenantProvisioner.builder(
                            counting(DataSource.class, admin.dataSource(), statements), "benchmark")
                    .build();
            provisioner.prepare();
            statements.set(0);
            double fresh = provisionAll(provisioner);
            long freshStatements = statements.getAndSet(0);
            out.printf(Locale.ROOT, "%d new tenants in %.1f s%n", tenants, fresh);
            double again = provisionAll(provisioner);
            out.printf(Locale.ROOT, "the same again in %.1f s%n", again);
            return String.format(
                    Locale.ROOT,
                    "ratio=%.1f statements=%.1f seconds=%.3f again_statements=%.1f again_seconds=%.4f",
                    fresh / again,
                    (double) freshStatements / tenants,
                    fresh / tenants,
                    (double) statements.get() / tenants,
                    again / tenants);
        }
    }

    private double provisionAll(JdbiTenantProvisioner provisioner) {
        long start = System.nanoTime();
        for (int i = 0; i < tenants; i++) {
            provisioner.provision(TenantRequest.of("team-" + i));
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** Counts what is prepared on the connections: each statement is, once. */
    private static <T> T counting(Class<T> type, T target, AtomicLong statements) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (method.getName().startsWith("prepare")) {
                        statements.incrementAndGet();
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof Connection connection && !type.equals(Connection.class)
                                ? counting(Connection.class, connection, statements)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                }));
    }
}
