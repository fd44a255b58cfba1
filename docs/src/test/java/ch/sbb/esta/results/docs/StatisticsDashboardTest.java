package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Runs every statement of the dashboard over Postgres as Grafana would, on tables with runs of every state. */
class StatisticsDashboardTest {

    private static final String SCHEMA = "team-a";

    /** Name, kind, condition and reason: of each state one, and TaskRuns. */
    private static final List<List<String>> RUNS = List.of(
            List.of("one", "PipelineRun", "True", "Succeeded"),
            List.of("two", "PipelineRun", "False", "Failed"),
            List.of("three", "PipelineRun", "False", "PipelineRunTimeout"),
            List.of("four", "PipelineRun", "False", "Cancelled"),
            List.of("five", "PipelineRun", "Unknown", "Running"),
            List.of("six", "TaskRun", "True", "Succeeded"),
            List.of("seven", "TaskRun", "False", "TaskRunTimeout"));

    private static RunPlacement run(List<String> run) {
        String completion = run.get(2).equals("Unknown") ? "" : ", \"completionTime\": \"2026-03-01T08:02:10Z\"";
        return ResultNaming.defaults()
                .place(RunSnapshot.parse("""
                {"apiVersion": "tekton.dev/v1", "kind": "%2$s",
                 "metadata": {"name": "%1$s", "namespace": "shop", "uid": "u-%1$s", "resourceVersion": "7",
                   "creationTimestamp": "2026-03-01T08:00:00Z",
                   "labels": {"tekton.dev/pipeline": "build", "tekton.dev/task": "compile"}},
                 "status": {"startTime": "2026-03-01T08:00:10Z"%5$s,
                   "conditions": [{"type": "Succeeded", "status": "%3$s", "reason": "%4$s"}]}}
                """.formatted(run.get(0), run.get(1), run.get(2), run.get(3), completion)
                        .getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void everyStatementAnswersAndEveryFormattedColumnIsThere() throws Exception {
        JsonNode dashboard = JsonMapper.builder()
                .build()
                .readTree(Files.readString(Path.of("operations/dashboard-statistics.json")));
        try (PostgresServer postgres = PostgresServer.open()) {
            DataSource database = postgres.newDatabase().dataSource();
            new Migrations(database, SCHEMA).migrate();
            JdbiResultsStore store = JdbiResultsStore.builder(database, SCHEMA).build();
            store.archive(RUNS.stream().map(StatisticsDashboardTest::run).toList());
            store.put(QuarantinedRun.of(
                    "shop",
                    ArchiveOutcome.quarantined(ResultsException.Code.INVALID, "no UID"),
                    new byte[] {'{'},
                    Instant.parse("2026-03-01T09:00:00Z")));

            try (Connection connection = database.getConnection()) {
                for (JsonNode variable : dashboard.at("/templating/list")) {
                    if (variable.has("query") && variable.path("type").asText().equals("query")) {
                        assertThat(rows(connection, variable.path("query").asText())
                                        .values())
                                .as(variable.path("name").asText())
                                .contains(variable.path("name").asText().equals("schema") ? SCHEMA : "shop");
                    }
                }
                int statements = 0;
                for (JsonNode panel : dashboard.path("panels")) {
                    for (JsonNode target : panel.path("targets")) {
                        statements++;
                        check(
                                connection,
                                panel,
                                target.path("format").asText(),
                                target.path("rawSql").asText());
                    }
                }
                assertThat(statements).isGreaterThan(10);
                // What the panels say, by example.
                assertThat(rows(connection, panel(dashboard, "Succeeded of the finished"))
                                .values())
                        .containsExactly("0.25");
                assertThat(rows(connection, panel(dashboard, "Duration, median"))
                                .values())
                        .containsExactly("120");
                assertThat(rows(connection, panel(dashboard, "PipelineRuns, by how they ended"))
                                .values())
                        .containsExactly("1772352000", "1", "1", "1", "1", "1");
            }
        }
    }

    private static void check(Connection connection, JsonNode panel, String format, String sql) throws SQLException {
        String title = panel.path("title").asText();
        Rows rows = rows(connection, sql);
        assertThat(rows.values()).as(title).isNotEmpty();
        assertThat(rows.values().get(0)).as(title).isNotEqualTo("null");
        if (format.equals("time_series")) {
            assertThat(rows.columns().get(0)).as(title).isEqualTo("time");
        }
        for (JsonNode override : panel.at("/fieldConfig/overrides")) {
            assertThat(rows.columns())
                    .as(title)
                    .contains(override.at("/matcher/options").asText());
        }
    }

    private static String panel(JsonNode dashboard, String title) {
        for (JsonNode panel : dashboard.path("panels")) {
            if (panel.path("title").asText().equals(title)) {
                return panel.at("/targets/0/rawSql").asText();
            }
        }
        throw new AssertionError("no panel " + title);
    }

    /** What a statement answered: the names of its columns, and the values row by row. */
    private record Rows(List<String> columns, List<String> values) {}

    private static Rows rows(Connection connection, String sql) throws SQLException {
        List<String> columns = new ArrayList<>();
        List<String> values = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(asGrafanaSends(sql))) {
            int width = result.getMetaData().getColumnCount();
            for (int i = 1; i <= width; i++) {
                columns.add(result.getMetaData().getColumnName(i));
            }
            while (result.next()) {
                for (int i = 1; i <= width; i++) {
                    values.add(String.valueOf(result.getString(i)));
                }
            }
        }
        return new Rows(columns, values);
    }

    /** Variables and macros as the data source of Grafana for Postgres fills them in. */
    private static String asGrafanaSends(String sql) {
        String sent = sql.replace("${schema:raw}", SCHEMA)
                .replace("${namespace:sqlstring}", "'shop','other'")
                .replaceAll(
                        "\\$__timeFilter\\((\\w+)\\)", "$1 BETWEEN '2026-03-01T00:00:00Z' AND '2026-03-02T00:00:00Z'")
                .replaceAll("\\$__timeGroup\\((\\w+), \\$__interval\\)", "floor(extract(epoch from $1)/3600)*3600");
        assertThat(sent).doesNotContain("$");
        return sent;
    }
}
