package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.jdbi.SortKey.Reach;
import java.util.List;

/**
 * An index of ours on a table of Tekton Results. Those tables may be full and in use, so it is built beside the migrations.
 *
 * @param name its name in the schema
 * @param definition what follows {@code ON}
 */
record TableIndex(String name, String definition) {

    private static final String CREATED = SortKey.oldestIfAbsent("created_time");
    private static final String UPDATED = SortKey.oldestIfAbsent("updated_time");
    private static final String STARTED = SortKey.latestIfAbsent("recordsummary_start_time");
    private static final String ENDED = SortKey.latestIfAbsent("recordsummary_end_time");

    private static final String ID_OF_ALL = Reach.ALL_PARENTS.id("id");

    private static final String NO_RUN = " WHERE NOT " + RunColumns.isRun("type");

    /** An inverted index takes a plain text by an extension only, and an array of one without. */
    private static final String PARENT = "(ARRAY[parent])";

    /** The list of entries that wait to be sorted in is read by every search, so it is kept short. */
    private static final String SHORT_PENDING_LIST = " WITH (gin_pending_list_limit = 64)";

    static final List<TableIndex> ALL = List.of(
            new TableIndex("esta_records_by_id", "{records} (parent, id)"),
            new TableIndex("esta_records_by_created_time", "{records} (parent, (" + CREATED + "), id)"),
            new TableIndex("esta_records_by_updated_time", "{records} (parent, (" + UPDATED + "), id)"),
            new TableIndex("esta_records_by_type", "{records} (parent, type, (" + CREATED + "), id)"),
            new TableIndex("esta_records_of_no_run", "{records} (parent, id)" + NO_RUN),
            new TableIndex(
                    "esta_records_labels",
                    "{records} USING gin ((data -> 'metadata' -> 'labels') jsonb_path_ops, " + PARENT + ")"
                            + SHORT_PENDING_LIST),
            new TableIndex("esta_records_of_all_by_id", "{records} (" + ID_OF_ALL + ")"),
            new TableIndex("esta_records_of_all_by_created_time", "{records} (" + ofAll(CREATED) + ", id)"),
            new TableIndex("esta_records_of_all_by_updated_time", "{records} (" + ofAll(UPDATED) + ", id)"),
            new TableIndex("esta_records_of_all_by_type", "{records} (type, " + ofAll(CREATED) + ", id)"),
            new TableIndex("esta_records_of_all_of_no_run", "{records} (" + ID_OF_ALL + ")" + NO_RUN),
            new TableIndex("esta_results_by_created_time", "{results} (parent, (" + CREATED + "), id)"),
            new TableIndex("esta_results_by_updated_time", "{results} (parent, (" + UPDATED + "), id)"),
            new TableIndex("esta_results_by_start_time", "{results} (parent, (" + STARTED + "), id)"),
            new TableIndex("esta_results_by_end_time", "{results} (parent, (" + ENDED + "), id)"),
            new TableIndex("esta_results_by_state", "{results} (parent, recordsummary_status, (" + CREATED + "), id)"),
            new TableIndex(
                    "esta_results_annotations",
                    "{results} USING gin (annotations jsonb_path_ops, " + PARENT + ")" + SHORT_PENDING_LIST),
            new TableIndex("esta_results_of_all_by_id", "{results} (" + ID_OF_ALL + ")"),
            new TableIndex("esta_results_of_all_by_created_time", "{results} (" + ofAll(CREATED) + ", id)"),
            new TableIndex("esta_results_of_all_by_updated_time", "{results} (" + ofAll(UPDATED) + ", id)"),
            new TableIndex("esta_results_of_all_by_start_time", "{results} (" + ofAll(STARTED) + ", id)"),
            new TableIndex("esta_results_of_all_by_end_time", "{results} (" + ofAll(ENDED) + ", id)"),
            new TableIndex(
                    "esta_results_of_all_by_state", "{results} (recordsummary_status, " + ofAll(CREATED) + ", id)"));

    private static String ofAll(String time) {
        return "(" + Reach.ALL_PARENTS.time(time) + ")";
    }

    /** For a table that nobody can have put a row into yet. */
    String create() {
        return "CREATE INDEX IF NOT EXISTS " + name + " ON " + definition;
    }

    /** For a table in use; outside of a transaction. */
    String createConcurrently() {
        return "CREATE INDEX CONCURRENTLY " + name + " ON " + definition;
    }

    /** What a failed {@link #createConcurrently} leaves behind. */
    String dropConcurrently() {
        return "DROP INDEX CONCURRENTLY IF EXISTS {schema}." + name;
    }
}
