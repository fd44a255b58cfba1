package ch.sbb.esta.results.jdbi;

class Postgres16IT extends StoreOnPostgres {

    Postgres16IT() {
        super(Servers.postgres16().newDatabase());
    }
}
