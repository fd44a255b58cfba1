package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that take their credentials from one place, on each new connection, while they are rotated. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantRotationIT {

    private static final int QUERIES = 20;

    private final TenancyDatabase database = new TenancyDatabase(Servers.current()).shut();

    /** Opens a connection, uses it for some queries, and opens the next. */
    private final class Client extends Thread {

        private final AtomicReference<Credentials> secret;
        private final AtomicBoolean stop;
        private final Queue<Throwable> failures;
        private final AtomicLong connections = new AtomicLong();
        private final AtomicLong written = new AtomicLong();

        Client(AtomicReference<Credentials> secret, AtomicBoolean stop, Queue<Throwable> failures) {
            this.secret = secret;
            this.stop = stop;
            this.failures = failures;
        }

        @Override
        public void run() {
            while (!stop.get()) {
                try (Connection connection =
                                database.as(secret.get()).dataSource().getConnection();
                        Statement statement = connection.createStatement()) {
                    for (int i = 0; i < QUERIES && !stop.get(); i++) {
                        write(statement);
                    }
                    connections.incrementAndGet();
                } catch (SQLException | RuntimeException e) {
                    failures.add(e);
                    return;
                }
            }
        }

        private void write(Statement statement) throws SQLException {
            statement.executeUpdate("INSERT INTO results (parent, id) VALUES ('p', gen_random_uuid()::text)");
            written.incrementAndGet();
            try (ResultSet rows = statement.executeQuery("SELECT current_user")) {
                rows.next();
            }
        }
    }

    private void rotateUnderLoad(int clients, int rotations) throws InterruptedException {
        long start = System.nanoTime();
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner provisioner = database.provisioner(cluster);
        String schema = provisioner.provision(TenantRequest.of("ci")).schema();
        AtomicReference<Credentials> secret = new AtomicReference<>(provisioner.resetPassword("ci"));
        AtomicBoolean stop = new AtomicBoolean();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Client> running = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            running.add(new Client(secret, stop, failures));
        }
        running.forEach(Thread::start);
        try {
            for (int i = 0; i < rotations; i++) {
                secret.set(provisioner.rotate("ci", secret.get().user()));
                awaitNewConnections(running, failures);
            }
        } finally {
            stop.set(true);
            for (Client client : running) {
                client.join();
            }
        }
        assertThat(failures).isEmpty();
        long written =
                running.stream().mapToLong(client -> client.written.get()).sum();
        assertThat(database.query("SELECT count(*) FROM \"" + schema + "\".results"))
                .containsExactly(Long.toString(written));
        long connections =
                running.stream().mapToLong(client -> client.connections.get()).sum();
        System.out.printf(
                "rotation: clients=%d rotations=%d connections=%d queries=%d failed=%d seconds=%.1f%n",
                clients, rotations, connections, 2 * written, failures.size(), (System.nanoTime() - start) / 1e9);
    }

    /** A rotation comes after all clients have changed over: the connection after the one that was open, or being opened, is a new login's. */
    private static void awaitNewConnections(List<Client> clients, Queue<Throwable> failures) {
        List<Long> before =
                clients.stream().map(client -> client.connections.get()).toList();
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> {
            boolean all = true;
            for (int i = 0; i < clients.size(); i++) {
                all &= clients.get(i).connections.get() >= before.get(i) + 2;
            }
            return all || !failures.isEmpty();
        });
    }

    @Test
    void noQueryFailsWhileCredentialsAreRotated() throws InterruptedException {
        rotateUnderLoad(20, 5);
    }

    @Test
    @Tag("long")
    void noQueryOfTwoHundredClientsFailsInTwentyRotations() throws InterruptedException {
        rotateUnderLoad(200, 20);
    }
}
