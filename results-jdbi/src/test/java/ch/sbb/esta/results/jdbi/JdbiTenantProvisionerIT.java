package ch.sbb.esta.results.jdbi;

class JdbiTenantProvisionerIT extends TenantsOnPostgres {

    JdbiTenantProvisionerIT() {
        super(Servers.current());
    }
}
