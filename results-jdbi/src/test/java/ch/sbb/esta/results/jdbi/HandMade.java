package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;

/** A schema as an administrator makes it by hand for a server of Tekton Results: the schema is the administrator's, the tables are the login's. */
final class HandMade {

    private final String schema;
    private final PostgresDatabase login;

    HandMade(TenancyDatabase database, String name) {
        schema = "builds_" + name;
        login = new PostgresDatabase(database.admin().jdbcUrl(), "tekton_" + name, "by-hand");
        TenancyDatabase.execute(
                database.admin(),
                "CREATE ROLE " + login.user() + " LOGIN PASSWORD '" + login.password() + "'",
                "GRANT CONNECT ON DATABASE " + database.name() + " TO " + login.user(),
                "CREATE SCHEMA " + schema,
                "GRANT ALL ON SCHEMA " + schema + " TO " + login.user(),
                "ALTER ROLE " + login.user() + " SET search_path = " + schema);
        TenancyDatabase.execute(
                login,
                UpstreamRows.tables(schema),
                "INSERT INTO results (parent, id, name) VALUES ('ci', 'r', 'kept')");
    }

    String schema() {
        return schema;
    }

    PostgresDatabase login() {
        return login;
    }

    Credentials credentials() {
        return new Credentials(login.user(), login.password().toCharArray());
    }
}
