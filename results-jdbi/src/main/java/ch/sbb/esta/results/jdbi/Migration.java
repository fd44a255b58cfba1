package ch.sbb.esta.results.jdbi;

import java.util.List;

/**
 * One step from a version of the schema to the next. A step that was released is never edited.
 *
 * @param version counts from 1
 * @param description what the step does
 * @param statements what it runs
 */
record Migration(int version, String description, List<String> statements) {

    private static final Migration TABLES_OF_TEKTON_RESULTS = new Migration(
            1,
            "tables of Tekton Results",
            List.of(
                    """
                    CREATE TABLE IF NOT EXISTS {results} (
                        parent varchar(64) NOT NULL,
                        id varchar(64) NOT NULL,
                        name varchar(64),
                        annotations jsonb,
                        created_time timestamptz DEFAULT current_timestamp,
                        updated_time timestamptz DEFAULT current_timestamp,
                        recordsummary_record varchar(256),
                        recordsummary_type varchar(768),
                        recordsummary_start_time timestamptz,
                        recordsummary_end_time timestamptz,
                        recordsummary_status integer,
                        recordsummary_annotations jsonb,
                        etag varchar(128),
                        CONSTRAINT results_pkey PRIMARY KEY (parent, id))
                    """,
                    "CREATE UNIQUE INDEX IF NOT EXISTS results_by_name ON {results} (parent, name)",
                    """
                    CREATE TABLE IF NOT EXISTS {records} (
                        parent varchar(64) NOT NULL,
                        result_id varchar(64) NOT NULL,
                        result_name varchar(64),
                        id varchar(64) NOT NULL,
                        name varchar(64),
                        type varchar(768),
                        data jsonb,
                        created_time timestamptz DEFAULT current_timestamp,
                        updated_time timestamptz DEFAULT current_timestamp,
                        etag varchar(128),
                        CONSTRAINT records_pkey PRIMARY KEY (parent, result_id, id),
                        CONSTRAINT fk_records_result FOREIGN KEY (parent, result_id) REFERENCES {results} (parent, id)
                            ON UPDATE CASCADE ON DELETE CASCADE)
                    """,
                    "CREATE UNIQUE INDEX IF NOT EXISTS records_by_name ON {records} (parent, result_name, name)"));

    private static final Migration ADDITIONS = new Migration(
            2,
            "marks of escaped text, and the quarantine",
            List.of("""
                    ALTER TABLE {results}
                        ADD COLUMN IF NOT EXISTS esta_annotations_escaped boolean,
                        ADD COLUMN IF NOT EXISTS esta_summary_escaped boolean
                    """, "ALTER TABLE {records} ADD COLUMN IF NOT EXISTS esta_data_escaped boolean", """
                    CREATE TABLE IF NOT EXISTS {esta_quarantine} (
                        id text PRIMARY KEY,
                        namespace text NOT NULL,
                        code text NOT NULL,
                        reason text NOT NULL,
                        data bytea NOT NULL,
                        first_time timestamptz NOT NULL,
                        last_time timestamptz NOT NULL,
                        count bigint NOT NULL)
                    """));

    private static final String STARTED = SortKey.latestIfAbsent("start_time");
    private static final String ENDED = SortKey.latestIfAbsent("end_time");

