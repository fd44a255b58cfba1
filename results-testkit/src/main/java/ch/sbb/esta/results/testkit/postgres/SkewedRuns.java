package ch.sbb.esta.results.testkit.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Many finished runs in the tables of Tekton Results, made by the server itself: Results with one PipelineRun and four TaskRuns each,
 * over three months, in 20 namespaces of which the first holds a third of all and the last one in a hundred. Pipelines are skewed in the
 * same way; those with an odd number never fail. The label {@code branch} has a value for ten Results each. The objects are captured ones with other metadata and times, or made-up ones of a
 * similar size where no captured ones are beside the project. The same numbers give the same rows.
 *
 * @param results how many Results
 */
public record SkewedRuns(int results) {

    /** How many namespaces the runs are in. */
    public static final int NAMESPACES = 20;

    /** How many Records each Result has. */
    public static final int RECORDS_PER_RESULT = 5;

    /** Few, however many runs there are. */
    private static final int RESULTS_PER_BRANCH = 10;

    private static final int RESULTS_PER_STATEMENT = 400;
    private static final int WRITERS = 2;
    private static final Instant FIRST_TIME = Instant.parse("2026-08-01T00:00:00Z");
    private static final int DAYS = 92;
    private static final int LARGEST_TEMPLATE = 15_000;

    /**
     * Checks the number.
     *
     * @param results how many Results
     * @throws IllegalArgumentException when it is less than 1
     */
    public SkewedRuns {
        if (results < 1) {
            throw new IllegalArgumentException(results + " Results are too few");
        }
    }

