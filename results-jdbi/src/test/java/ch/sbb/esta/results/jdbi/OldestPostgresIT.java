package ch.sbb.esta.results.jdbi;

class OldestPostgresIT extends StoreOnPostgres {

    OldestPostgresIT() {
        super(Servers.oldest().newDatabase());
    }
}
