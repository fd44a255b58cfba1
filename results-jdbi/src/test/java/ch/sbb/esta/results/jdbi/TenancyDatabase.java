package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.Durations;

/**
 * A database for tenants as a company's database department hands it out: owned by somebody else, with an administrator that is no superuser,
 * {@code CREATEDB CREATEROLE}, with all rights on the database and their grant option.
 */
final class TenancyDatabase {

    private static final AtomicInteger CLUSTERS = new AtomicInteger();

    private final PostgresDatabase owner;
    private final PostgresDatabase superuser;
    private final PostgresDatabase admin;

    TenancyDatabase(PostgresServer server) {
        owner = server.newDatabase();
        String database = owner.user();
        superuser = new PostgresDatabase(
                owner.jdbcUrl(), server.admin().user(), server.admin().password());
        admin = new PostgresDatabase(
                owner.jdbcUrl(), database + "_admin", UUID.randomUUID().toString());
        execute(
                superuser,
                "CREATE ROLE " + admin.user() + " NOSUPERUSER CREATEDB CREATEROLE LOGIN PASSWORD '" + admin.password()
                        + "'");
        execute(owner, "GRANT ALL ON DATABASE " + database + " TO " + admin.user() + " WITH GRANT OPTION");
        if (isEmbedded(server)) {
            askForPasswords();
        }
    }

    private static boolean isEmbedded(PostgresServer server) {
        try {
            return server.port() > 0;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** An embedded server lets everybody in otherwise. */
    private void askForPasswords() {
        String rules = "host %1$s postgres all trust\nhost %1$s all all scram-sha-256\n".formatted(name())
                + query("SELECT pg_read_file(current_setting('hba_file'))").get(0);
        execute(
                superuser,
                "COPY (SELECT unnest(string_to_array($rules$" + rules + "$rules$, chr(10)))) TO '"
                        + query("SHOW hba_file").get(0) + "'",
                "SELECT pg_reload_conf()");
        PostgresDatabase forged = new PostgresDatabase(admin.jdbcUrl(), admin.user(), "forged");
        Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> {
            try {
                forged.dataSource().getConnection().close();
                return false;
            } catch (SQLException e) {
                return e.getSQLState().startsWith("28");
            }
        });
    }

    /** What only the owner of the database can do, as the documents tell it. */
    TenancyDatabase shut() {
        execute(
                superuser,
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                "REVOKE CONNECT, TEMPORARY ON DATABASE " + owner.user() + " FROM PUBLIC");
        return this;
    }

    static String newCluster() {
        return "east-" + CLUSTERS.incrementAndGet();
    }

    String name() {
        return owner.user();
    }

    PostgresDatabase superuser() {
        return superuser;
    }

    PostgresDatabase admin() {
        return admin;
    }

    JdbiTenantProvisioner provisioner(String clusterId) {
        return JdbiTenantProvisioner.builder(admin.dataSource(), clusterId).build();
    }

    PostgresDatabase as(Credentials credentials) {
        return new PostgresDatabase(owner.jdbcUrl(), credentials.user(), new String(credentials.password()));
    }

    List<String> query(String sql) {
        return Fixture.query(superuser, sql);
    }

    void execute(String... statements) {
        execute(superuser, statements);
    }

    static void execute(PostgresDatabase database, String... statements) {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(String.join("; ", statements), e);
        }
    }
}
