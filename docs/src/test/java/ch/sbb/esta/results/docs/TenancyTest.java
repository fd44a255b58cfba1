package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.jdbi.JdbiTenantProvisioner;
import ch.sbb.esta.results.jdbi.PostgresConfig;
import ch.sbb.esta.results.jdbi.PostgresLogin;
import ch.sbb.esta.results.jdbi.PostgresTls;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The programs of the chapter on tenancy. */
class TenancyTest {

    @Test
    void aTenantComesAndGoes() {
        try (PostgresServer server = PostgresServer.builder().start()) {
            PostgresDatabase database = server.nonSuperuser();
            PostgresConfig config = PostgresConfig.builder("localhost:" + server.port(), database.user())
                    .login(() -> new PostgresLogin(database.user(), database.password()))
                    .tls(PostgresTls.disabled())
                    .build();
            // snippet: provision
            JdbiTenantProvisioner tenants =
                    JdbiTenantProvisioner.builder(config.migrations(), "east-1").build();
            Tenant tenant = tenants.provision(
                    TenantRequest.of("shop").connectionLimit(20).statementTimeout(Duration.ofSeconds(30)));
            Credentials credentials = tenants.resetPassword("shop");
            List<TenantFault> faults = tenants.verify("shop", credentials);
            // end snippet
            assertThat(tenant.schema()).isEqualTo("results_east-1_shop");
            assertThat(faults).isEqualTo(tenants.verifyDatabase());

            // snippet: rotate
            Credentials next = tenants.rotate("shop", credentials.user());
            // end snippet
            assertThat(next.user()).isNotEqualTo(credentials.user());

            // snippet: remove
            RemovalReport would = tenants.remove(
                    "shop", Removal.deleteAfter(Duration.ofDays(30)).preview());
            RemovalReport did = tenants.remove("shop", Removal.deleteAfter(Duration.ofDays(30)));
            // end snippet
            assertThat(would.outcome()).isEqualTo(Outcome.SCHEDULED).isEqualTo(did.outcome());
            tenants.remove("shop", Removal.retain());
            assertThat(tenants.remove("shop", Removal.deleteAfter(Duration.ZERO))
                            .outcome())
                    .isEqualTo(Outcome.DELETED);
        }
    }

    @Test
    void aSchemaMadeByHandIsAdopted() throws SQLException {
        try (PostgresServer server = PostgresServer.builder().start()) {
            PostgresDatabase database = server.nonSuperuser();
            try (Connection connection = database.dataSource().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE tekton_shop LOGIN PASSWORD 'x'; CREATE SCHEMA builds");
            }
            JdbiTenantProvisioner tenants = JdbiTenantProvisioner.builder(database.dataSource(), "east-1")
                    .build();
            // snippet: adopt
            Tenant adopted = tenants.adopt(TenantRequest.of("shop").schema("builds"), "tekton_shop");
            // end snippet
            assertThat(adopted.user()).isEqualTo("tekton_shop");
        }
    }
}
