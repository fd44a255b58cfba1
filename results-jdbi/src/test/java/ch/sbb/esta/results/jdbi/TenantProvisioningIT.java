package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the contract cannot see: statements, roles and rights of one server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantProvisioningIT {

    private final TenancyDatabase database = new TenancyDatabase(Servers.current()).shut();

    private static Tenant provision(JdbiTenantProvisioner provisioner, String namespace) {
        return provisioner.provision(TenantRequest.of(namespace));
    }

    private static void assertFails(Code code, String message, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    /** Every row of the catalogs that provisioning writes, with the transaction that wrote it. */
    private List<String> catalogs() {
        return database.query("""
                SELECT 'role', oid, xmin::text FROM pg_authid UNION ALL SELECT 'member', roleid, xmin::text FROM pg_auth_members
                UNION ALL SELECT 'setting', setrole, xmin::text FROM pg_db_role_setting
                UNION ALL SELECT 'schema', oid, xmin::text FROM pg_namespace UNION ALL SELECT 'default', oid, xmin::text FROM pg_default_acl
                UNION ALL SELECT 'table', oid, xmin::text FROM pg_class UNION ALL SELECT 'database', oid, xmin::text FROM pg_database
                UNION ALL SELECT 'tenant', 0, xmin::text FROM esta_tenancy.tenants ORDER BY 1, 2, 3
                """);
    }

    private void assertRepeatedWithoutChange(int tenants) {
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner first = database.provisioner(cluster);
        IntStream.range(0, tenants).forEach(i -> provision(first, "team-" + i));
        List<String> before = catalogs();
        RecordingDataSource recording = new RecordingDataSource(database.admin().dataSource());
        JdbiTenantProvisioner again =
                JdbiTenantProvisioner.builder(recording.dataSource(), cluster).build();

        IntStream.range(0, tenants).forEach(i -> provision(again, "team-" + i));

        assertThat(recording.statements()).hasSizeGreaterThan(tenants * 5);
        assertThat(recording.changes()).isEmpty();
        assertThat(catalogs()).isEqualTo(before);
        assertThat(again.list()).hasSize(tenants);
    }

    @Test
    void provisioningAgainIssuesNoDdl() {
        assertRepeatedWithoutChange(5);
    }

    @Test
    @Tag("long")
    void provisioningAHundredTenantsAgainIssuesNoDdl() {
        assertRepeatedWithoutChange(100);
    }

    private void assertMadeOnceByTwo(int tenants) throws Exception {
        String cluster = TenancyDatabase.newCluster();
        ExecutorService processes = Executors.newFixedThreadPool(2);
        try {
            List<Future<List<Tenant>>> made = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                JdbiTenantProvisioner provisioner = database.provisioner(cluster);
                made.add(processes.submit(() -> IntStream.range(0, tenants)
                        .mapToObj(n -> provision(provisioner, "team-" + n))
                        .toList()));
            }
            assertThat(made.get(0).get()).hasSize(tenants).isEqualTo(made.get(1).get());
        } finally {
            processes.shutdownNow();
        }
        assertThat(database.query("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'results\\_" + cluster + "\\_%'"))
                .containsExactly(Integer.toString(tenants * 4 + 3));
    }

    @Test
    void twoCallersProvisionTheSameTenantsAtOnce() throws Exception {
        assertMadeOnceByTwo(5);
    }

    @Test
    @Tag("long")
    void twoCallersProvisionTheSameFiftyTenantsAtOnce() throws Exception {
        assertMadeOnceByTwo(50);
    }

    private void assertMadeOnceByTwoProcesses(int tenants) throws Exception {
        String alone = TenancyDatabase.newCluster();
        provision(database.provisioner(alone), "team-0");
        String cluster = TenancyDatabase.newCluster();
        try (ProvisioningProcess one = ProvisioningProcess.start(database.admin(), cluster, tenants);
                ProvisioningProcess other = ProvisioningProcess.start(database.admin(), cluster, tenants)) {
            one.awaitReady();
            other.awaitReady();
            one.go();
            other.go();
            assertThat(List.of(one.await(), other.await())).containsOnly(0);
        }
        JdbiTenantProvisioner provisioner = database.provisioner(cluster);
        assertThat(provisioner.list()).hasSize(tenants);
        assertThat(database.query("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'results\\_" + cluster + "\\_%'"))
                .containsExactly(Integer.toString(tenants * 4 + 3));
        assertThat(database.query(
                        "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'results\\_" + cluster + "\\_%'"))
                .containsExactly(Integer.toString(tenants));
        List<String> end = TenancyState.of(database, alone, "team-0");
        for (Tenant tenant : provisioner.list()) {
            assertThat(TenancyState.of(database, cluster, tenant.namespace()))
                    .as(tenant.namespace())
                    .isEqualTo(end);
            assertThat(provisioner.verify(tenant.namespace(), provisioner.resetPassword(tenant.namespace())))
                    .as(tenant.namespace())
                    .isEmpty();
        }
    }

    @Test
    void twoProcessesProvisionTheSameTenantsAtOnce() throws Exception {
        assertMadeOnceByTwoProcesses(3);
    }

    @Test
    @Tag("long")
    void twoProcessesProvisionTheSameFiftyTenantsAtOnce() throws Exception {
        assertMadeOnceByTwoProcesses(50);
    }

    @Test
    void whatTheAdministratorLacksIsToldWithTheSqlThatGivesIt() {
        TenancyDatabase poor = new TenancyDatabase(Servers.current());
        String admin = poor.admin().user();
        poor.execute(
                "ALTER ROLE " + admin + " NOCREATEROLE",
                "REVOKE CREATE ON DATABASE " + poor.name() + " FROM " + admin,
                "REVOKE GRANT OPTION FOR CONNECT ON DATABASE " + poor.name() + " FROM " + admin);
        JdbiTenantProvisioner provisioner = poor.provisioner(TenancyDatabase.newCluster());
        for (String sql : List.of(
                "ALTER ROLE \"" + admin + "\" CREATEROLE",
                "GRANT CREATE ON DATABASE \"" + poor.name() + "\" TO \"" + admin + "\"",
                "GRANT CONNECT ON DATABASE \"" + poor.name() + "\" TO \"" + admin + "\" WITH GRANT OPTION")) {
            assertFails(Code.DENIED, sql, () -> provision(provisioner, "ci"));
            poor.execute(sql);
        }
        assertThat(provision(provisioner, "ci").isActive()).isTrue();
    }

    @Test
    void whatOnlyTheOwnerOfTheDatabaseCanDoIsToldUntilItIsDone() {
        TenancyDatabase open = new TenancyDatabase(Servers.oldest());
        JdbiTenantProvisioner provisioner = open.provisioner(TenancyDatabase.newCluster());
        provision(provisioner, "ci");
        Credentials credentials = provisioner.resetPassword("ci");

        List<TenantFault> faults = provisioner.verify("ci", credentials);

        assertThat(faults).isEqualTo(provisioner.verifyDatabase()).hasSize(3);
        assertThat(faults).extracting(TenantFault::effect).containsOnly(Effect.EXPOSED);
        for (TenantFault fault : faults) {
            open.execute(fault.remedy().substring(fault.remedy().indexOf(": ") + 2));
        }
        assertThat(provisioner.verifyDatabase()).isEmpty();
        assertThat(provisioner.verify("ci", credentials)).isEmpty();
    }

    @Test
    void whatIsThereAndNotOursIsLeftAlone() {
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner provisioner = database.provisioner(cluster);
        TenantNames names = TenantNames.of(cluster, "ci");
        database.execute("CREATE ROLE \"" + names.owner() + "\"");
        assertFails(Code.CONFLICT, names.owner(), () -> provision(provisioner, "ci"));
        database.execute("DROP ROLE \"" + names.owner() + "\"", "CREATE SCHEMA \"" + names.schema() + "\"");
        assertFails(Code.CONFLICT, "adopt", () -> provision(provisioner, "ci"));
        assertThat(provisioner.find("ci")).isEmpty();

        String runtime = TenantNames.runtime("taken");
        database.execute("CREATE ROLE \"" + runtime + "\"");
        assertFails(Code.CONFLICT, runtime, () -> database.provisioner("taken").prepare());
        database.execute("DROP ROLE \"" + runtime + "\"");
    }

    @Test
    void limitsAreThoseOfTheLastRequest() throws SQLException {
        JdbiTenantProvisioner provisioner = database.provisioner(TenancyDatabase.newCluster());
        provisioner.provision(TenantRequest.of("ci").connectionLimit(2).statementTimeout(Duration.ofSeconds(30)));
        PostgresDatabase login = database.as(provisioner.resetPassword("ci"));

        assertThat(Fixture.query(login, "SHOW statement_timeout")).containsExactly("30s");
        try (Connection one = login.dataSource().getConnection();
                Connection two = login.dataSource().getConnection()) {
            assertThat(one.isValid(1) && two.isValid(1)).isTrue();
            assertThatThrownBy(() -> login.dataSource().getConnection()).hasMessageContaining("too many connections");
        }
        provision(provisioner, "ci");
        assertThat(Fixture.query(login, "SHOW statement_timeout")).containsExactly("0");
        assertThat(database.query("SELECT rolconnlimit FROM pg_roles WHERE rolname = '" + login.user() + "'"))
                .containsExactly("-1");
    }

    @Test
    void theServerNeverSeesAPassword() {
        RecordingDataSource recording = new RecordingDataSource(database.admin().dataSource());
        JdbiTenantProvisioner provisioner = JdbiTenantProvisioner.builder(
                        recording.dataSource(), TenancyDatabase.newCluster())
                .build();
        provision(provisioner, "ci");

        Credentials credentials = provisioner.resetPassword("ci");
        Credentials runtime = provisioner.resetRuntimePassword();

        for (Credentials known : List.of(credentials, runtime)) {
            String password = new String(known.password());
            assertThat(recording.statements())
                    .isNotEmpty()
                    .noneMatch(sql -> sql.contains(password))
                    .anyMatch(sql -> sql.contains("SCRAM-SHA-256$") && sql.contains(known.user()));
            assertThat(Fixture.query(database.as(known), "SELECT session_user")).containsExactly(known.user());
        }
    }

    @Test
    void driftIsFoundAndHealed() throws SQLException {
        JdbiTenantProvisioner provisioner = database.provisioner(TenancyDatabase.newCluster());
        Tenant tenant = provision(provisioner, "ci");
        Credentials credentials = provisioner.resetPassword("ci");
        assertThat(provisioner.verify("ci", credentials)).isEmpty();
        TenancyDatabase.execute(
                database.as(credentials),
                "SET ROLE NONE",
                "CREATE TABLE \"" + tenant.schema() + "\".stray (id int)",
                "ALTER ROLE CURRENT_USER RESET role");
        database.execute(
                "REVOKE USAGE ON SCHEMA \"" + tenant.schema() + "\" FROM \"" + tenant.reader() + "\"",
                "GRANT USAGE ON SCHEMA \"" + tenant.schema() + "\" TO PUBLIC",
                "ALTER ROLE \"" + tenant.user() + "\" CONNECTION LIMIT 7");

        assertThat(provisioner.verify("ci", credentials))
                .extracting(TenantFault::effect)
                .containsOnly(Effect.BROKEN)
                .hasSizeGreaterThanOrEqualTo(5);
        provision(provisioner, "ci");
        assertThat(provisioner.verify("ci", credentials)).isEmpty();
        assertThat(database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'stray'"))
                .containsExactly(tenant.owner());
    }

    @Test
    void rightsThatSomebodyElseHasGrantedAreTold() {
        JdbiTenantProvisioner provisioner = database.provisioner(TenancyDatabase.newCluster());
        Tenant ci = provision(provisioner, "ci");
        Tenant prod = provision(provisioner, "prod");
        Credentials credentials = provisioner.resetPassword("ci");
        database.execute("GRANT \"" + prod.owner() + "\" TO \"" + ci.owner() + "\"");

        assertThat(provisioner.verify("ci", credentials))
                .extracting(TenantFault::effect)
                .containsOnly(Effect.EXPOSED)
                .hasSizeGreaterThanOrEqualTo(2);
        database.execute(
                "REVOKE \"" + prod.owner() + "\" FROM \"" + ci.owner() + "\"",
                "ALTER ROLE \"" + ci.owner() + "\" CREATEDB");
        assertThat(provisioner.verify("ci", credentials))
                .singleElement()
                .satisfies(fault -> assertThat(fault.remedy()).endsWith("NOCREATEDB"));
    }

    @Test
    void theSharedRolesReachEveryTenantAndNoneMoreThanItShould() {
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner provisioner = database.provisioner(cluster);
        Tenant tenant = provision(provisioner, "ci");
        PostgresDatabase runtime = database.as(provisioner.resetRuntimePassword());
        String insert = "INSERT INTO \"" + tenant.schema() + "\".results (parent, id, name) VALUES ('p', 'i', 'n')";
        String select = "SELECT name FROM \"" + tenant.schema() + "\".results";

        assertThat(Fixture.query(
                        runtime, "SELECT schema_name FROM esta_tenancy.tenants WHERE cluster_id = '" + cluster + "'"))
                .containsExactly(tenant.schema());
        assertThatThrownBy(() -> TenancyDatabase.execute(runtime, insert))
                .rootCause()
                .hasMessageContaining("denied");
        assertThatThrownBy(() -> TenancyDatabase.execute(runtime, "CREATE ROLE more"))
                .rootCause()
                .hasMessageContaining("denied");
        TenancyDatabase.execute(runtime, "SET ROLE \"" + tenant.owner() + "\"", insert);
        String reader = "SET ROLE \"" + TenantNames.readerOfAll(cluster) + "\"";
        TenancyDatabase.execute(runtime, reader, select);
        assertThatThrownBy(() -> TenancyDatabase.execute(runtime, reader, insert))
                .rootCause()
                .hasMessageContaining("denied");
    }

    @Test
    void aSuperuserProvisionsToo() {
        JdbiTenantProvisioner provisioner = JdbiTenantProvisioner.builder(
                        database.superuser().dataSource(), TenancyDatabase.newCluster())
                .build();
        provision(provisioner, "ci");
        Credentials first = provisioner.resetPassword("ci");

        assertThat(provisioner.verify("ci", first)).isEmpty();
        assertThat(provisioner.verify("ci", provisioner.rotate("ci", first.user())))
                .isEmpty();
        assertThat(provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO)).outcome())
                .isEqualTo(Outcome.DELETED);
    }

    @Test
    void aRemovedTenantsSessionsEnd() throws SQLException {
        JdbiTenantProvisioner provisioner = database.provisioner(TenancyDatabase.newCluster());
        provision(provisioner, "ci");
        try (Connection session = database.as(provisioner.resetPassword("ci"))
                        .dataSource()
                        .getConnection();
                Statement statement = session.createStatement()) {
            statement.execute("SELECT 1");
            provisioner.remove("ci", Removal.retain());
            assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void whatOthersNeedIsNotDeleted() {
        JdbiTenantProvisioner provisioner = database.provisioner(TenancyDatabase.newCluster());
        Tenant tenant = provision(provisioner, "ci");
        database.execute("CREATE VIEW public.watched AS SELECT name FROM \"" + tenant.schema() + "\".results");

        assertFails(Code.CONFLICT, "watched", () -> provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO)));
        assertThat(provisioner.find("ci")).map(Tenant::state).contains(Tenant.State.DELETING);
        database.execute("DROP VIEW public.watched");
        assertThat(provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO)).outcome())
                .isEqualTo(Outcome.DELETED);
        assertThat(database.query("SELECT rolname FROM pg_roles WHERE rolname LIKE '" + tenant.schema() + "\\_%'"))
                .isEmpty();
        assertThat(database.query("SELECT nspname FROM pg_namespace WHERE nspname = '" + tenant.schema() + "'"))
                .isEmpty();
    }

    /** Before 16 the administrator's memberships are its own grants; pg_upgrade restores them as grants of the first superuser. */
    @Test
    void afterAnUpgradeFrom15TheAdministratorStillWorks() {
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner provisioner = database.provisioner(cluster);
        provision(provisioner, "ci");
        Credentials before = provisioner.resetPassword("ci");
        asAfterAnUpgrade(cluster, "WITH ADMIN OPTION");

        JdbiTenantProvisioner later = database.provisioner(cluster);
        provision(later, "ci");
        assertThat(later.verify("ci", before)).isEmpty();
        Credentials after = later.rotate("ci", before.user());
        assertThat(later.verify("ci", after)).isEmpty();
        provision(later, "new");
        assertThat(later.verify("new", later.resetPassword("new"))).isEmpty();
        assertThat(later.remove("ci", Removal.deleteAfter(Duration.ZERO)).outcome())
                .isEqualTo(Outcome.DELETED);
    }

    @Test
    void anUpgradeFromRolesWithoutAdminOptionIsToldWithTheSqlThatGivesIt() {
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner provisioner = database.provisioner(cluster);
        provision(provisioner, "ci");
        String user = provisioner.resetPassword("ci").user();
        asAfterAnUpgrade(cluster, "");
        Set<String> told = new HashSet<>();
        while (told.size() < 10) {
            try {
                provisioner.rotate("ci", user);
                break;
            } catch (ResultsException e) {
                assertThat(e.code()).isEqualTo(Code.DENIED);
                String message = String.valueOf(e.getMessage());
                String remedy = message.substring(message.lastIndexOf("run: ") + 5);
                assertThat(told.add(remedy)).as(remedy).isTrue();
                database.execute(remedy);
            }
        }
        assertThat(told).hasSize(4).allMatch(sql -> sql.endsWith("WITH ADMIN OPTION"));
    }

    private void asAfterAnUpgrade(String cluster, String adminOption) {
        List<String> grants = database.query("""
                SELECT format('REVOKE %%I FROM %%I GRANTED BY %%I CASCADE', r.rolname, m.rolname, g.rolname),
                    format('GRANT %%I TO %%I', r.rolname, m.rolname), m.rolname
                FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
                    JOIN pg_roles g ON g.oid = a.grantor
                WHERE r.rolname LIKE 'results\\_%s\\_%%'
                """.formatted(cluster));
        assertThat(grants).hasSizeGreaterThan(10);
        for (String grant : grants) {
            String[] parts = grant.split(" \\| ", -1);
            database.execute(parts[0]);
        }
        for (String grant : grants) {
            String[] parts = grant.split(" \\| ", -1);
            database.execute(parts[1] + (parts[2].equals(database.admin().user()) ? " " + adminOption : ""));
        }
    }
}
