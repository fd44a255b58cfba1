package ch.sbb.esta.results.jdbi;

/** A schema that was taken over and whose promoted columns are not filled yet. */
class NeglectedRunsIT extends StoreOnPostgres {

    NeglectedRunsIT() {
        super(Servers.current().newDatabase(), RunSource.JSON);
    }
}
