package ch.sbb.esta.results.jdbi;

import org.junit.jupiter.api.Tag;

@Tag("long")
class Postgres17TenantsIT extends TenantsOnPostgres {

    Postgres17TenantsIT() {
        super(Servers.postgres17());
    }
}
