package ch.sbb.esta.results.jdbi;

class Postgres16TenantsIT extends TenantsOnPostgres {

    Postgres16TenantsIT() {
        super(Servers.postgres16());
    }
}
