package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the tables of one schema, or brings them up to date: those of Tekton Results, in which its own server can run, and what this
 * library adds to them. A schema that Tekton Results has made is taken over as it is; where it held rows already, {@link Adoption} does
 * the part that takes long.
 *
 * <p>Whoever owns the schema may run it; no superuser is needed. Running it again changes nothing, and two processes may run it at
 * once: one of them waits.
 *
 * <p>Thread-safe.
 */
public final class Migrations {

    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
    private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(10);

    private final Transactions transactions;
    private final Schema schema;
    private final @Nullable String role;

    /**
     * Prepares the migrations of a schema.
     *
     * @param dataSource connections of the schema's owner, or of a role that may create the schema; not closed
     * @param schema the schema; created when it is missing
     * @throws ResultsException {@code INVALID} when the schema has a name that is not usable
     */
    public Migrations(DataSource dataSource, String schema) {
        this(
                new Schema(Objects.requireNonNull(schema, "schema")),
                new Transactions(Objects.requireNonNull(dataSource, "dataSource"), STATEMENT_TIMEOUT),
                null);
    }

    private Migrations(Schema schema, Transactions transactions, @Nullable String role) {
        this.schema = schema;
        this.transactions = transactions;
        this.role = role;
    }

    /** Migrations for which the connections' user becomes another role, to which the tables belong then. */
    static Migrations asRole(DataSource dataSource, String schema, String role, Duration failoverTimeout) {
        return new Migrations(
                new Schema(schema), new Transactions(dataSource, null, STATEMENT_TIMEOUT, failoverTimeout), role);
    }

    /**
     * Applies what is missing, in one transaction. Tables that are in use are waited for in short attempts, so that nobody who uses
     * them waits for long behind us; an interrupt ends that with {@code TIMEOUT} and stays set.
     *
     * @return how many versions were applied; 0 when the schema was up to date, or is of a newer version of this library
     * @throws ResultsException {@code DENIED} when the role may not, {@code INVALID} when the database is not in UTF-8,
     *     {@code UNAVAILABLE} when it cannot be reached, {@code TIMEOUT} when the tables were in use for five minutes without a break;
     *     nothing has changed then
     */
    public int migrate() {
        return BusyTables.patiently(
                schema, () -> transactions.write("migrating schema " + schema.quoted(), this::migrate));
    }

    /** Whether anything is missing; reads only. */
    boolean isNeeded() {
        return transactions.read("looking at the version of schema " + schema.quoted(), this::isNeeded);
    }

    boolean isNeeded(Handle handle) {
        becomeRole(handle);
        boolean never = handle.createQuery("""
                        SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = :schema AND c.relname = 'esta_schema_version')
                        """)
                .bind("schema", schema.name())
                .mapTo(Boolean.class)
                .one();
        boolean needed = never || version(handle) < Migration.ALL.size();
        if (role != null) {
            handle.execute("RESET ROLE");
        }
        return needed;
    }

    private int version(Handle handle) {
        return handle.createQuery(schema.sql("SELECT coalesce(max(version), 0) FROM {esta_schema_version}"))
                .mapTo(Integer.class)
                .one();
    }

    private void becomeRole(Handle handle) {
        if (role != null) {
            handle.execute("SET LOCAL ROLE " + Identifiers.quote(role));
        }
    }

    private int migrate(Handle handle) {
        becomeRole(handle);
        handle.createQuery("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
                .bind("key", "ch.sbb.esta.results.migrations " + schema.name())
                .mapToMap()
                .one();
        handle.execute(BusyTables.SETTINGS);
        requireUtf8(handle);
        createSchema(handle);
        handle.execute(schema.sql("""
                CREATE TABLE IF NOT EXISTS {esta_schema_version} (
                    version integer PRIMARY KEY,
                    description text NOT NULL,
                    applied_time timestamptz NOT NULL DEFAULT current_timestamp)
                """));
        int current = version(handle);
        List<Migration> missing = Migration.ALL.stream()
                .filter(migration -> migration.version() > current)
                .toList();
        missing.forEach(migration -> apply(handle, migration));
        if (!missing.isEmpty() && FirstStatistics.isEmpty(handle, schema)) {
            FirstStatistics.take(handle, schema);
            TableIndex.ALL.forEach(index -> handle.execute(schema.sql(index.create())));
        }
        return missing.size();
    }

    private void apply(Handle handle, Migration migration) {
        migration.statements().forEach(statement -> handle.execute(schema.sql(statement)));
        handle.createUpdate(schema.sql(
                        "INSERT INTO {esta_schema_version} (version, description) VALUES (:version, :description)"))
                .bind("version", migration.version())
                .bind("description", migration.description())
                .execute();
        LOG.info("schema {}: version {}, {}", schema.name(), migration.version(), migration.description());
    }

    private static void requireUtf8(Handle handle) {
        String encoding = handle.createQuery("SELECT current_setting('server_encoding')")
                .mapTo(String.class)
                .one();
        if (!encoding.equals("UTF8")) {
            throw ResultsException.invalid("the database is encoded in " + encoding
                    + ", in which runs cannot be kept; create one with ENCODING 'UTF8'");
        }
    }

    /** Not by IF NOT EXISTS alone: that asks for the right to create schemas even where the schema is there. */
    private void createSchema(Handle handle) {
        boolean exists = handle.createQuery("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = :name)")
                .bind("name", schema.name())
                .mapTo(Boolean.class)
                .one();
        if (!exists) {
            handle.execute(schema.sql("CREATE SCHEMA IF NOT EXISTS {schema}"));
        }
    }
}
