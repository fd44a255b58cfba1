package ch.sbb.esta.results.jdbi;

import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Puts the runs that were in {@code records} before the triggers into {@code esta_runs}, a batch in a transaction. Where it stands is
 * kept in the schema; what the triggers have written is passed over.
 */
final class RunsFilling {

    private final String finished;
    private final String position;
    private final String fill;
    private final String advance;
    private final String finish;

    RunsFilling(Schema schema) {
        finished = schema.sql("SELECT finished_time IS NOT NULL FROM {esta_filling} WHERE id = 1");
        position = schema.sql("SELECT parent, result_id, record_id FROM {esta_filling} WHERE id = 1 FOR UPDATE");
        // The locks keep an update from slipping in between reading and writing, where its trigger would be overtaken.
        fill = schema.sql("""
                WITH batch AS MATERIALIZED (
                    SELECT r.parent, r.result_id, r.id, r.type, r.data, r.created_time, r.esta_data_escaped
                    FROM {records} r
                    WHERE (r.parent, r.result_id, r.id) > (CAST(:parent AS varchar), CAST(:result_id AS varchar), CAST(:record_id AS varchar))
                    ORDER BY r.parent, r.result_id, r.id LIMIT :limit FOR NO KEY UPDATE),
                missing AS (
                    SELECT * FROM batch r WHERE %s AND NOT EXISTS (SELECT FROM {esta_runs} e
                        WHERE e.parent = r.parent AND e.result_id = r.result_id AND e.record_id = r.id)),
                filled AS (INSERT INTO {esta_runs} (%s) %s ON CONFLICT DO NOTHING)
                SELECT parent, result_id, id AS record_id FROM batch ORDER BY parent DESC, result_id DESC, id DESC LIMIT 1
                """.formatted(RunColumns.IS_RUN, RunColumns.ALL, RunColumns.select("missing")));
        advance = schema.sql("""
                UPDATE {esta_filling} SET parent = :parent, result_id = :result_id, record_id = :record_id WHERE id = 1
                """);
        finish = schema.sql("UPDATE {esta_filling} SET finished_time = current_timestamp WHERE id = 1");
    }

    /** Whether every run has its row, so that reading {@code esta_runs} alone misses none. It stays so once it is. */
    boolean isFinished(Handle handle) {
        return handle.createQuery(finished).mapTo(Boolean.class).one();
    }

    /** Fills so many rows; returns whether that was all. */
    boolean fillBatch(Handle handle, int rows) {
        Map<String, Object> from = handle.createQuery(position).mapToMap().one();
        return handle.createQuery(fill)
                .bindMap(from)
                .bind("limit", rows)
                .mapToMap()
                .findOne()
                .map(reached -> {
                    handle.createUpdate(advance).bindMap(reached).execute();
                    return false;
                })
                .orElseGet(() -> {
                    handle.execute(finish);
                    return true;
                });
    }
}
