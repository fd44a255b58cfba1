package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Tries what a tenant's clients do, and what they must not be able to do. Nothing of it stays. */
final class TenantLogin {

    private final DataSource logins;
    private final RegisteredTenant tenant;
    private final Schema schema;

    TenantLogin(DataSource logins, RegisteredTenant tenant) {
        this.logins = logins;
        this.tenant = tenant;
        this.schema = new Schema(tenant.schema());
    }

    List<TenantFault> faults(Credentials credentials, List<String> otherSchemas) {
        if (!tenant.logins().contains(credentials.user())) {
            return List.of(refused(credentials, " is none of tenant " + tenant.subject()));
        }
        String password = new String(credentials.password());
        Jdbi jdbi = Jdbi.create(() -> logins.getConnection(credentials.user(), password));
        try (Handle handle = jdbi.open()) {
            return faults(handle, otherSchemas);
        } catch (JdbiException e) {
            if (SqlErrors.isLoginRefused(e)) {
                return List.of(refused(credentials, " is refused by Postgres"));
            }
            if (e.getCause() instanceof SQLFeatureNotSupportedException) {
                throw ResultsException.invalid(
                        "the data source does not log in with a given user and password; name one that does by logins()");
            }
            throw SqlErrors.translate("verifying tenant " + tenant.subject(), e);
        }
    }

    private static TenantFault refused(Credentials credentials, String why) {
        return new TenantFault(
                Effect.BROKEN,
                "login " + Escaped.of(credentials.user()) + why,
                "reset the tenant's password and publish the new credentials");
    }

    private List<TenantFault> faults(Handle handle, List<String> otherSchemas) {
        List<TenantFault> faults = new ArrayList<>();
        String session = handle.createQuery("SELECT current_user || ' in ' || coalesce(current_schema(), 'no schema')")
                .mapTo(String.class)
                .one();
        if (!session.equals(tenant.owner() + " in " + tenant.schema())) {
            faults.add(broken("sessions begin as " + Escaped.of(session)));
        }
        if (!canWrite(handle)) {
            faults.add(broken("the login cannot write and read in schema " + schema.quoted()));
        }
        if (isReadable(handle, "SELECT 1 FROM esta_tenancy.tenants LIMIT 1")) {
            faults.add(new TenantFault(
                    Effect.EXPOSED,
                    "the tenant can read the registry of tenants",
                    "run: REVOKE ALL ON SCHEMA esta_tenancy FROM PUBLIC"));
        }
        reachable(handle, otherSchemas)
                .forEach(
                        other -> faults.add(
                                new TenantFault(
                                        Effect.EXPOSED,
                                        "the tenant can use schema " + Identifiers.quote(other) + " of another tenant",
                                        "look for rights on that schema and memberships in its roles that the provisioner has not granted")));
        return faults;
    }

    private static TenantFault broken(String text) {
        return new TenantFault(Effect.BROKEN, text, "provision the tenant again");
    }

    private boolean canWrite(Handle handle) {
        String id = UUID.randomUUID().toString();
        handle.begin();
        try {
            handle.execute(schema.sql("INSERT INTO {results} (parent, id, name) VALUES (?, ?, ?)"), "verify", id, id);
            handle.execute(
                    schema.sql(
                            "INSERT INTO {records} (parent, result_id, result_name, id, name) VALUES (?, ?, ?, ?, ?)"),
                    "verify",
                    id,
                    id,
                    id,
                    id);
            return handle.createQuery(
                            schema.sql("SELECT count(*) = 1 FROM {records} WHERE parent = 'verify' AND id = :id"))
                    .bind("id", id)
                    .mapTo(Boolean.class)
                    .one();
        } catch (JdbiException e) {
            if (SqlErrors.isDenied(e) || SqlErrors.isAboutMissingTables(e)) {
                return false;
            }
            throw e;
        } finally {
            handle.rollback();
        }
    }

    /** By what the server says of rights, and, where it says that there are none, by trying one. */
    private static List<String> reachable(Handle handle, List<String> schemas) {
        List<String> found = handle.createQuery("""
                        SELECT nspname FROM pg_catalog.pg_namespace
                        WHERE nspname = ANY(CAST(:schemas AS text[])) AND pg_catalog.has_schema_privilege(oid, 'USAGE')
                        ORDER BY nspname
                        """)
                .bind("schemas", SqlArray.texts(schemas, name -> name))
                .mapTo(String.class)
                .list();
        if (!found.isEmpty()) {
            return found;
        }
        return schemas.stream()
                .limit(1)
                .filter(schema -> isReadable(handle, new Schema(schema).sql("SELECT 1 FROM {results} LIMIT 1")))
                .toList();
    }

    private static boolean isReadable(Handle handle, String sql) {
        try {
            handle.createQuery(sql).mapTo(Integer.class).findOne();
            return true;
        } catch (JdbiException e) {
            if (SqlErrors.isDenied(e) || SqlErrors.isAboutMissingTables(e)) {
                return false;
            }
            throw e;
        }
    }
}
