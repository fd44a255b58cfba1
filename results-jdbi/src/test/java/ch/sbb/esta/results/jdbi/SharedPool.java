package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Many tenants and many threads on few connections: nothing of one tenant is met by another, whatever happens to a transaction. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SharedPool {

    private static final int TENANTS = 8;
    private static final int THREADS = 12;
    private static final int CALLS = 60;

    private final Tenants tenants = new Tenants(
            Servers.postgres17(),
            IntStream.range(0, TENANTS).mapToObj(i -> "t" + i).toArray(String[]::new));
    private final HikariDataSource pool;
    private final TenantStores stores;

    SharedPool() {
        pool = Fixture.pool(pooled(tenants.runtime(), Servers.postgres17().port()));
        pool.setMaximumPoolSize(4);
        // The owner of a tenant may not do that to the session of the runtime login.
        for (String[] each : new String[][] {{"cancel_me", "pg_cancel_backend"}, {"kill_me", "pg_terminate_backend"}}) {
            tenants.database()
                    .execute("CREATE FUNCTION public." + each[0]
                            + "() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT " + each[1]
                            + "(pg_backend_pid())'");
        }
        stores = TenantStores.builder()
                .registry(pool, tenants.clusterId())
                .statementTimeout(Duration.ofSeconds(20))
                .build();
    }

    /** The way to the database. */
    abstract PostgresDatabase pooled(PostgresDatabase direct, int serverPort);

    @AfterEach
    void noConnectionLeaked() {
        assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
    }

    @AfterAll
    void close() {
        pool.close();
        tenants.close();
    }

    @Test
    void manyThreadsNeverMeetWhatIsAnothers() throws Exception {
        tenants.empty();
        long seed = System.nanoTime();
        Set<String> written = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                Random random = new Random(seed + t);
                String thread = "w" + t;
                all.add(threads.submit(() -> {
                    for (int call = 0; call < CALLS; call++) {
                        call(random, thread + "-" + call, written);
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } catch (Exception e) {
            throw new AssertionError("seed " + seed, e);
        } finally {
            threads.shutdownNow();
        }
        List<String> found = new ArrayList<>();
        for (int i = 0; i < TENANTS; i++) {
            String namespace = "t" + i;
            tenants.database()
                    .query("SELECT parent, name FROM "
                            + Identifiers.quote(tenants.tenant(namespace).schema()) + ".records")
                    .forEach(row -> {
                        assertThat(row).as("seed " + seed).startsWith(namespace + " | " + namespace + "-");
                        found.add(row.substring(row.indexOf("| ") + 2));
                    });
        }
        assertThat(found).as("seed " + seed).containsExactlyInAnyOrderElementsOf(written);
    }

    private void call(Random random, String id, Set<String> written) {
        String namespace = "t" + random.nextInt(TENANTS);
        RoutedResultsStore store = stores.routed();
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                String other = "t" + random.nextInt(TENANTS);
                store.archive(List.of(run(namespace, namespace + "-" + id), run(other, other + "-" + id)));
                written.add(namespace + "-" + id);
                written.add(other + "-" + id);
            }
            case 2, 3 -> {
                List<Record> records = store.listRecords(
                                ListQuery.of(namespace + "/results/-").pageSize(1000))
                        .items();
                assertThat(records)
                        .allSatisfy(found -> assertThat(found.name().record()).startsWith(namespace + "-"));
            }
            case 4 -> assertThatThrownBy(() -> accident(random, namespace)).isInstanceOf(RuntimeException.class);
            default -> {
                String user = as(
                        namespace,
                        handle -> handle.createQuery("SELECT current_user")
                                .mapTo(String.class)
                                .one());
                assertThat(user).isEqualTo(tenants.tenant(namespace).owner());
            }
        }
    }

    /** What can happen to a transaction that a role was set in. */
    private void accident(Random random, String namespace) {
        as(namespace, handle -> {
            switch (random.nextInt(4)) {
                case 0 -> throw new IllegalStateException("the caller's own");
                case 1 -> handle.execute("SELECT nonsense");
                case 2 -> handle.execute("SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)");
                default -> handle.execute("SELECT public.cancel_me(), pg_sleep(5)");
            }
            return true;
        });
    }

    private <T> T as(String namespace, Transactions.Work<T> work) {
        return new Transactions(pool, null, Duration.ofSeconds(20), Duration.ZERO)
                .as(tenants.tenant(namespace).owner(), null)
                .read("trying", work);
    }

    @Test
    void afterEachAccidentTheNextTransactionIsTheLoginsOwn() throws SQLException {
        String mine = session();
        assertThat(mine).contains(tenants.runtime().user());
        List<Transactions.Work<Boolean>> accidents = List.of(
                handle -> {
                    throw new IllegalStateException("the caller's own");
                },
                handle -> execute(handle, "SELECT nonsense"),
                handle -> execute(handle, "SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)"),
                handle -> execute(handle, "SELECT public.cancel_me(), pg_sleep(5)"),
                handle -> execute(handle, "SELECT public.kill_me(), pg_sleep(5)"),
                handle -> execute(handle, "SELECT 1"));
        for (int i = 0; i < accidents.size(); i++) {
            Transactions.Work<Boolean> accident = accidents.get(i);
            try {
                as("t1", accident);
                assertThat(i).isEqualTo(accidents.size() - 1);
            } catch (ResultsException | IllegalStateException e) {
                assertThat(i).isLessThan(accidents.size() - 1);
            }
            for (int again = 0; again < 4; again++) {
                assertThat(session()).as("after accident %s", i).isEqualTo(mine);
            }
        }
    }

    private static boolean execute(Handle handle, String sql) {
        handle.execute(sql);
        return true;
    }

    private String session() throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT current_user, session_user, current_setting('role'), current_setting('statement_timeout'),"
                                + " current_setting('search_path'), current_setting('transaction_read_only')")) {
            row.next();
            return String.join(
                    " | ",
                    IntStream.rangeClosed(1, 6).mapToObj(i -> string(row, i)).toList());
        }
    }

    private static String string(ResultSet row, int column) {
        try {
            return String.valueOf(row.getString(column));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RunPlacement run(String namespace, String uid) {
        return Fixture.placed("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"%s","name":"n","uid":"%s",
                 "resourceVersion":"1"}}""".formatted(namespace, uid));
    }
}
