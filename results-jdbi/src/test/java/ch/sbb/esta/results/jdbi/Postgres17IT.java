package ch.sbb.esta.results.jdbi;

import org.junit.jupiter.api.Tag;

@Tag("long")
class Postgres17IT extends StoreOnPostgres {

    Postgres17IT() {
        super(Servers.postgres17().newDatabase());
    }
}
