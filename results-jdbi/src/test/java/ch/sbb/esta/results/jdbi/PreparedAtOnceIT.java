package ch.sbb.esta.results.jdbi;

/** Every statement is prepared on the server at its first use and its results come in binary form. */
class PreparedAtOnceIT extends StoreOnPostgres {

    PreparedAtOnceIT() {
        super(Servers.current().newDatabase().with("prepareThreshold", "-1"));
    }
}
