package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultName;

/** Tables and rows as the server of Tekton Results makes them. */
final class UpstreamRows {

    private UpstreamRows() {}

    static void createTables(Fixture fixture, String schema) {
        fixture.execute("CREATE SCHEMA " + schema + "; " + tables(schema));
    }

    static String tables(String schema) {
        return """
                CREATE TABLE %1$s.results (parent varchar(64), id varchar(64), name varchar(64), annotations jsonb,
                  created_time timestamptz DEFAULT current_timestamp, updated_time timestamptz DEFAULT current_timestamp,
                  recordsummary_record varchar(256), recordsummary_type varchar(768), recordsummary_start_time timestamptz,
                  recordsummary_end_time timestamptz, recordsummary_status integer, recordsummary_annotations jsonb,
                  etag varchar(128), PRIMARY KEY (parent, id));
                CREATE UNIQUE INDEX results_by_name ON %1$s.results (parent, name);
                CREATE TABLE %1$s.records (parent varchar(64), result_id varchar(64), result_name varchar(64), id varchar(64),
                  name varchar(64), type varchar(768), data jsonb, created_time timestamptz DEFAULT current_timestamp,
                  updated_time timestamptz DEFAULT current_timestamp, etag varchar(128), PRIMARY KEY (parent, result_id, id),
                  CONSTRAINT fk_records_result FOREIGN KEY (parent, result_id) REFERENCES %1$s.results (parent, id)
                    ON UPDATE CASCADE ON DELETE CASCADE);
                CREATE UNIQUE INDEX records_by_name ON %1$s.records (parent, result_name, name)""".formatted(schema);
    }

    /** A Result without annotations and summary; the name is one of ours, without quotes. */
    static void insertResult(Fixture fixture, String schema, ResultName name) {
        fixture.execute("""
                INSERT INTO "%1$s".results (parent, id, name, annotations, recordsummary_record, recordsummary_type,
                  recordsummary_status, recordsummary_annotations, etag)
                VALUES ('%2$s', 'id-%3$s', '%3$s', 'null', '', '', 0, 'null', 'id-%3$s-1')""".formatted(schema, name.parent(), name.result()));
    }

    /** A run of the namespace {@code ci} with the resource version and the status of its condition. */
    static void insertRun(Fixture fixture, String schema, String uid, String version, String succeeded) {
        fixture.execute("""
                INSERT INTO "%1$s".results (parent, id, name, annotations, recordsummary_record, recordsummary_type,
                  recordsummary_status, recordsummary_annotations, etag)
                VALUES ('ci', 'r-%2$s', '%2$s', 'null', '', '', 0, 'null', 'r-%2$s-1');
                INSERT INTO "%1$s".records (parent, result_id, result_name, id, name, type, data, etag)
                VALUES ('ci', 'r-%2$s', '%2$s', 'i-%2$s', '%2$s', 'tekton.dev/v1.PipelineRun',
                  '{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"namespace":"ci","name":"n","uid":"%2$s",
                    "resourceVersion":"%3$s"},"status":{"conditions":[{"type":"Other","status":"True"},
                    {"type":"Succeeded","status":"%4$s"}]}}', 'i-%2$s-8000000000000000000')""".formatted(schema, uid, version, succeeded));
    }
}
