package ch.sbb.esta.results.jdbi;

import org.junit.jupiter.api.AfterAll;

/** The contract behind a pooler in transaction mode: nothing may depend on the session. */
class TransactionPoolerIT extends StoreOnPostgres {

    private static final TransactionPooler POOLER =
            new TransactionPooler(Servers.postgres17().port());

    TransactionPoolerIT() {
        super(POOLER.database(Servers.postgres17().newDatabase()).with("prepareThreshold", "0"));
    }

    @AfterAll
    static void everyTransactionRanOnAnotherConnectionThanTheOneBefore() {
        POOLER.assertThatTransactionsMoved();
        POOLER.close();
    }
}
