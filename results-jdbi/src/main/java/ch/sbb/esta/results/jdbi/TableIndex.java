package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.PageToken;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * An index of ours on a table of Tekton Results. Those tables may be full and in use, so it is built beside the migrations.
 *
 * @param name its name in the schema
 * @param definition what follows {@code ON}
 */
record TableIndex(String name, String definition) {

    /** Of what has no end, or no start yet; the same words as in the order of {@link Listing}, or the index is of no use there. */
    private static final String LATEST = "timestamptz '"
            + DateTimeFormatter.ofPattern("uuuuuu-MM-dd HH:mm:ss.SSSSSS")
                    .withZone(ZoneOffset.UTC)
                    .format(PageToken.LATEST)
            + "+00'";

    private static final String CREATED = "coalesce(created_time, timestamptz 'epoch')";
    private static final String UPDATED = "coalesce(updated_time, timestamptz 'epoch')";

    /**
     * How lists over all parents name what they are sorted by. The words differ from those of lists of one parent, or the planner takes
     * an index over all parents for these too, because it looks cheap, and wades through the rows of the others.
     */
    static final String CREATED_OF_ALL = "greatest(coalesce(created_time, timestamptz 'epoch'))";

    static final String UPDATED_OF_ALL = "greatest(coalesce(updated_time, timestamptz 'epoch'))";
    static final String ID_OF_ALL = "id || ''";

    /** The list of entries that wait to be sorted in is read by every search, so it is kept short. */
    private static final String SHORT_PENDING_LIST = " WITH (gin_pending_list_limit = 64)";

    static final List<TableIndex> ALL = List.of(
            new TableIndex("esta_records_by_id", "{records} (parent, id)"),
            new TableIndex("esta_records_by_created_time", "{records} (parent, (" + CREATED + "), id)"),
            new TableIndex("esta_records_by_updated_time", "{records} (parent, (" + UPDATED + "), id)"),
            new TableIndex("esta_records_by_type", "{records} (parent, type, (" + CREATED + "), id)"),
            new TableIndex(
                    "esta_records_labels",
                    "{records} USING gin ((data -> 'metadata' -> 'labels') jsonb_path_ops)" + SHORT_PENDING_LIST),
            new TableIndex("esta_records_of_all_by_id", "{records} ((" + ID_OF_ALL + "))"),
            new TableIndex("esta_records_of_all_by_created_time", "{records} ((" + CREATED_OF_ALL + "), id)"),
            new TableIndex("esta_records_of_all_by_updated_time", "{records} ((" + UPDATED_OF_ALL + "), id)"),
            new TableIndex("esta_results_by_created_time", "{results} (parent, (" + CREATED + "), id)"),
            new TableIndex("esta_results_by_updated_time", "{results} (parent, (" + UPDATED + "), id)"),
            new TableIndex(
                    "esta_results_by_start_time",
                    "{results} (parent, (" + latestIfAbsent("recordsummary_start_time") + "), id)"),
            new TableIndex(
                    "esta_results_by_end_time",
                    "{results} (parent, (" + latestIfAbsent("recordsummary_end_time") + "), id)"),
            new TableIndex("esta_results_by_state", "{results} (parent, recordsummary_status, (" + CREATED + "), id)"),
            new TableIndex(
                    "esta_results_annotations",
                    "{results} USING gin (annotations jsonb_path_ops)" + SHORT_PENDING_LIST),
            new TableIndex("esta_results_of_all_by_id", "{results} ((" + ID_OF_ALL + "))"),
            new TableIndex("esta_results_of_all_by_created_time", "{results} ((" + CREATED_OF_ALL + "), id)"),
            new TableIndex("esta_results_of_all_by_updated_time", "{results} ((" + UPDATED_OF_ALL + "), id)"));

    private static String latestIfAbsent(String column) {
        return "least(coalesce(" + column + ", " + LATEST + "), " + LATEST + ")";
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
