package ch.sbb.esta.results.jdbi;

class Postgres15IT extends StoreOnPostgres {

    Postgres15IT() {
        super(Servers.postgres15().newDatabase());
    }
}
