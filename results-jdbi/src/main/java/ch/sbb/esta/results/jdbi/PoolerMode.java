package ch.sbb.esta.results.jdbi;

/** What stands between this process and Postgres, and for how long it lends a connection of the server. */
public enum PoolerMode {
    /** Nothing, or a pooler that lends a connection for a whole session: statements are prepared on the server. */
    SESSION,
    /**
     * A pooler that lends a connection for one transaction and knows nothing of prepared statements. None are prepared then, for the next
     * transaction would not find them.
     */
    TRANSACTION,
    /** The same, but it carries prepared statements along, as PgBouncer does where {@code max_prepared_statements} is above zero. */
    TRANSACTION_WITH_PREPARED_STATEMENTS
}
