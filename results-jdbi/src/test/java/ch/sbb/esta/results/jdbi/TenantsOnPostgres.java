package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.TenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.TenantProvisionerContract;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.TestInstance;

/** The contract on one server, as an administrator that is no superuser; each test is a cluster of its own in the same database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TenantsOnPostgres extends TenantProvisionerContract {

    private final TenancyDatabase database;

    TenantsOnPostgres(PostgresServer server) {
        database = new TenancyDatabase(server).shut();
    }

    @Override
    protected TenantProvisioner newProvisioner(InstantSource clock) {
        return JdbiTenantProvisioner.builder(database.admin().dataSource(), TenancyDatabase.newCluster())
                .clock(clock)
                .build();
    }

    /** As Tekton Results' own server would: in the schema of the search path. */
    @Override
    protected boolean write(Credentials credentials, String text) throws SQLException {
        try (Connection connection = database.as(credentials).dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement("""
                        INSERT INTO results (parent, id, name, annotations) VALUES ('p', 'i', 'n', jsonb_build_object('text', ?))
                        ON CONFLICT (parent, id) DO UPDATE SET annotations = EXCLUDED.annotations
                        """)) {
            statement.setString(1, text);
            statement.executeUpdate();
            return true;
        } catch (SQLException e) {
            if (e.getSQLState().startsWith("28")) {
                return false;
            }
            throw e;
        }
    }

    @Override
    protected Optional<String> read(Credentials credentials) throws SQLException {
        try (Connection connection = database.as(credentials).dataSource().getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT annotations ->> 'text' FROM results WHERE id = 'i'");
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
        }
    }
}
