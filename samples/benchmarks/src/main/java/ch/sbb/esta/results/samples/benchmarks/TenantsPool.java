package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.jdbi.JdbiTenantProvisioner;
import ch.sbb.esta.results.jdbi.RoutedResultsStore;
import ch.sbb.esta.results.jdbi.TenantStores;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Many tenants over one pool against one tenant over the same pool: batches to archive, each of one namespace, and pages of lists. A batch
 * is as large as an archiver's is at most by default; a small one shows more of what every transaction costs besides its rows.
 */
final class TenantsPool implements Benchmark {

    private static final int CONNECTIONS = 10;
    private static final int BATCH = 100;
    private static final int SMALL_BATCH = 20;

    private final int tenants;
    private final int batches;
    private final int rounds;

    TenantsPool(int tenants, int batches, int rounds) {
        this.tenants = tenants;
        this.batches = batches;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "tenants-pool";
    }

    @Override
    public String description() {
        return "archive batches per second over " + tenants + " tenants in turn / over one tenant, on " + CONNECTIONS
                + " connections; small= the same for batches of " + SMALL_BATCH
                + "; lists= for pages of Results by time; all_ms= one page over all tenants";
    }

    private record Round(
            double archiveOne,
            double archiveMany,
            double smallOne,
            double smallMany,
            double listOne,
            double listMany) {}

    @Override
    public String run(PrintStream out) throws Exception {
        try (PostgresServer server = PostgresServer.builder()
                .durability(PostgresServer.Durability.DURABLE)
                .start()) {
            giveBuffers(server);
            PostgresDatabase admin = server.nonSuperuser();
            JdbiTenantProvisioner provisioner = JdbiTenantProvisioner.builder(admin.dataSource(), "benchmark")
                    .build();
            for (int i = 0; i < tenants; i++) {
                provisioner.provision(TenantRequest.of(namespace(i)));
            }
            out.println(tenants + " tenants provisioned");
            try (HikariDataSource pool = pool(admin.jdbcUrl(), provisioner.resetRuntimePassword())) {
                return measure(
                        TenantStores.builder()
                                .registry(pool, "benchmark")
                                .build()
                                .routed(),
                        out);
            }
        }
    }

    /** What a server with 2 GB of memory would have: 500 tenants do not fit into what Postgres takes by default. */
    private static void giveBuffers(PostgresServer server) throws SQLException {
        try (Connection connection = server.admin().dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET shared_buffers = '512MB'");
        }
        server.stop();
        server.startAgain();
    }

    private String measure(RoutedResultsStore store, PrintStream out) throws Exception {
        Runs runs = Runs.load();
        List<Round> measured = new ArrayList<>();
        for (int i = 0; i <= rounds; i++) {
            Round round = round(store, runs);
            out.printf(Locale.ROOT, "%s: %s%n", i == 0 ? "warm-up" : "round " + i + " of " + rounds, round);
            if (i > 0) {
                measured.add(round);
            }
        }
        double all = seconds(1, 5, i -> store.listResults(query("-"))) / 5;
        double archiveOne = median(measured, Round::archiveOne);
        double archiveMany = median(measured, Round::archiveMany);
        double smallOne = median(measured, Round::smallOne);
        double smallMany = median(measured, Round::smallMany);
        double listOne = median(measured, Round::listOne);
        double listMany = median(measured, Round::listMany);
        return String.format(
                Locale.ROOT,
                "ratio=%.2f lists=%.2f small=%.2f archive=%.1f batches/s archive_one=%.1f batches/s small_batches=%.0f batches/s small_one=%.0f batches/s "
                        + "list=%.0f pages/s list_one=%.0f pages/s all_ms=%.1f tenants=%d batch=%d",
                archiveMany / archiveOne,
                listMany / listOne,
                smallMany / smallOne,
                archiveMany,
                archiveOne,
                smallMany,
                smallOne,
                listMany,
                listOne,
                all * 1000,
                tenants,
                BATCH);
    }

    /** One and many in turn, so that what the machine does besides meets both. */
    private Round round(RoutedResultsStore store, Runs runs) throws Exception {
        double one = batches / archive(store, runs, 1, BATCH);
        double many = batches / archive(store, runs, tenants, BATCH);
        double smallOne = batches / archive(store, runs, 1, SMALL_BATCH);
        double smallMany = batches / archive(store, runs, tenants, SMALL_BATCH);
        int pages = batches * 4;
        double listOne = pages / seconds(CONNECTIONS, pages, i -> store.listResults(query(namespace(0))));
        double listMany = pages / seconds(CONNECTIONS, pages, i -> store.listResults(query(namespace(i % tenants))));
        return new Round(one, many, smallOne, smallMany, listOne, listMany);
    }

    private double archive(RoutedResultsStore store, Runs runs, int over, int size) throws Exception {
        List<List<RunPlacement>> prepared = IntStream.range(0, batches)
                .mapToObj(i -> runs.make(size, namespace(i % over)))
                .toList();
        return seconds(CONNECTIONS, batches, i -> store.archive(prepared.get(i)));
    }

    private static ListQuery query(String parent) {
        return ListQuery.of(parent).orderBy(ListOrder.parse("create_time desc")).pageSize(20);
    }

    private static String namespace(int number) {
        return "team-" + number;
    }

    private static double seconds(int threads, int calls, IntConsumer call) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        try {
            AtomicInteger next = new AtomicInteger();
            long start = System.nanoTime();
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                all.add(workers.submit(() -> {
                    for (int i = next.getAndIncrement(); i < calls; i = next.getAndIncrement()) {
                        call.accept(i);
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            return (System.nanoTime() - start) / 1e9;
        } finally {
            workers.shutdownNow();
        }
    }

    private static HikariDataSource pool(String url, Credentials credentials) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setUsername(credentials.user());
        pool.setPassword(new String(credentials.password()));
        pool.setMaximumPoolSize(CONNECTIONS);
        return pool;
    }

    private static double median(List<Round> measured, ToDoubleFunction<Round> value) {
        return measured.stream()
                .mapToDouble(value)
                .sorted()
                .skip(measured.size() / 2)
                .findFirst()
                .orElseThrow();
    }
}
