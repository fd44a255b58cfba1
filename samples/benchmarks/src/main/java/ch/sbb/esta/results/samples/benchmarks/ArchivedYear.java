package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;

/**
 * Fills the tables of a schema with the runs of a year: PipelineRuns with four TaskRuns each, over twenty namespaces of which the first
 * has more than a third, with ten pipelines each. The bodies are those of {@link Runs}; the server makes the rows out of them, so that
 * a million takes minutes.
 */
final class ArchivedYear {

    /** The namespace with the most runs. */
    static final String BUSIEST = "team-0";

    static final Instant BEGIN = Instant.parse("2025-11-01T00:00:00Z");

    private static final int TEMPLATES = 200;
    private static final int RECORDS_PER_RESULT = 5;
    private static final int RESULTS_PER_STATEMENT = 2_000;

    /** What chance decides of a run is derived from its number, so that each fill is the same. */
    private static final String RUNS = """
            SELECT i, j, md5('result ' || i)::uuid AS result_id, md5('record ' || i || ' ' || j)::uuid AS record_id,
                'team-' || floor(20 * power(abs(hashtextextended('namespace ' || i, 0) %% 100000) / 100000.0, 3)) AS namespace,
                'pipeline-' || abs(hashtextextended('pipeline ' || i, 0) %% 10) AS pipeline,
                timestamptz '%s' + make_interval(secs => abs(hashtextextended('time ' || i, 0) %% (365 * 86400)) + j) AS created,
                abs(hashtextextended('outcome ' || i || ' ' || j, 0) %% 100) AS outcome,
                abs(hashtextextended('duration ' || i || ' ' || j, 0) %% 3600) AS seconds,
                CASE WHEN j = 0 THEN 'PipelineRun' ELSE 'TaskRun' END AS kind
            FROM generate_series(?, ?) i CROSS JOIN generate_series(0, %d) j""".formatted(BEGIN, RECORDS_PER_RESULT - 1);

    private static final String RESULTS = """
            INSERT INTO SCHEMA.results (parent, id, name, annotations, created_time, updated_time, recordsummary_record,
                recordsummary_type, recordsummary_start_time, recordsummary_end_time, recordsummary_status,
                recordsummary_annotations, etag)
            SELECT namespace, result_id, result_id, jsonb_build_object('object.metadata.name', 'run-' || record_id,
                    'tekton.dev/pipeline', pipeline), created, created,
                namespace || '/results/' || result_id || '/records/' || record_id, 'tekton.dev/v1.PipelineRun',
                created + interval '2 s', created + make_interval(secs => 2 + seconds),
                CASE WHEN outcome < 85 THEN 1 WHEN outcome < 95 THEN 2 WHEN outcome < 97 THEN 3 WHEN outcome < 99 THEN 4 ELSE 0 END,
                'null', result_id || '-1'
            FROM (RUNS) r WHERE j = 0
            """;

    private static final String RECORDS = """
            INSERT INTO SCHEMA.records (parent, result_id, result_name, id, name, type, data, created_time, updated_time, etag)
            SELECT r.namespace, r.result_id, r.result_id, r.record_id, r.record_id, 'tekton.dev/v1.' || r.kind,
                t.data || jsonb_build_object(
                    'metadata', t.data -> 'metadata' || jsonb_build_object('namespace', r.namespace, 'uid', r.record_id,
                        'name', 'run-' || r.record_id, 'creationTimestamp', to_char(r.created AT TIME ZONE 'UTC', F.TIME),
                        'labels', coalesce(t.data #> '{metadata,labels}', '{}')
                            || jsonb_build_object('tekton.dev/pipeline', r.pipeline)),
                    'status', (t.data -> 'status') - 'completionTime' || jsonb_build_object(
                        'startTime', to_char((r.created + interval '2 s') AT TIME ZONE 'UTC', F.TIME),
                        'conditions', jsonb_build_array(jsonb_build_object('type', 'Succeeded', 'lastTransitionTime', r.created,
                            'message', 'Tasks Completed: 4 (Failed: 0, Cancelled 0), Skipped: 0',
                            'status', CASE WHEN r.outcome < 85 THEN 'True' WHEN r.outcome < 99 THEN 'False' ELSE 'Unknown' END,
                            'reason', CASE WHEN r.outcome < 85 THEN 'Succeeded' WHEN r.outcome < 95 THEN 'Failed'
                                WHEN r.outcome < 97 THEN r.kind || 'Timeout' WHEN r.outcome < 99 THEN 'Cancelled'
                                ELSE 'Running' END)))
                    || CASE WHEN r.outcome < 99 THEN jsonb_build_object('completionTime',
                        to_char((r.created + make_interval(secs => 2 + r.seconds)) AT TIME ZONE 'UTC', F.TIME)) ELSE '{}' END),
                r.created, r.created, r.record_id || '-1'
            FROM (RUNS) r
            CROSS JOIN (VALUES ('YYYY-MM-DD"T"HH24:MI:SS"Z"')) f (time)
            JOIN templates t ON t.kind = r.kind AND t.number = (r.i * 7 + r.j) % t.count
            """;

    private ArchivedYear() {}

    /** Fills so many records into tables that are empty; their statistics are up to date afterwards. */
    static void fill(PostgresDatabase database, String schema, int records, PrintStream out)
            throws SQLException, IOException {
        try (Connection connection = database.dataSource().getConnection()) {
            templates(connection);
            int results = records / RECORDS_PER_RESULT;
            int told = 0;
            for (int first = 1; first <= results; first += RESULTS_PER_STATEMENT) {
                int last = Math.min(results, first + RESULTS_PER_STATEMENT - 1);
                insert(connection, schema, RESULTS, first, last);
                insert(connection, schema, RECORDS, first, last);
                if (last * 10 / results > told) {
                    told = last * 10 / results;
                    out.println(last * RECORDS_PER_RESULT + " of " + records + " records");
                }
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("VACUUM ANALYZE");
            }
        }
    }

    private static void insert(Connection connection, String schema, String sql, int first, int last)
            throws SQLException {
        String text = sql.replace("RUNS", RUNS).replace("SCHEMA", schema).replace("F.TIME", "f.time");
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            statement.setInt(1, first);
            statement.setInt(2, last);
            statement.executeUpdate();
        }
    }

    private static void templates(Connection connection) throws SQLException, IOException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE templates (kind text, number int, count int, data jsonb)");
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO templates (kind, number, data) SELECT ?, count(*), CAST(? AS jsonb) FROM templates WHERE kind = ?")) {
            for (RunPlacement placement : Runs.load().make(TEMPLATES)) {
                RunSnapshot run = placement.run();
                statement.setString(1, run.kind().kind());
                statement.setString(2, new String(run.json(), StandardCharsets.UTF_8));
                statement.setString(3, run.kind().kind());
                statement.executeUpdate();
            }
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "UPDATE templates t SET count = (SELECT count(*) FROM templates o WHERE o.kind = t.kind)");
            statement.execute("ANALYZE templates");
        }
    }
}
