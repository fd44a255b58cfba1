package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.spi.TenantProvisioner;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Provisions tenants in one database of Postgres 14 to 18: a schema, an owner without login, two logins that become the owner, a role that
 * may only read. It works as a role that is no superuser: {@code CREATEROLE}, and on the database {@code CREATE}, and {@code CONNECT} with
 * the grant option. What it lacks is told with the SQL that gives it.
 *
 * <p>It compares first and changes only what is not as it should be, so a call on a tenant that is well costs some reads. Changes of roles
 * and of the registry are one transaction, one after the other in a database; the tables are made after that, as their owner. Passwords
 * reach the server as SCRAM verifiers only.
 *
 * <p>Thread-safe; any number of processes may use the same database at once.
 */
public final class JdbiTenantProvisioner implements TenantProvisioner {

    private static final Logger LOG = LoggerFactory.getLogger(JdbiTenantProvisioner.class);
    private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(1);

    private final DataSource admin;
    private final DataSource logins;
    private final String clusterId;
    private final TenantRegistry registry;
    private final Transactions transactions;
    private final TenantRemoval removals;
    private final Duration failoverTimeout;
    private volatile boolean prepared;

    private JdbiTenantProvisioner(Builder builder) {
        admin = builder.admin;
        logins = builder.logins;
        clusterId = builder.clusterId;
        registry = new TenantRegistry(clusterId);
        transactions = new Transactions(admin, null, STATEMENT_TIMEOUT, builder.failoverTimeout);
        failoverTimeout = builder.failoverTimeout;
        removals = new TenantRemoval(transactions, registry, builder.clock);
    }

    /**
     * Configures a provisioner.
     *
     * @param admin connections of the administrator to the database of the tenants, such as those of {@link PostgresConfig#migrations()};
     *     past a pooler, because the roles of sessions change in them; not closed
     * @param clusterId which cluster the namespaces belong to; part of every name, so that clusters can share a server
     * @return a builder
     * @throws ResultsException {@code INVALID} when the cluster id is malformed
     */
    public static Builder builder(DataSource admin, String clusterId) {
        TenantNames.runtime(clusterId);
        return new Builder(Objects.requireNonNull(admin, "admin"), clusterId);
    }

    /** The beginning of each transaction that changes anything: one at a time, for roles and rights are rows that all share. */
    static ServerFacts begin(Handle handle) {
        handle.createQuery("SELECT pg_advisory_xact_lock(hashtextextended('ch.sbb.esta.results.tenancy', 0))")
                .mapToMap()
                .one();
        return ServerFacts.read(handle);
    }

    /**
     * Makes what all tenants of the cluster share, as far as it is missing: the registry, the runtime login, the reader of all tenants.
     * {@link #provision} does it when it is called for the first time; a call of its own sets right what was changed since.
     *
     * @throws ResultsException {@code DENIED} with the SQL to run, {@code CONFLICT} when one of the roles is there and belongs to somebody else
     */
    public void prepare() {
        boolean ready = transactions.read(
                "looking at the registry of tenants",
                handle -> clusterSteps(handle).isEmpty());
        if (!ready) {
            transactions.deleting("preparing tenancy", this::prepare);
        }
        prepared = true;
    }

    /** One step stands for all where the registry itself is missing. */
    private List<RoleStep> clusterSteps(Handle handle) {
        if (!registry.isReady(handle)) {
            return List.of(new RoleStep("the registry of tenants is missing", null, "", ""));
        }
        return new ClusterPlan(ServerFacts.read(handle), clusterId).steps(handle);
    }

    private void prepare(Handle handle) {
        ServerFacts server = begin(handle);
        server.requireRights();
        ClusterPlan plan = new ClusterPlan(server, clusterId);
        if (!registry.isReady(handle)) {
            boolean isNew = !registry.isThere(handle) || !registry.hasCluster(handle);
            registry.migrate(handle);
            if (isNew) {
                requireFree(handle, server, plan.names());
                registry.insertCluster(handle);
            }
        }
        plan.steps(handle).forEach(step -> step.run(handle));
    }

    private static void requireFree(Handle handle, ServerFacts server, List<String> names) {
        RoleFacts.read(handle, server, names).roles().keySet().stream()
                .findFirst()
                .ifPresent(name -> {
                    throw new ResultsException(
                            Code.CONFLICT,
                            "role " + Identifiers.quote(name) + " is there, but is not in the registry of database "
                                    + Identifiers.quote(server.database())
                                    + "; if another database of this server uses the same cluster id, choose another one, else drop the role");
                });
    }

