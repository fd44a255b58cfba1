package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Schemas that were made by hand. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantAdoptionIT {

    private final TenancyDatabase database = new TenancyDatabase(Servers.current()).shut();
    private final String cluster = TenancyDatabase.newCluster();
    private final JdbiTenantProvisioner provisioner = database.provisioner(cluster);

    enum Version {
        OLDEST,
        CURRENT;

        PostgresServer server() {
            return this == OLDEST ? Servers.oldest() : Servers.current();
        }
    }

    private static TenantRequest request(String namespace, HandMade made) {
        return TenantRequest.of(namespace).schema(made.schema());
    }

    private void assertConflict(String message, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.CONFLICT))
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @EnumSource
    void itsLoginGoesOnAndEverythingBelongsToTheOwner(Version version) throws SQLException {
        TenancyDatabase there = new TenancyDatabase(version.server()).shut();
        JdbiTenantProvisioner them = there.provisioner(TenancyDatabase.newCluster());
        HandMade made = new HandMade(there, "open");
        try (Connection open = made.login().dataSource().getConnection();
                Statement statement = open.createStatement()) {
            Tenant tenant = them.adopt(request("ci", made), made.login().user());

            assertThat(tenant.schema()).isEqualTo(made.schema());
            assertThat(tenant.user()).isEqualTo(made.login().user());
            statement.execute("INSERT INTO results (parent, id, name) VALUES ('ci', 's', 'by an open session')");
            assertThat(them.verify("ci", made.credentials())).isEmpty();
            assertThat(there.query(
                            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = '" + made.schema() + "'"))
                    .containsExactly(tenant.owner());
            assertThat(Fixture.query(made.login(), "SELECT name FROM results ORDER BY id"))
                    .containsExactly("kept", "by an open session");
            assertThat(them.adopt(request("ci", made), made.login().user())).isEqualTo(tenant);
        }
        Credentials next = them.rotate("ci", made.login().user());
        assertThat(them.verify("ci", next)).isEmpty();
        Credentials back = them.rotate("ci", next.user());
        assertThat(back.user()).isEqualTo(made.login().user());
        assertThat(them.verify("ci", back)).isEmpty();
        assertThat(them.remove("ci", Removal.deleteAfter(Duration.ZERO)).outcome())
                .isEqualTo(Outcome.DELETED);
        assertThat(there.query("SELECT rolname FROM pg_roles WHERE rolname = '" + back.user() + "'"))
                .isEmpty();
    }

    @Test
    void aSchemaOfItsLoginIsAdoptedToo() {
        HandMade made = new HandMade(database, "own");
        database.execute(
                "ALTER SCHEMA " + made.schema() + " OWNER TO " + made.login().user());

        provisioner.adopt(request("own", made), made.login().user());

        assertThat(provisioner.verify("own", made.credentials())).isEmpty();
    }

    @Test
    void whatIsNotOnesOwnIsNotAdopted() {
        HandMade one = new HandMade(database, "one");
        HandMade two = new HandMade(database, "two");
        String admin = database.admin().user();
        assertConflict("may more", () -> provisioner.adopt(request("one", one), admin));
        assertConflict(
                "do not belong to",
                () -> provisioner.adopt(request("one", one), two.login().user()));
        TenancyDatabase.execute(
                database.admin(),
                "GRANT ALL ON SCHEMA " + two.schema() + " TO " + one.login().user());
        TenancyDatabase.execute(one.login(), "CREATE TABLE " + two.schema() + ".elsewhere (id int)");
        assertConflict(
                two.schema(),
                () -> provisioner.adopt(request("one", one), one.login().user()));
        TenancyDatabase.execute(one.login(), "DROP TABLE " + two.schema() + ".elsewhere");
        provisioner.adopt(request("one", one), one.login().user());
        assertConflict(
                "belongs to tenant",
                () -> provisioner.adopt(request("other", one), one.login().user()));
        assertConflict(
                one.schema(),
                () -> provisioner.adopt(request("one", two), two.login().user()));
        assertThat(provisioner.find("other")).isEmpty();
    }

    @Test
    void whatIsNotThereIsInvalid() {
        HandMade made = new HandMade(database, "there");
        for (TenantRequest request :
                List.of(TenantRequest.of("a"), TenantRequest.of("a").schema("nowhere"))) {
            assertThatThrownBy(() -> provisioner.adopt(request, made.login().user()))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
        }
        assertThatThrownBy(() -> provisioner.adopt(request("a", made), "nobody"))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
    }
}
