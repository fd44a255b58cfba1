package ch.sbb.esta.results.jdbi;

class JdbiResultsStoreIT extends StoreOnPostgres {

    JdbiResultsStoreIT() {
        super(Servers.current().newDatabase());
    }
}