    private void requirePrepared() {
        if (!prepared) {
            prepare();
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws ResultsException {@code DENIED} with the SQL to run when the administrator lacks a right
     */
    @Override
    public Tenant provision(TenantRequest request) {
        request.schema().flatMap(Schema::findFault).ifPresent(fault -> {
            throw ResultsException.invalid(fault);
        });
        requirePrepared();
        String what = "provisioning tenant " + clusterId + "/" + request.namespace();
        RegisteredTenant tenant = transactions
                .read(what, handle -> findSettled(handle, request))
                .orElseGet(() -> transactions.writeIdempotent(what, handle -> settle(handle, request)));
        migrate(tenant);
        return tenant.tenant();
    }

    private Optional<RegisteredTenant> findSettled(Handle handle, TenantRequest request) {
        return registry.find(handle, request.namespace())
                .filter(tenant -> tenant.equals(tenant.wanted(request))
                        && request.schema().orElse(tenant.schema()).equals(tenant.schema())
                        && TenantPlan.read(handle, ServerFacts.read(handle), tenant)
                                .steps()
                                .isEmpty());
    }

    private RegisteredTenant settle(Handle handle, TenantRequest request) {
        ServerFacts server = begin(handle);
        server.requireRights();
        Optional<RegisteredTenant> found = registry.find(handle, request.namespace());
        RegisteredTenant tenant =
                found.map(known -> known.wanted(request)).orElseGet(() -> RegisteredTenant.of(clusterId, request));
        if (!request.schema().orElse(tenant.schema()).equals(tenant.schema())) {
            throw ResultsException.invalid("tenant " + tenant.subject() + " is in schema "
                    + Escaped.of(tenant.schema()) + ", which cannot be changed to "
                    + Escaped.of(request.schema().orElseThrow()));
        }
        if (found.isEmpty()) {
            requireNew(handle, server, tenant);
        }
        TenantPlan.read(handle, server, tenant).steps().forEach(step -> step.run(handle));
        if (!found.equals(Optional.of(tenant))) {
            registry.put(handle, tenant);
        }
        return tenant;
    }

    private void requireNew(Handle handle, ServerFacts server, RegisteredTenant tenant) {
        requireNoRival(handle, tenant);
        requireFree(handle, server, tenant.roles());
        if (SchemaFacts.owner(handle, tenant.schema()).isPresent()) {
            throw new ResultsException(
                    Code.CONFLICT,
                    "schema " + Identifiers.quote(tenant.schema())
                            + " is there, but is in no registry; adopt it, or choose another name");
        }
    }

    private void requireNoRival(Handle handle, RegisteredTenant tenant) {
        registry.findRival(handle, tenant).ifPresent(rival -> {
            throw new ResultsException(
                    Code.CONFLICT,
                    "schema " + Identifiers.quote(tenant.schema()) + " or a role of tenant " + tenant.subject()
                            + " belongs to tenant " + rival.subject() + " already; choose another name");
        });
    }

    private void migrate(RegisteredTenant tenant) {
        Migrations migrations = migrations(tenant);
        if (migrations.isNeeded()) {
            migrations.migrate();
        }
    }

    private Migrations migrations(RegisteredTenant tenant) {
        return Migrations.asRole(admin, tenant.schema(), tenant.owner(), failoverTimeout);
    }

    /**
     * Takes over a schema that was made by hand, with tables of Tekton Results or without, as the tenant of a namespace. The schema and
     * everything that its login owns are given to the owner; the login stays, with its password, as one of the tenant's two, and becomes the
     * owner in new sessions. Open sessions go on as before.
     *
     * <p>Repeating it changes nothing.
     *
     * @param request what the tenant shall be like; its schema is the one to adopt and must be named
     * @param login the user that owns the tables
     * @return the tenant
     * @throws ResultsException {@code INVALID} when the schema is not named or is not there, {@code CONFLICT} when schema or login are those of
     *     another tenant or the login owns something elsewhere, {@code DENIED} with the SQL to run when the administrator lacks a right
     */
    public Tenant adopt(TenantRequest request, String login) {
        Objects.requireNonNull(login, "login");
        String schema = request.schema()
                .orElseThrow(() -> ResultsException.invalid("a schema is adopted by its name; the request names none"));
        Schema.findFault(schema).ifPresent(fault -> {
            throw ResultsException.invalid(fault);
        });
        requirePrepared();
        String what = "adopting schema " + Identifiers.quote(schema);
        Optional<RegisteredTenant> settled = transactions
                .read(what, handle -> findSettled(handle, request))
                .filter(tenant -> tenant.logins().contains(login));
        RegisteredTenant tenant = settled.orElseGet(() -> transactions.writeIdempotent(what, handle -> {
            ServerFacts server = begin(handle);
            server.requireRights();
            return new TenantAdoption(handle, server, registry).adopt(clusterId, request, login);
        }));
        migrate(tenant);
        return tenant.tenant();
    }

    @Override
    public Optional<Tenant> find(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        return findRegistered(namespace).map(RegisteredTenant::tenant);
    }

    private Optional<RegisteredTenant> findRegistered(String namespace) {
        return transactions.read(
                "reading the registry of tenants",
                handle -> registry.isThere(handle) ? registry.find(handle, namespace) : Optional.empty());
    }

    @Override
    public List<Tenant> list() {
        return transactions.read(
                "reading the registry of tenants",
                handle -> registry.isThere(handle)
                        ? registry.list(handle).stream()
                                .map(RegisteredTenant::tenant)
                                .toList()
                        : List.of());
    }

    /**
     * {@inheritDoc}
     *
     * <p>What is missing of the SQL that only the owner of the database can run is told, too, as what leaves the tenant
     * {@link TenantFault.Effect#EXPOSED}.
     */
    @Override
    public List<TenantFault> verify(String namespace, Credentials credentials) {
        Objects.requireNonNull(credentials, "credentials");
        RegisteredTenant tenant =
                findRegistered(Objects.requireNonNull(namespace, "namespace")).orElseThrow(() -> missing(namespace));
        if (tenant.state() != State.ACTIVE) {
            return List.of(
                    broken("tenant " + tenant.subject() + " is " + tenant.state(), "provision it again to use it"));
        }
        List<TenantFault> faults = new ArrayList<>(
                transactions.read("verifying tenant " + tenant.subject(), handle -> faults(handle, tenant)));
        List<String> others = transactions.read(
                "reading the registry of tenants", handle -> TenantRegistry.otherSchemas(handle, tenant));
        faults.addAll(new TenantLogin(logins, tenant).faults(credentials, others));
        return List.copyOf(faults);
    }

    private List<TenantFault> faults(Handle handle, RegisteredTenant tenant) {
        ServerFacts server = ServerFacts.read(handle);
        List<TenantFault> faults = new ArrayList<>();
        server.missingRights().forEach(sql -> faults.add(broken("the administrator lacks a right", "run: " + sql)));
        clusterSteps(handle).forEach(step -> faults.add(broken(step.fault(), "call prepare()")));
        TenantPlan plan = TenantPlan.read(handle, server, tenant);
        plan.steps().forEach(step -> faults.add(broken(step.fault(), "provision the tenant again")));
        if (faults.isEmpty() && migrations(tenant).isNeeded(handle)) {
            faults.add(broken(
                    "the tables of schema " + Identifiers.quote(tenant.schema()) + " are not up to date",
                    "provision the tenant again"));
        }
        faults.addAll(plan.exposures());
        faults.addAll(exposures(server));
        return faults;
    }

    /**
     * Tells what everybody may do in the database that should not be, and that only its owner can take away.
     *
     * @return what is wrong, each with the SQL to run; empty when all is well
     */
    public List<TenantFault> verifyDatabase() {
        return transactions.read(
                "looking at the rights on the database", handle -> exposures(ServerFacts.read(handle)));
    }

    private static List<TenantFault> exposures(ServerFacts server) {
        return server.openToAll().stream()
                .map(sql -> new TenantFault(
                        Effect.EXPOSED,
                        "everybody has rights in database " + Identifiers.quote(server.database()),
                        "as the owner of the database run: " + sql))
                .toList();
    }

    private static TenantFault broken(String text, String remedy) {
        return new TenantFault(Effect.BROKEN, text, remedy);
    }

    @Override
    public Credentials rotate(String namespace, String inUse) {
        Objects.requireNonNull(inUse, "inUse");
        return issue(namespace, tenant -> {
            if (!tenant.logins().contains(inUse)) {
                throw ResultsException.invalid(Escaped.of(inUse) + " is no login of tenant " + tenant.subject());
            }
            return inUse.equals(tenant.blue()) ? tenant.green() : tenant.blue();
        });
    }

    @Override
    public Credentials resetPassword(String namespace) {
        return issue(namespace, RegisteredTenant::active);
    }

    private Credentials issue(String namespace, Function<RegisteredTenant, String> choice) {
        Objects.requireNonNull(namespace, "namespace");
        if (findRegistered(namespace).isEmpty()) {
            throw missing(namespace);
        }
        LoginPassword password = LoginPassword.random();
        String login =
                transactions.writeIdempotent("giving a password to tenant " + clusterId + "/" + namespace, handle -> {
                    ServerFacts server = begin(handle);
                    RegisteredTenant tenant = registry.find(handle, namespace).orElseThrow(() -> missing(namespace));
                    if (tenant.state() != State.ACTIVE) {
                        throw new ResultsException(
                                Code.CONFLICT,
                                "tenant " + tenant.subject() + " is " + tenant.state() + "; provision it again first");
                    }
                    String chosen = choice.apply(tenant);
                    TenantPlan.read(handle, server, tenant).steps().forEach(step -> step.run(handle));
                    password.set(handle, chosen);
                    registry.markIssued(handle, tenant.withActive(chosen));
                    return chosen;
                });
        LogFields.ofTenant(namespace)
                .run(() -> LOG.info("tenant {}/{}: login {} has a new password", clusterId, namespace, login));
        return password.of(login);
    }

    /**
     * Gives the runtime login a new password. It may become the owner of each tenant of the cluster, and the reader of all; it is for the
     * controller itself. The password before stops working for new connections.
     *
     * @return the credentials, the only time that they are told
     * @throws ResultsException {@code DENIED} with the SQL to run when the administrator lacks a right
     */
    public Credentials resetRuntimePassword() {
        requirePrepared();
        LoginPassword password = LoginPassword.random();
        String login = TenantNames.runtime(clusterId);
        transactions.deleting("giving a password to the runtime login", handle -> {
            ServerFacts server = begin(handle);
            new ClusterPlan(server, clusterId).steps(handle).forEach(step -> step.run(handle));
            password.set(handle, login);
        });
        return password.of(login);
    }

    private ResultsException missing(String namespace) {
        return ResultsException.notFound("tenant " + clusterId + "/" + namespace);
    }

    @Override
    public RemovalReport remove(String namespace, Removal removal) {
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(removal, "removal");
        if (findRegistered(namespace).isEmpty()) {
            return RemovalReport.ABSENT;
        }
        return removals.remove(namespace, removal);
    }

    /** Collects the settings. Not thread-safe. */
    public static final class Builder {

        private final DataSource admin;
        private final String clusterId;
        private DataSource logins;
        private InstantSource clock = InstantSource.system();
        private Duration failoverTimeout = Transactions.FAILOVER_TIMEOUT;

        private Builder(DataSource admin, String clusterId) {
            this.admin = admin;
            this.clusterId = clusterId;
            this.logins = admin;
        }

        /**
         * How {@link #verify} logs in as a tenant.
         *
         * @param logins opens connections for the user and password that it is given, as {@link PostgresConfig#connections()} and the driver's own
         *     data sources do, and pools do not; by default the administrator's
         * @return this
         */
        public Builder logins(DataSource logins) {
            this.logins = Objects.requireNonNull(logins, "logins");
            return this;
        }

        /**
         * By which clock grace periods are reckoned.
         *
         * @param clock the system's by default
         * @return this
         */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * How long a call goes on trying after its connection was lost.
         *
         * @param timeout zero, to fail at once, to 1 hour; 10 seconds by default
         * @return this
         * @throws ResultsException {@code INVALID} for any other duration
         */
        public Builder failoverTimeout(Duration timeout) {
            if (timeout.isNegative() || timeout.compareTo(Duration.ofHours(1)) > 0) {
                throw ResultsException.invalid("failoverTimeout " + timeout + " is not between zero and one hour");
            }
            this.failoverTimeout = timeout;
            return this;
        }

        /**
         * Creates the provisioner. Nothing is connected to.
         *
         * @return the provisioner
         */
        public JdbiTenantProvisioner build() {
            return new JdbiTenantProvisioner(this);
        }
    }
}
