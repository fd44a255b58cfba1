package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What one tenant's logins cannot do to another. It runs on a database of your own, as an administrator that is no superuser, when the
 * environment names one: {@code RESULTS_TENANCY_JDBC_URL}, {@code RESULTS_TENANCY_ADMIN}, {@code RESULTS_TENANCY_PASSWORD}. It makes two
 * tenants of a cluster of its own there and deletes them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantIsolationIT {

    private static final String CLUSTER = "probe" + UUID.randomUUID().toString().substring(0, 8);

    /** Denied; not seen on the search path; in a role's place; without a password; not readable by others. */
    private static final Set<String> REFUSALS = Set.of("42501", "42P01", "2F003", "28000", "0LP01");

    private final PostgresDatabase admin = admin();
    private final JdbiTenantProvisioner provisioner =
            JdbiTenantProvisioner.builder(admin.dataSource(), CLUSTER).build();

    @SuppressWarnings("NullAway.Init") // set before all tests
    private Tenant victim;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private PostgresDatabase victimLogin;

    private final List<PostgresDatabase> intruders = new ArrayList<>();

    private static PostgresDatabase admin() {
        Map<String, String> environment = System.getenv();
        String url = environment.get("RESULTS_TENANCY_JDBC_URL");
        if (url == null || url.isBlank()) {
            return new TenancyDatabase(Servers.current()).shut().admin();
        }
        return new PostgresDatabase(
                url,
                environment.getOrDefault("RESULTS_TENANCY_ADMIN", ""),
                environment.getOrDefault("RESULTS_TENANCY_PASSWORD", ""));
    }

    private PostgresDatabase login(Credentials credentials) {
        return new PostgresDatabase(admin.jdbcUrl(), credentials.user(), new String(credentials.password()));
    }

    @BeforeAll
    void provision() {
        victim = provisioner.provision(TenantRequest.of("victim"));
        victimLogin = login(provisioner.resetPassword("victim"));
        TenancyDatabase.execute(
                victimLogin,
                "INSERT INTO results (parent, id, name) VALUES ('p', 'r', 'secret')",
                "INSERT INTO records (parent, result_id, result_name, id, name, data)"
                        + " VALUES ('p', 'r', 'secret', 'i', 'n', '{\"secret\": true}')",
                "CREATE SEQUENCE counter",
                "CREATE VIEW shown AS SELECT * FROM results",
                "CREATE TYPE mood AS ENUM ('secret')",
                "CREATE FUNCTION tell() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT name FROM results'",
                "ANALYZE results");
        provisioner.provision(TenantRequest.of("intruder"));
        Credentials first = provisioner.resetPassword("intruder");
        intruders.add(login(first));
        intruders.add(login(provisioner.rotate("intruder", first.user())));
        assertThat(provisioner.verify("intruder", first)).isEmpty();
    }

    @AfterAll
    void remove() {
        provisioner.remove("victim", Removal.deleteAfter(Duration.ZERO));
        provisioner.remove("intruder", Removal.deleteAfter(Duration.ZERO));
    }

    private String in(String name) {
        return Identifiers.quote(victim.schema()) + "." + Identifiers.quote(name);
    }

    private List<String> names(String sql) {
        List<String> names = Fixture.query(victimLogin, sql.formatted(victim.schema()));
        assertThat(names).as(sql).isNotEmpty();
        return names;
    }

    /** Each statement works for the victim itself, so that its refusal says something. */
    private void assertOutOfReach(List<String> statements) throws SQLException {
        try (Connection connection = victimLogin.dataSource().getConnection()) {
            for (String sql : statements) {
                assertThat(attempt(connection, sql))
                        .as("by the tenant itself: " + sql)
                        .isNull();
            }
        }
        assertRefused(statements);
    }

    private void assertRefused(List<String> statements) throws SQLException {
        List<String> before = state();
        for (PostgresDatabase intruder : intruders) {
            for (String role : List.of("SELECT 1", "SET ROLE NONE")) {
                try (Connection connection = intruder.dataSource().getConnection();
                        Statement statement = connection.createStatement()) {
                    statement.execute(role);
                    for (String sql : statements) {
                        assertThat(attempt(connection, sql))
                                .as("%s after %s: %s", intruder.user(), role, sql)
                                .isIn(REFUSALS);
                    }
                }
            }
        }
        assertThat(state()).isEqualTo(before);
    }

    /** @return the state with which the server refuses, or null when it does what it is asked for, which is then taken back */
    private static @Nullable String attempt(Connection connection, String sql) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return null;
        } catch (SQLException e) {
            return e.getSQLState();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Rows and objects of the victim. */
    private List<String> state() {
        List<String> state = new ArrayList<>(Fixture.query(
                victimLogin,
                "SELECT r.name, d.data, d.xmin, r.xmin FROM results r JOIN records d ON d.result_id = r.id"));
        state.addAll(names("SELECT oid, relname, relowner, relacl FROM pg_class WHERE relnamespace ="
                + " (SELECT oid FROM pg_namespace WHERE nspname = '%s') ORDER BY 1"));
        state.addAll(names("SELECT oid, nspowner, nspacl FROM pg_namespace WHERE nspname = '%s'"));
        return state;
    }

    @Test
    void noTableIsReadOrWritten() throws SQLException {
        List<String> statements = new ArrayList<>();
        for (String table : names("SELECT tablename FROM pg_tables WHERE schemaname = '%s'")) {
            statements.add("SELECT * FROM " + in(table));
            statements.add("SELECT count(*) FROM " + in(table));
            statements.add("INSERT INTO " + in(table) + " SELECT * FROM " + in(table) + " WHERE false");
            statements.add("DELETE FROM " + in(table));
            statements.add("TRUNCATE " + in(table) + " CASCADE");
            statements.add("LOCK TABLE " + in(table) + " IN ACCESS SHARE MODE");
            statements.add("ALTER TABLE " + in(table) + " ADD COLUMN more int");
            statements.add("DROP TABLE " + in(table) + " CASCADE");
            statements.add("GRANT SELECT ON " + in(table) + " TO PUBLIC");
            statements.add("CREATE RULE r AS ON DELETE TO " + in(table) + " DO INSTEAD NOTHING");
            statements.add("CREATE TRIGGER t BEFORE DELETE ON " + in(table)
                    + " FOR EACH ROW EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()");
        }
        statements.add("UPDATE " + in("results") + " SET name = 'forged'");
        statements.add("SELECT name FROM " + in("results") + " FOR UPDATE");
        statements.add("CREATE INDEX more ON " + in("results") + " (etag)");
        assertOutOfReach(statements);
    }

    @Test
    void noViewSequenceTypeOrFunctionIsUsed() throws SQLException {
        List<String> statements = new ArrayList<>(List.of(
                "SELECT * FROM " + in("shown"),
                "DELETE FROM " + in("shown") + " WHERE false",
                "SELECT nextval('" + in("counter") + "')",
                "SELECT setval('" + in("counter") + "', 7)",
                "SELECT * FROM " + in("counter"),
                "ALTER SEQUENCE " + in("counter") + " RESTART",
                "SELECT CAST('secret' AS " + in("mood") + ")",
                "ALTER TYPE " + in("mood") + " RENAME TO m",
                "SELECT " + in("tell") + "()",
                "DROP FUNCTION " + in("tell") + "()",
                "CREATE OR REPLACE FUNCTION " + in("tell") + "() RETURNS text LANGUAGE sql AS 'SELECT NULL'",
                "SELECT " + in("esta_text") + "('\"a\"', false)",
                "SELECT " + in("esta_time") + "('2026-01-01T00:00:00Z')",
                "SELECT " + in("esta_parse_time") + "('2026-01-01T00:00:00Z')"));
        assertOutOfReach(statements);
    }

    @Test
    void nothingIsMadeOrTakenInTheSchema() throws SQLException {
        String schema = Identifiers.quote(victim.schema());
        assertOutOfReach(List.of(
                "CREATE TABLE " + in("planted") + " (id int)",
                "CREATE FUNCTION " + in("planted") + "() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "DROP SCHEMA " + schema + " CASCADE",
                "GRANT ALL ON SCHEMA " + schema + " TO PUBLIC",
                "COMMENT ON SCHEMA " + schema + " IS 'mine'",
                "SET search_path = " + schema + "; SELECT * FROM records WHERE parent = 'p' AND name IS NOT NULL AND "
                        + in("tell") + "() IS NOT NULL",
                "CREATE VIEW peek AS SELECT * FROM " + in("results"),
                "CREATE TABLE leaning (parent varchar(64), id varchar(64), FOREIGN KEY (parent, id) REFERENCES "
                        + in("results") + ")",
                "DROP OWNED BY " + Identifiers.quote(victim.owner()) + " CASCADE"));
    }

    @Test
    void aSearchPathLeadsNowhere() throws SQLException {
        assertRefused(List.of("SET search_path = " + Identifiers.quote(victim.schema()) + "; SELECT * FROM results"));
    }

    @Test
    void noRoleIsTakenOrChanged() throws SQLException {
        List<String> statements = new ArrayList<>();
        String other = victimLogin.user();
        List<String> roles = List.of(
                victim.owner(),
                victim.reader(),
                other,
                TenantNames.runtime(CLUSTER),
                TenantNames.readerOfAll(CLUSTER),
                admin.user());
        for (String role : roles) {
            String quoted = Identifiers.quote(role);
            statements.add("SET ROLE " + quoted);
            statements.add("SET SESSION AUTHORIZATION " + quoted);
            statements.add("GRANT " + quoted + " TO CURRENT_USER");
            statements.add("ALTER ROLE " + quoted + " PASSWORD 'mine'");
            statements.add("ALTER ROLE " + quoted + " SET search_path = public");
            statements.add("REASSIGN OWNED BY " + quoted + " TO CURRENT_USER");
            statements.add("DROP ROLE " + quoted);
        }
        statements.addAll(List.of(
                "CREATE ROLE more",
                "CREATE SCHEMA more",
                "ALTER ROLE CURRENT_USER CREATEROLE",
                "ALTER ROLE CURRENT_USER BYPASSRLS",
                "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1"));
        assertRefused(statements);
    }

    @Test
    void nothingIsMadeWhereEverybodyWouldSeeIt() throws SQLException {
        assertRefused(List.of(
                "CREATE TEMPORARY TABLE t (id int)",
                "CREATE TABLE public.t (id int)",
                "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT 1'",
                "CREATE TABLE esta_tenancy.t (id int)",
                "SELECT * FROM esta_tenancy.tenants",
                "SELECT * FROM esta_tenancy.clusters",
                "UPDATE esta_tenancy.tenants SET state = 'RETAINED'",
                "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION pg_catalog.pg_event_trigger_ddl_commands()",
                "CREATE PUBLICATION p",
                "COPY (SELECT 1) TO '/tmp/tenant'",
                "COPY (SELECT 1) TO PROGRAM 'cat'",
                "SELECT pg_read_file('postgresql.conf')",
                "SELECT lo_import('/etc/hosts')",
                "SELECT rolpassword FROM pg_authid",
                "SELECT * FROM pg_statistic",
                "SELECT * FROM pg_largeobject"));
    }

    @Test
    void largeObjectsAreTheirOwnersOnly() throws SQLException {
        String oid =
                Fixture.query(victimLogin, "SELECT lo_from_bytea(0, 'secret')").get(0);
        assertOutOfReach(List.of(
                "SELECT lo_get(" + oid + ")",
                "SELECT lo_put(" + oid + ", 0, 'forged')",
                "SELECT lo_unlink(" + oid + ")",
                "GRANT SELECT ON LARGE OBJECT " + oid + " TO PUBLIC"));
        assertThat(Fixture.query(victimLogin, "SELECT encode(lo_get(" + oid + "), 'escape')"))
                .containsExactly("secret");
    }

    @Test
    void dblinkLeadsNowhereWithoutAPassword() throws SQLException {
        boolean isThere = !Fixture.query(admin, "SELECT 1 FROM pg_extension WHERE extname = 'dblink'")
                .isEmpty();
        assertRefused(List.of(
                isThere
                        ? "SELECT public.dblink_connect('dbname=' || current_database() || ' user=" + victimLogin.user()
                                + "')"
                        : "CREATE EXTENSION dblink"));
    }

    @Test
    void statisticsShowNoValueOfOthers() throws SQLException {
        try (Connection session = victimLogin.dataSource().getConnection();
                Statement statement = session.createStatement()) {
            int pid;
            try (ResultSet rows = statement.executeQuery("SELECT pg_backend_pid() FROM results")) {
                rows.next();
                pid = rows.getInt(1);
            }
            assertThat(names("SELECT tablename FROM pg_stats WHERE schemaname = '%s' AND tablename = 'results'"))
                    .isNotEmpty();
            for (PostgresDatabase intruder : intruders) {
                assertThat(Fixture.query(
                                intruder, "SELECT * FROM pg_stats WHERE schemaname = '" + victim.schema() + "'"))
                        .isEmpty();
                assertThat(Fixture.query(
                                intruder, "SELECT * FROM pg_stats_ext WHERE schemaname = '" + victim.schema() + "'"))
                        .isEmpty();
                assertThat(Fixture.query(intruder, "SELECT query FROM pg_stat_activity WHERE pid = " + pid))
                        .singleElement()
                        .asString()
                        .doesNotContain("results")
                        .matches(text -> text.toLowerCase(Locale.ROOT).contains("insufficient privilege"));
            }
            assertRefused(List.of("SELECT pg_cancel_backend(" + pid + ")", "SELECT pg_terminate_backend(" + pid + ")"));
            assertThat(session.isValid(5)).isTrue();
        }
    }
}
