package ch.sbb.esta.results.jdbi;

class Postgres15TenantsIT extends TenantsOnPostgres {

    Postgres15TenantsIT() {
        super(Servers.postgres15());
    }
}
