package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.TenantNames;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The tables that say which tenant has which schema and roles. They belong to the administrator, the runtime login may read them, tenants
 * may not.
 */
final class TenantRegistry {

    /** The schema of the registry, in each database that has tenants. */
    static final String SCHEMA = "esta_tenancy";

    private static final String COLUMNS =
            "cluster_id, namespace, schema_name, owner_role, login_blue, login_green, active_login, reader_role, "
                    + "state, connection_limit, statement_timeout_ms, removed_time";

    /** A column that a registry of the version before does not have; who only reads does not wait for the administrator. */
    private static final String READ =
            "SELECT " + COLUMNS + ", CAST(to_jsonb(t) ->> 'deletion_time' AS timestamptz) AS deletion_time"
                    + " FROM esta_tenancy.tenants t ";

    /** The steps from one version of the tables to the next. One that was released is never edited. */
    private static final List<List<String>> VERSIONS = List.of(
            List.of("""
            CREATE TABLE IF NOT EXISTS esta_tenancy.clusters (
                cluster_id text COLLATE "C" PRIMARY KEY,
                connect_role text NOT NULL UNIQUE,
                runtime_role text NOT NULL UNIQUE,
                reader_role text NOT NULL UNIQUE,
                created_time timestamptz NOT NULL DEFAULT current_timestamp)
            """, """
            CREATE TABLE IF NOT EXISTS esta_tenancy.tenants (
                cluster_id text COLLATE "C" NOT NULL REFERENCES esta_tenancy.clusters (cluster_id),
                namespace text COLLATE "C" NOT NULL,
                schema_name text NOT NULL UNIQUE,
                owner_role text NOT NULL UNIQUE,
                login_blue text NOT NULL UNIQUE,
                login_green text NOT NULL UNIQUE,
                active_login text NOT NULL CHECK (active_login IN (login_blue, login_green)),
                reader_role text NOT NULL UNIQUE,
                state text NOT NULL CHECK (state IN ('ACTIVE', 'RETAINED', 'DELETING')),
                connection_limit integer,
                statement_timeout_ms bigint,
                created_time timestamptz NOT NULL DEFAULT current_timestamp,
                changed_time timestamptz NOT NULL DEFAULT current_timestamp,
                rotated_time timestamptz,
                removed_time timestamptz,
                PRIMARY KEY (cluster_id, namespace))
            """),
            List.of("ALTER TABLE esta_tenancy.tenants ADD COLUMN IF NOT EXISTS deletion_time timestamptz"));

    private final String clusterId;

    TenantRegistry(String clusterId) {
        this.clusterId = clusterId;
    }

    /** Whether the tables are there in the form that this class knows, or a later one, and hold the cluster. */
    boolean isReady(Handle handle) {
        return isThere(handle) && version(handle) >= VERSIONS.size() && hasCluster(handle);
    }

    /** Whether a table that is there holds the cluster. */
    boolean hasCluster(Handle handle) {
        return handle.createQuery("SELECT EXISTS (SELECT FROM esta_tenancy.clusters WHERE cluster_id = :cluster)")
                .bind("cluster", clusterId)
                .mapTo(Boolean.class)
                .one();
    }

    /** Whether the tables are there in some form. */
    boolean isThere(Handle handle) {
        return handle.createQuery("""
                        SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = 'esta_tenancy' AND c.relname = 'schema_version')
                        """).mapTo(Boolean.class).one();
    }

    private static int version(Handle handle) {
        return handle.createQuery("SELECT coalesce(max(version), 0) FROM esta_tenancy.schema_version")
                .mapTo(Integer.class)
                .one();
    }

    /** Makes the tables, or brings them up to date; under the lock of all changes. */
    void migrate(Handle handle) {
        if (!isThere(handle)) {
            handle.execute("CREATE SCHEMA IF NOT EXISTS esta_tenancy");
            handle.execute("""
                    CREATE TABLE IF NOT EXISTS esta_tenancy.schema_version (
                        version integer PRIMARY KEY,
                        applied_time timestamptz NOT NULL DEFAULT current_timestamp)
                    """);
        }
        for (int version = version(handle) + 1; version <= VERSIONS.size(); version++) {
            VERSIONS.get(version - 1).forEach(handle::execute);
            handle.execute("INSERT INTO esta_tenancy.schema_version (version) VALUES (?)", version);
        }
    }

