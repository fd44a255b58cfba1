package ch.sbb.esta.results.jdbi;

import org.junit.jupiter.api.Tag;

@Tag("long")
class Postgres15TenantsIT extends TenantsOnPostgres {

    Postgres15TenantsIT() {
        super(Servers.postgres15());
    }
}
