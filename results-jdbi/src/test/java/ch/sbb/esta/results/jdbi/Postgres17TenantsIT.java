package ch.sbb.esta.results.jdbi;

class Postgres17TenantsIT extends TenantsOnPostgres {

    Postgres17TenantsIT() {
        super(Servers.postgres17());
    }
}
