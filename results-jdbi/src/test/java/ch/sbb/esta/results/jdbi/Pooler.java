package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;

/** A pooler in transaction mode in front of a server of a test. */
interface Pooler extends AutoCloseable {

    /** PgBouncer where the environment names its program, else one of our own. */
    static Pooler open(int serverPort) {
        String program = System.getenv("PGBOUNCER");
        return program == null || program.isBlank()
                ? new TransactionPooler(serverPort)
                : PgBouncer.start(java.nio.file.Path.of(program), serverPort);
    }

    /** The port of 127.0.0.1 to connect to. */
    int port();

    /** Fails where the pooler did not do what it is there for. */
    void assertThatTransactionsMoved();

    @Override
    void close();

    /** The same database, through the pooler. */
    default PostgresDatabase database(PostgresDatabase direct) {
        String url = direct.jdbcUrl().replaceFirst("//localhost:[0-9]+", "//127.0.0.1:" + port());
        return new PostgresDatabase(url, direct.user(), direct.password());
    }
}