    /**
     * Inserts the rows, a few thousand in a transaction, over two connections.
     *
     * @param database a login that may write the tables
     * @param schema the schema that holds them; no name that needs another quoting than {@code "}
     * @throws SQLException when the server refuses them
     * @throws IOException when a captured object cannot be read
     */
    public void insertInto(PostgresDatabase database, String schema) throws SQLException, IOException {
        List<String> captured = captured();
        AtomicInteger next = new AtomicInteger(1);
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
        try {
            List<Future<Void>> written = writers.invokeAll(Collections.nCopies(WRITERS, () -> {
                insert(database, '"' + schema + '"', captured, next);
                return null;
            }));
            for (Future<Void> one : written) {
                one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted before all rows were inserted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            writers.shutdownNow();
        }
    }

    private void insert(PostgresDatabase database, String schema, List<String> captured, AtomicInteger next)
            throws SQLException {
        String rows = rows();
        try (Connection connection = database.dataSource().getConnection()) {
            loadTemplates(connection, captured);
            try (PreparedStatement insertResults = connection.prepareStatement(insertResults(schema, rows));
                    PreparedStatement insertRecords = connection.prepareStatement(insertRecords(schema, rows))) {
                for (int from = next.getAndAdd(RESULTS_PER_STATEMENT);
                        from <= results;
                        from = next.getAndAdd(RESULTS_PER_STATEMENT)) {
                    int to = Math.min(results, from + RESULTS_PER_STATEMENT - 1);
                    for (PreparedStatement statement : List.of(insertResults, insertRecords)) {
                        statement.setInt(1, from);
                        statement.setInt(2, to);
                        statement.executeUpdate();
                    }
                }
            }
        }
    }

    /**
     * When a run was created; it started two seconds later.
     *
     * @param number the number of its Result, 1 for the oldest
     * @return the time, to the millisecond
     */
    public Instant createTime(int number) {
        return FIRST_TIME.plusMillis(Duration.ofDays(DAYS).toMillis() * number / results);
    }

    /** Row i: skewed namespace and pipeline, state, time; the hashes stand for dice, so that rows can be made in any order. */
    private String rows() {
        return """
            SELECT i, CAST(md5('result' || i) AS uuid) AS id, CAST(md5('run' || i) AS uuid) AS run,
              'team-' || lpad(CAST(ns AS text), 2, '0') AS parent, 'pipeline-' || p AS pipeline,
              timestamptz '%2$s' + i * (interval '%3$d days' / %1$d) AS time,
              CASE WHEN p %% 2 = 1 OR state < 0.85 THEN 'Succeeded' WHEN state < 0.94 THEN 'Failed'
                WHEN state < 0.97 THEN 'PipelineRunTimeout' ELSE 'Cancelled' END AS reason,
              CASE WHEN state < 0.3 THEN jsonb_build_object('triggers.tekton.dev/triggers-eventid', md5('event' || i)) ELSE '{}' END AS more,
              CAST(dice * 600 AS integer) + 20 AS seconds
            FROM (SELECT i, floor(20 * power(ns, 2.7)) AS ns, floor(50 * power(p, 2)) AS p, state, dice
              FROM (SELECT i, abs(hashint8extended(i, 1) %% 1000003) / 1000003.0 AS ns, abs(hashint8extended(i, 2) %% 1000003) / 1000003.0 AS p,
                abs(hashint8extended(i, 3) %% 1000003) / 1000003.0 AS state, abs(hashint8extended(i, 4) %% 1000003) / 1000003.0 AS dice
                FROM generate_series(CAST(? AS bigint), CAST(? AS bigint)) i) dice) skewed""".formatted(results, FIRST_TIME, DAYS);
    }

    private static String insertResults(String schema, String rows) {
        return """
            INSERT INTO %1$s.results (parent, id, name, annotations, created_time, updated_time, recordsummary_record, recordsummary_type,
              recordsummary_start_time, recordsummary_end_time, recordsummary_status, recordsummary_annotations, etag)
            SELECT parent, id, run, jsonb_build_object('object.metadata.name', 'run-' || i, 'tekton.dev/pipeline', pipeline) || more, time,
              time + seconds * interval '1 second', parent || '/results/' || run || '/records/' || run, 'tekton.dev/v1.PipelineRun', time,
              time + seconds * interval '1 second', CASE reason WHEN 'Succeeded' THEN 1 WHEN 'Failed' THEN 2 WHEN 'PipelineRunTimeout' THEN 3
                ELSE 4 END, '{}', id || '-1' FROM (%2$s) rows""".formatted(schema, rows);
    }

    private String insertRecords(String schema, String rows) {
        return """
            INSERT INTO %1$s.records (parent, result_id, result_name, id, name, type, data, created_time, updated_time, etag)
            SELECT r.parent, r.id, r.run, CAST(md5('record' || r.i || '/' || k) AS uuid), u.uid, 'tekton.dev/v1.' || t.kind,
              t.data || jsonb_build_object(
                'metadata', (t.data -> 'metadata') || jsonb_build_object('name', 'run-' || r.i || CASE k WHEN 0 THEN '' ELSE '-task-' || k END,
                  'namespace', r.parent, 'uid', u.uid, 'resourceVersion', CAST(r.i AS text), 'creationTimestamp',
                  to_char(r.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'labels', coalesce(t.data #> '{metadata,labels}', '{}')
                    || jsonb_build_object('tekton.dev/pipeline', r.pipeline, 'app.kubernetes.io/managed-by', 'tekton-pipelines',
                      'branch', 'branch-' || r.i %% %3$d) || r.more),
                'status', (t.data -> 'status') || jsonb_build_object(
                  'startTime', to_char((r.time + interval '2 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                  'completionTime', to_char((r.time + r.seconds * interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                  'conditions', jsonb_build_array(jsonb_build_object('type', 'Succeeded', 'reason', r.reason, 'message', 'generated',
                    'status', CASE r.reason WHEN 'Succeeded' THEN 'True' ELSE 'False' END)))),
              r.time, r.time + r.seconds * interval '1 second', r.i || '-' || k
            FROM (%2$s) r CROSS JOIN generate_series(0, 4) k
            CROSS JOIN LATERAL (SELECT CASE k WHEN 0 THEN r.run ELSE CAST(md5('task' || r.i || '/' || k) AS uuid) END AS uid) u
            JOIN esta_templates t ON t.kind = CASE k WHEN 0 THEN 'PipelineRun' ELSE 'TaskRun' END AND t.number = abs(hashint8(r.i * 5 + k)) %% t.count
            ORDER BY r.i, k""".formatted(schema, rows, Math.max(1, results / RESULTS_PER_BRANCH));
    }

    private static void loadTemplates(Connection connection, List<String> captured) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS esta_templates");
            statement.execute(
                    "CREATE TEMPORARY TABLE esta_templates (kind text, number bigint, count bigint, data jsonb)");
        }
        insertTemplates(connection, "PipelineRun", captured);
        insertTemplates(connection, "TaskRun", captured);
    }

    private static void insertTemplates(Connection connection, String kind, List<String> captured) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                        INSERT INTO esta_templates SELECT kind, row_number() OVER () - 1, count(*) OVER (), data
                        FROM (SELECT data ->> 'kind' AS kind, data - ARRAY['metadata'] || jsonb_build_object('metadata', (data -> 'metadata') - ARRAY['annotations', 'ownerReferences', 'managedFields']) AS data
                          FROM unnest(?::jsonb[]) data WHERE data ->> 'kind' = ? AND data ->> 'apiVersion' = 'tekton.dev/v1' AND data #>> '{status,completionTime}' <> '') found""")) {
            List<String> templates = new ArrayList<>(captured);
            for (int attempt = 0; attempt < 2; attempt++) {
                insert.setArray(1, connection.createArrayOf("text", templates.toArray()));
                insert.setString(2, kind);
                if (insert.executeUpdate() > 0) {
                    return;
                }
                templates = List.of(madeUp(kind));
            }
            throw new IllegalStateException("there is no template of a " + kind);
        }
    }

    private static String madeUp(String kind) {
        StringBuilder parameters = new StringBuilder();
        for (int i = 0; i < 80; i++) {
            parameters.append(String.format(
                    Locale.ROOT,
                    "%s{\"name\":\"parameter-%d\",\"value\":\"value %d of many\"}",
                    i == 0 ? "" : ",",
                    i,
                    i));
        }
        return """
                {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"labels":{"team":"one"}},"spec":{"params":[%s]},
                 "status":{"completionTime":"2026-01-01T00:00:00Z"}}""".formatted(kind, parameters);
    }

    private static List<String> captured() throws IOException {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve(".mvn"))) {
            folder = folder.getParent();
        }
        Path runs = folder == null ? null : folder.resolveSibling("shared/data/runs");
        if (runs == null || !Files.isDirectory(runs)) {
            return List.of();
        }
        List<String> objects = new ArrayList<>();
        try (Stream<Path> files = Files.list(runs)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".json"))
                    .sorted()
                    .toList()) {
                String json = Files.readString(file);
                // What Postgres refuses is the subject of other tests.
                if (json.length() < LARGEST_TEMPLATE && !json.contains("\\u") && json.startsWith("{")) {
                    objects.add(json);
                }
            }
        }
        return objects;
    }
}
