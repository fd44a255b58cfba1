package ch.sbb.esta.results.jdbi;

/**
 * How a row of {@code esta_runs} comes out of a row of {@code records}; the triggers and the filling of old rows say it with the same
 * words.
 *
 * <p>No user's JSON may make a write fail, so whatever is not as Tekton writes it becomes null: text that is no string, is longer than
 * {@value #LONGEST_TEXT} bytes, which no index takes, or holds a character that Postgres cannot keep; times that are no RFC 3339.
 */
final class RunColumns {

    static final int LONGEST_TEXT = 512;

    /** How types of Tekton's own objects begin; logs and events of Tekton Results are of another group. */
    static final String TYPES = "tekton.dev/";

    /** The longest type, in bytes, that fits into an index. */
    static final int LONGEST_TYPE = 128;

    static final String IS_RUN = isRun("r.type");

    private static final String KEY = "parent, result_id, record_id";

    private static final String VALUES =
            "type, record_created_time, namespace, name, uid, created_time, start_time, end_time, state, "
                    + "reason, condition_status, pipeline, task, repository, trigger_event";

    static final String ALL = KEY + ", " + VALUES;

    /** {@code json} is detached from the row first: each look into a stored column would decompress it again. */
    private static final String FROM = """
            CROSS JOIN LATERAL (SELECT r.data || '{}' AS json OFFSET 0) o
            CROSS JOIN LATERAL (SELECT o.json -> 'metadata' AS metadata, o.json -> 'status' AS status,
                o.json #> '{spec,pipelineRef,name}' AS pipeline_ref, o.json #> '{spec,taskRef,name}' AS task_ref OFFSET 0) p
            CROSS JOIN LATERAL (SELECT p.metadata -> 'labels' AS labels, p.metadata -> 'annotations' AS annotations,
                CASE WHEN p.status #>> '{conditions,0,type}' = 'Succeeded' THEN p.status #> '{conditions,0}'
                    WHEN jsonb_typeof(p.status -> 'conditions') = 'array' THEN jsonb_path_query_first(p.status -> 'conditions',
                        'strict $[*] ? (@.type == "Succeeded")', '{}', true) END AS succeeded OFFSET 0) q
            """;

    /** The states are those of {@code SummaryStatus}. */
    private static final String STATE = """
            CASE WHEN coalesce(q.succeeded ->> 'status', '') NOT IN ('True', 'False') THEN 0
                WHEN q.succeeded ->> 'reason' IN ('TaskRunTimeout', 'PipelineRunTimeout', 'CustomRunTimedOut') THEN 3
                WHEN q.succeeded ->> 'reason' IN ('TaskRunCancelled', 'Cancelled', 'CustomRunCancelled', 'PipelineRunCancelled') THEN 4
                WHEN q.succeeded ->> 'status' = 'True' THEN 1 ELSE 2 END""";

    /** The path alone would take a key 0 of an object for an element. */
    private static final String FIRST_STATUS =
            "CASE WHEN jsonb_typeof(p.status -> 'conditions') = 'array' THEN p.status #> '{conditions,0,status}' END";

    private RunColumns() {}

    static String isRun(String type) {
        return "coalesce(" + type + " LIKE '" + TYPES + "%' AND octet_length(" + type + ") <= " + LONGEST_TYPE
                + ", false)";
    }

    /** Selects the columns {@link #ALL} from rows {@code r} of a relation shaped like {@code records}, whatever their type. */
    static String select(String relation) {
        return "SELECT r.parent, r.result_id, r.id, r.type, coalesce(r.created_time, 'epoch'), "
                + text("p.metadata -> 'namespace'") + ", "
                + text("p.metadata -> 'name'") + ", " + text("p.metadata -> 'uid'") + ", "
                + time("p.metadata ->> 'creationTimestamp'") + ", " + time("p.status ->> 'startTime'") + ", "
                + time("p.status ->> 'completionTime'") + ", " + STATE + ", " + text("q.succeeded -> 'reason'")
                + ", " + text(FIRST_STATUS) + ", coalesce("
                + text("q.labels -> 'tekton.dev/pipeline'") + ", " + text("p.pipeline_ref")
                + "), coalesce(" + text("q.labels -> 'tekton.dev/task'") + ", " + text("p.task_ref") + "), "
                + text("q.annotations -> 'pipelinesascode.tekton.dev/repository'") + ", "
                + text("q.labels -> 'triggers.tekton.dev/triggers-eventid'") + "\nFROM " + relation + " r\n" + FROM;
    }

    /** Ends an insert into {@code esta_runs AS e}: a row that would stay as it is is not written. */
    static String onConflictUpdate() {
        return "ON CONFLICT (" + KEY + ") DO UPDATE SET (" + VALUES + ") = ROW (" + prefixed("EXCLUDED") + ")\n"
                + "WHERE ROW (" + prefixed("e") + ") IS DISTINCT FROM ROW (" + prefixed("EXCLUDED") + ")";
    }

    private static String prefixed(String alias) {
        return alias + "." + VALUES.replace(", ", ", " + alias + ".");
    }

    private static String text(String json) {
        return "{esta_text}(" + json + ", r.esta_data_escaped)";
    }

    private static String time(String text) {
        return "{esta_time}(" + text + ")";
    }
}