    private static final Migration RUNS = new Migration(
            3,
            "promoted columns of runs, kept by triggers",
            List.of(
                    """
                    CREATE TABLE {esta_runs} (
                        parent varchar(64) NOT NULL,
                        result_id varchar(64) NOT NULL,
                        record_id varchar(64) NOT NULL,
                        type text NOT NULL,
                        record_created_time timestamptz NOT NULL,
                        namespace text,
                        name text,
                        uid text,
                        created_time timestamptz,
                        start_time timestamptz,
                        end_time timestamptz,
                        state smallint NOT NULL,
                        reason text,
                        condition_status text,
                        pipeline text,
                        task text,
                        repository text,
                        trigger_event text,
                        CONSTRAINT esta_runs_pkey PRIMARY KEY (parent, result_id, record_id),
                        CONSTRAINT esta_runs_record FOREIGN KEY (parent, result_id, record_id)
                            REFERENCES {records} (parent, result_id, id) ON UPDATE CASCADE ON DELETE CASCADE)
                    """,
                    """
                    CREATE INDEX esta_runs_by_condition
                        ON {esta_runs} (parent, type, condition_status, record_created_time, record_id)
                    """,
                    "CREATE INDEX esta_runs_by_pipeline ON {esta_runs} (parent, type, pipeline, record_created_time, record_id)",
                    """
                    CREATE INDEX esta_runs_by_pipeline_condition
                        ON {esta_runs} (parent, type, pipeline, condition_status, record_created_time, record_id)
                    """,
                    // Names and events stand first, so that they are found in one parent and in all.
                    "CREATE INDEX esta_runs_by_name ON {esta_runs} (name, parent)",
                    "CREATE INDEX esta_runs_by_trigger ON {esta_runs} (trigger_event, parent) WHERE trigger_event IS NOT NULL",
                    "CREATE INDEX esta_runs_by_created_time ON {esta_runs} (parent, created_time)",
                    // Statistics over a span of time read nothing else.
                    """
                    CREATE INDEX esta_runs_for_statistics
                        ON {esta_runs} (parent, type, created_time) INCLUDE (state, start_time, end_time)
                    """,
                    "CREATE INDEX esta_runs_by_start_time ON {esta_runs} (parent, (" + STARTED + "), record_id)",
                    "CREATE INDEX esta_runs_by_end_time ON {esta_runs} (parent, (" + ENDED + "), record_id)",
                    "CREATE INDEX esta_runs_of_all_by_start_time ON {esta_runs} ((" + ofAll(STARTED) + "), record_id)",
                    "CREATE INDEX esta_runs_of_all_by_end_time ON {esta_runs} ((" + ofAll(ENDED) + "), record_id)",
                    "CREATE INDEX esta_runs_of_all_by_condition ON {esta_runs} (type, condition_status, ("
                            + ofAll("record_created_time") + "), record_id)",
                    // A pipeline that always fails is no product of two frequencies.
                    """
                    CREATE STATISTICS {esta_runs_correlated} (dependencies, mcv)
                        ON parent, type, pipeline, condition_status FROM {esta_runs}
                    """,
                    """
                    CREATE FUNCTION {esta_parse_time}(value text) RETURNS timestamptz
                        LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
                        SET standard_conforming_strings = on AS $$
                    BEGIN
                        IF value ~* '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{0,9})?)?(Z|[+-][0-9]{2}(:[0-5][0-9](:[0-5][0-9])?)?)$' THEN
                            RETURN CAST(regexp_replace(value, '([.][0-9]{6})[0-9]+', '\\1') AS timestamptz);
                        END IF;
                        RETURN NULL;
                    EXCEPTION WHEN data_exception THEN
                        RETURN NULL;
                    END $$
                    """,
                    """
                    CREATE FUNCTION {esta_time}(value text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                        RETURN CASE
                            WHEN value ~ '^[12][0-9]{3}-(0[1-9]|1[0-2])-([01][1-9]|10|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$'
                                THEN CAST(value AS timestamptz)
                            WHEN value IS NOT NULL THEN {esta_parse_time}(value) END
                    """,
                    """
                    CREATE FUNCTION {esta_text}(value jsonb, escaped boolean) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
                        RETURN CASE
                            WHEN jsonb_typeof(value) <> 'string' OR octet_length(value #>> '{}') > %d THEN NULL
                            WHEN escaped IS NOT TRUE THEN value #>> '{}'
                            WHEN value #>> '{}' ~ '\u241b(0000|d[89a-f][0-9a-f]{2})' THEN NULL
                            ELSE replace(value #>> '{}', '\u241b241b', '\u241b') END
                    """.formatted(RunColumns.LONGEST_TEXT),
                    """
                    CREATE FUNCTION {esta_keep_runs}() RETURNS trigger
                        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
                    BEGIN
                        IF TG_OP = 'UPDATE' THEN
                            DELETE FROM {esta_runs} e USING new_rows r
                            WHERE e.parent = r.parent AND e.result_id = r.result_id AND e.record_id = r.id AND NOT (%s);
                        END IF;
                        INSERT INTO {esta_runs} AS e (%s)
                        %s
                        WHERE %s
                        %s;
                        RETURN NULL;
                    END $$
                    """.formatted(
                                    RunColumns.IS_RUN,
                                    RunColumns.ALL,
                                    RunColumns.select("new_rows"),
                                    RunColumns.IS_RUN,
                                    RunColumns.onConflictUpdate()),
                    "REVOKE EXECUTE ON FUNCTION {esta_keep_runs}() FROM PUBLIC",
                    """
                    CREATE TRIGGER esta_keep_runs_insert AFTER INSERT ON {records}
                        REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {esta_keep_runs}()
                    """,
                    """
                    CREATE TRIGGER esta_keep_runs_update AFTER UPDATE ON {records}
                        REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {esta_keep_runs}()
                    """,
                    """
                    CREATE TABLE {esta_filling} (
                        id smallint PRIMARY KEY,
                        parent varchar(64) NOT NULL,
                        result_id varchar(64) NOT NULL,
                        record_id varchar(64) NOT NULL,
                        finished_time timestamptz)
                    """,
                    // After the triggers, whose lock keeps writers out until the end of the transaction.
                    """
                    INSERT INTO {esta_filling} (id, parent, result_id, record_id, finished_time)
                    SELECT 1, '', '', '', CASE WHEN NOT EXISTS (SELECT FROM {records}) THEN current_timestamp END
                    """));

