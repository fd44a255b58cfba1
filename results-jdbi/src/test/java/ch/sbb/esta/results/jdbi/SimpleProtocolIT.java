package ch.sbb.esta.results.jdbi;

/** No statement is prepared at all, as some poolers want it. */
class SimpleProtocolIT extends StoreOnPostgres {

    SimpleProtocolIT() {
        super(Servers.current().newDatabase().with("preferQueryMode", "simple"));
    }
}
