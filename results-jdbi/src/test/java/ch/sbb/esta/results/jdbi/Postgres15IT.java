package ch.sbb.esta.results.jdbi;

import org.junit.jupiter.api.Tag;

@Tag("long")
class Postgres15IT extends StoreOnPostgres {

    Postgres15IT() {
        super(Servers.postgres15().newDatabase());
    }
}
