package ch.sbb.esta.results.jdbi;

class Postgres17IT extends StoreOnPostgres {

    Postgres17IT() {
        super(Servers.postgres17().newDatabase());
    }
}