    void insertCluster(Handle handle) {
        handle.createUpdate("""
                        INSERT INTO esta_tenancy.clusters (cluster_id, connect_role, runtime_role, reader_role)
                        VALUES (:cluster, :connect, :runtime, :reader) ON CONFLICT (cluster_id) DO NOTHING
                        """)
                .bind("cluster", clusterId)
                .bind("connect", TenantNames.connect(clusterId))
                .bind("runtime", TenantNames.runtime(clusterId))
                .bind("reader", TenantNames.readerOfAll(clusterId))
                .execute();
    }

    Optional<RegisteredTenant> find(Handle handle, String namespace) {
        return handle.createQuery(READ + "WHERE cluster_id = :cluster AND namespace = :namespace")
                .bind("cluster", clusterId)
                .bind("namespace", namespace)
                .map((row, context) -> tenant(row))
                .findOne();
    }

    List<RegisteredTenant> list(Handle handle) {
        return handle.createQuery(READ + "WHERE cluster_id = :cluster ORDER BY namespace")
                .bind("cluster", clusterId)
                .map((row, context) -> tenant(row))
                .list();
    }

    /** Who else has one of the names, if anybody. */
    Optional<RegisteredTenant> findRival(Handle handle, RegisteredTenant tenant) {
        return handle.createQuery(READ + """
                        WHERE (cluster_id <> :cluster OR namespace <> :namespace) AND (schema_name = :schema
                            OR ARRAY[owner_role, login_blue, login_green, reader_role] && CAST(:roles AS text[]))
                        LIMIT 1
                        """)
                .bind("cluster", tenant.clusterId())
                .bind("namespace", tenant.namespace())
                .bind("schema", tenant.schema())
                .bind("roles", SqlArray.texts(tenant.roles(), name -> name))
                .map((row, context) -> tenant(row))
                .findOne();
    }

    /** The schemas of all other tenants of the database, to prove that they are out of reach. */
    static List<String> otherSchemas(Handle handle, RegisteredTenant tenant) {
        return handle.createQuery("SELECT schema_name FROM esta_tenancy.tenants WHERE schema_name <> :schema")
                .bind("schema", tenant.schema())
                .mapTo(String.class)
                .list();
    }

    void put(Handle handle, RegisteredTenant tenant) {
        handle.createUpdate("INSERT INTO esta_tenancy.tenants (" + COLUMNS + """
                        , deletion_time) VALUES (:cluster, :namespace, :schema, :owner, :blue, :green, :active, :reader, :state,
                            :limit, :timeout, :removed, :deletion)
                        ON CONFLICT (cluster_id, namespace) DO UPDATE SET active_login = EXCLUDED.active_login,
                            state = EXCLUDED.state, connection_limit = EXCLUDED.connection_limit,
                            statement_timeout_ms = EXCLUDED.statement_timeout_ms, removed_time = EXCLUDED.removed_time,
                            deletion_time = EXCLUDED.deletion_time,
                            changed_time = current_timestamp
                        """)
                .bind("cluster", tenant.clusterId())
                .bind("namespace", tenant.namespace())
                .bind("schema", tenant.schema())
                .bind("owner", tenant.owner())
                .bind("blue", tenant.blue())
                .bind("green", tenant.green())
                .bind("active", tenant.active())
                .bind("reader", tenant.reader())
                .bind("state", tenant.state().name())
                .bind("limit", tenant.connectionLimit())
                .bind("timeout", tenant.statementTimeoutMillis())
                .bind("removed", utc(tenant.removedTime()))
                .bind("deletion", utc(tenant.deletionTime()))
                .execute();
    }

    /** That the active login has a new password. */
    void markIssued(Handle handle, RegisteredTenant tenant) {
        handle.execute(
                "UPDATE esta_tenancy.tenants SET active_login = ?, rotated_time = current_timestamp, changed_time = current_timestamp"
                        + " WHERE cluster_id = ? AND namespace = ?",
                tenant.active(),
                tenant.clusterId(),
                tenant.namespace());
    }

    void delete(Handle handle, RegisteredTenant tenant) {
        handle.execute(
                "DELETE FROM esta_tenancy.tenants WHERE cluster_id = ? AND namespace = ?",
                tenant.clusterId(),
                tenant.namespace());
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }

    private static RegisteredTenant tenant(ResultSet row) throws SQLException {
        return new RegisteredTenant(
                row.getString("cluster_id"),
                row.getString("namespace"),
                row.getString("schema_name"),
                row.getString("owner_role"),
                row.getString("login_blue"),
                row.getString("login_green"),
                row.getString("active_login"),
                row.getString("reader_role"),
                State.valueOf(row.getString("state")),
                row.getObject("connection_limit", Integer.class),
                row.getObject("statement_timeout_ms", Long.class),
                instant(row, "removed_time"),
                instant(row, "deletion_time"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        @Nullable OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
