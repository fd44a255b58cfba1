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

    /** Names compare by bytes here, whatever the database sorts by. */
    private static final Migration RETENTION = new Migration(
            10,
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

    static final List<Migration> ALL = List.of(TABLES_OF_TEKTON_RESULTS, ADDITIONS, RETENTION);
}