    /** Whoever else writes data, or edits them by hand, does not know the digest of what is there then. */
    private static final Migration DIGESTS = new Migration(
            4,
            "digests of what was archived",
            List.of("ALTER TABLE {records} ADD COLUMN IF NOT EXISTS esta_data_digest bytea", """
                    CREATE FUNCTION {esta_forget_digest}() RETURNS trigger
                        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
                    BEGIN
                        NEW.esta_data_digest := NULL;
                        RETURN NEW;
                    END $$
                    """, """
                    CREATE TRIGGER esta_forget_digest BEFORE UPDATE OF data ON {records} FOR EACH ROW
                        WHEN (NEW.esta_data_digest IS NOT NULL AND NEW.esta_data_digest = OLD.esta_data_digest)
                        EXECUTE FUNCTION {esta_forget_digest}()
                    """));

    /** Names compare by bytes here, whatever the database sorts by. */
    private static final Migration RETENTION = new Migration(
            5,
            "marks and tombstones of retention",
            List.of(
                    """
                    CREATE TABLE IF NOT EXISTS {esta_expiries} (
                        parent text COLLATE "C" NOT NULL,
                        result_name text COLLATE "C" NOT NULL,
                        policy text NOT NULL,
                        marked_time timestamptz NOT NULL,
                        records text[] NOT NULL,
                        PRIMARY KEY (parent, result_name))
                    """,
                    """
                    CREATE TABLE IF NOT EXISTS {esta_tombstones} (
                        parent text COLLATE "C" NOT NULL,
                        uid text COLLATE "C" NOT NULL,
                        result_name text COLLATE "C" NOT NULL,
                        record_name text NOT NULL,
                        type text NOT NULL,
                        run_name text NOT NULL,
                        expired_time timestamptz NOT NULL,
                        PRIMARY KEY (parent, uid))
                    """,
                    "CREATE INDEX IF NOT EXISTS esta_tombstones_by_result ON {esta_tombstones} (parent, result_name)"));

    private static String ofAll(String time) {
        return SortKey.Reach.ALL_PARENTS.time(time);
    }

    static final List<Migration> ALL = List.of(TABLES_OF_TEKTON_RESULTS, ADDITIONS, RUNS, DIGESTS, RETENTION);
}
