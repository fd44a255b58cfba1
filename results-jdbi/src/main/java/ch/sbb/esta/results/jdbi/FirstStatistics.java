package ch.sbb.esta.results.jdbi;

import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Statistics for tables that are still empty.
 *
 * <p>Nearly every index begins with {@code parent}. As long as the planner knows nothing about the columns, it takes any value for rare,
 * and an index of which only the parent helps for as good as the primary key; a session then keeps such a plan, for foreign keys too,
 * while the table grows, and reads all rows of the parent for each one that is written. So Postgres is shown a few rows, and told that
 * one value of {@code parent} may have them all. Nobody else sees the rows, and the next {@code ANALYZE} starts afresh.
 */
final class FirstStatistics {

    private static final List<String> PARENTED = List.of("{results}", "{records}", "{esta_runs}");

    private static final String TABLES = String.join(", ", PARENTED);

    private static final String SHOWN = "(SELECT CAST(n AS text) AS value FROM generate_series(1, 3) n) r";

    private static final String SAVEPOINT = "esta_shown";

    private FirstStatistics() {}

    /** Does nothing where a table has rows; else nobody else uses the tables until the transaction ends. */
    static void take(Handle handle, Schema schema) {
        List<String> statements = List.of(
                "INSERT INTO {results} (parent, id, name) SELECT r.value, r.value, r.value FROM " + SHOWN,
                """
                INSERT INTO {records} (parent, result_id, result_name, id, name, type, data)
                SELECT r.value, r.value, r.value, r.value, r.value, '%s' || r.value, '{}' FROM %s
                """.formatted(RunColumns.TYPES, SHOWN),
                "ANALYZE " + TABLES,
                // Makes their size unknown again, so that they do not count as too small for any index; but not in the
                // subtransaction that made the tables.
                "SAVEPOINT " + SAVEPOINT,
                "TRUNCATE " + TABLES,
                "RELEASE SAVEPOINT " + SAVEPOINT);
        handle.execute(schema.sql("LOCK TABLE " + TABLES + " IN ACCESS EXCLUSIVE MODE"));
        if (isEmpty(handle, schema)) {
            alterParents(handle, schema, "SET (n_distinct = 1)");
            statements.forEach(statement -> handle.execute(schema.sql(statement)));
            alterParents(handle, schema, "RESET (n_distinct)");
        }
    }

    static boolean isEmpty(Handle handle, Schema schema) {
        return handle.createQuery(
                        schema.sql("SELECT NOT EXISTS (SELECT FROM {results}) AND NOT EXISTS (SELECT FROM {records})"))
                .mapTo(Boolean.class)
                .one();
    }

    private static void alterParents(Handle handle, Schema schema, String change) {
        PARENTED.forEach(
                table -> handle.execute(schema.sql("ALTER TABLE " + table + " ALTER COLUMN parent " + change)));
    }
}
