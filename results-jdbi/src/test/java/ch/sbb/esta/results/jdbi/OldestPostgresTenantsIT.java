package ch.sbb.esta.results.jdbi;

class OldestPostgresTenantsIT extends TenantsOnPostgres {

    OldestPostgresTenantsIT() {
        super(Servers.oldest());
    }
}
