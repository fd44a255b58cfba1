package ch.sbb.esta.results.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.postgres.PostgresServer.Durability;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PostgresServerIT {

    @Test
    void whatIsCommittedSurvivesStoppingAndKillingOnTheSamePort() throws Exception {
        PostgresDatabase database;
        try (PostgresServer server =
                PostgresServer.builder().durability(Durability.DURABLE).start()) {
            database = server.newDatabase();
            execute(database, "CREATE TABLE t AS SELECT 1 AS n");

            server.stop();
            assertThatThrownBy(() -> query(database, "SELECT 1")).isInstanceOf(SQLException.class);
            server.startAgain();
            execute(database, "INSERT INTO t VALUES (2)");
            server.kill();
            assertThatThrownBy(() -> query(database, "SELECT 1")).isInstanceOf(SQLException.class);
            server.startAgain();

            assertThat(query(database, "SELECT sum(n) FROM t")).isEqualTo("3");
            assertThat(query(database, "SHOW fsync")).isEqualTo("on");
            assertThat(query(database, "SHOW synchronous_commit")).isEqualTo("on");
        }
        assertThatThrownBy(() -> query(database, "SELECT 1")).isInstanceOf(SQLException.class);
    }

    @Test
    void loginsAreNoSuperusers() throws Exception {
        try (PostgresServer server = PostgresServer.builder().start()) {
            String role = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user";

            assertThat(query(server.newDatabase(), role)).isEqualTo("f f f");
            assertThat(query(server.nonSuperuser(), role)).isEqualTo("f t t");
            assertThatThrownBy(server::startAgain).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aStandbyFollowsAndTakesWritesOncePromoted() throws Exception {
        try (PostgresServer server = PostgresServer.builder().start()) {
            PostgresDatabase database = server.newDatabase();
            execute(database, "CREATE TABLE t AS SELECT 1 AS n");
            try (PostgresServer standby = server.newStandby()) {
                PostgresDatabase copy = standby.database(database);
                assertThat(standby.port()).isNotEqualTo(server.port());
                execute(database, "INSERT INTO t VALUES (2)");
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> query(copy, "SELECT sum(n) FROM t").equals("3"));
                assertThatThrownBy(() -> execute(copy, "INSERT INTO t VALUES (3)"))
                        .hasMessageContaining("read-only");

                server.kill();
                standby.promote();

                execute(copy, "INSERT INTO t VALUES (4)");
                assertThat(query(copy, "SELECT sum(n) FROM t")).isEqualTo("7");
            }
        }
    }

    private static void execute(PostgresDatabase database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(PostgresDatabase database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            StringBuilder line = new StringBuilder();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                line.append(i == 1 ? "" : " ").append(rows.getString(i));
            }
            return line.toString();
        }
    }
}
