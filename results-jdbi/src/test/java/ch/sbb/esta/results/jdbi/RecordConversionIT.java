package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.conversion.ConversionReport;
import ch.sbb.esta.results.conversion.RecordConversion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Runs of the version before v1, as the server of Tekton Results has stored them: beside those of v1, and rewritten as such. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class RecordConversionIT {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private String schema;
    private JdbiResultsStore store;

    @BeforeEach
    void fill() {
        schema = fixture.newSchema();
        store = JdbiResultsStore.builder(fixture.pool(), schema).build();
        UpstreamRows.insertRun(fixture, schema, "older", "1", "True");
        UpstreamRows.insertRun(fixture, schema, "newer", "1", "False");
        fixture.execute("""
                UPDATE "%1$s".records SET type = replace(type, '/v1.', '/v1beta1.'),
                  data = data || '{"apiVersion":"tekton.dev/v1beta1","spec":{"pipelineRef":{"name":"release"},"timeout":"1h0m0s"}}'
                WHERE name = 'older';
                UPDATE "%1$s".results SET recordsummary_record = 'ci/results/older/records/older', recordsummary_status = 1,
                  recordsummary_type = 'tekton.dev/v1beta1.PipelineRun', annotations = '{"kept":"yes"}' WHERE name = 'older'""".formatted(schema));
    }

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private List<String> list(String filter) {
        return store.listRecords(ListQuery.of("ci/results/-").filter(filter)).items().stream()
                .map(record -> record.name().record())
                .sorted()
                .toList();
    }

    private long total() {
        return JdbiRecordStatistics.builder(fixture.pool(), schema)
                .build()
                .summarize(StatisticsQuery.parse("ci/results/-", "total,succeeded,failed", "", "")
                        .build())
                .rows()
                .get(0)
                .count(Aggregate.TOTAL);
    }

    @Test
    void bothVersionsAreListedFilteredAndCounted() {
        assertThat(list("")).containsExactly("newer", "older");
        assertThat(list("data.metadata.name == 'n'")).containsExactly("newer", "older");
        assertThat(list("data_type == 'tekton.dev/v1beta1.PipelineRun'")).containsExactly("older");
        assertThat(list("data_type == 'tekton.dev/v1beta1.PipelineRun' && data.status.conditions[1].status == 'True'"))
                .containsExactly("older");
        assertThat(list("data_type == PIPELINE_RUN")).containsExactly("newer");
        assertThat(list("data_type == PIPELINE_RUN || data_type == 'tekton.dev/v1beta1.PipelineRun'"))
                .containsExactly("newer", "older");
        assertThat(total()).isEqualTo(2);
        assertThat(fixture.query(
                        "SELECT name, state, pipeline FROM \"" + schema + "\".esta_runs WHERE type LIKE '%v1beta1%'"))
                .containsExactly("n | 1 | release");
    }

    @Test
    void afterConvertingAllAreOfV1() {
        RecordName older = new ResultName("ci", "older").record("older");
        Record before = store.findRecord(older).orElseThrow();

        ConversionReport report = RecordConversion.builder(store).build().run();

        assertThat(report).hasToString("CONVERT: 1 of 1 Records converted, 1 summaries; 0 overtaken, 0 failures");
        assertThat(list("data_type == PIPELINE_RUN")).containsExactly("newer", "older");
        assertThat(list("data_type == PIPELINE_RUN && data.spec.timeouts.pipeline == '1h0m0s'"))
                .containsExactly("older");
        assertThat(total()).isEqualTo(2);
        Record after = store.findRecord(older).orElseThrow();
        assertThat(after.stored().uid()).isEqualTo(before.stored().uid());
        assertThat(after.stored().createTime()).isEqualTo(before.stored().createTime());
        assertThat(after.stored().etag()).isNotEqualTo(before.stored().etag());
        assertThat(new String(after.data(), StandardCharsets.UTF_8)).contains("\"uid\": \"older\"");
        assertThat(fixture.query("SELECT type, state, pipeline FROM \"" + schema + "\".esta_runs WHERE uid = 'older'"))
                .containsExactly("tekton.dev/v1.PipelineRun | 1 | release");
        assertThat(fixture.query("SELECT recordsummary_type, recordsummary_status, annotations FROM \"" + schema
                        + "\".results WHERE name = 'older'"))
                .containsExactly("tekton.dev/v1.PipelineRun | 1 | {\"kept\": \"yes\"}");
        assertThat(RecordConversion.builder(store).build().run().examined()).isZero();
    }

    @Test
    void nothingThatIsWrittenMeanwhileIsLost() throws Exception {
        try (UpstreamWriter writer = new UpstreamWriter(fixture.database(), schema, "tekton.dev/v1beta1.TaskRun")) {
            RecordConversion conversion =
                    RecordConversion.builder(store).recordsPerSecond(100_000).build();
            for (int target = 50; target <= 150; target += 50) {
                int reached = target;
                await().atMost(ONE_MINUTE).until(() -> writer.statements() > reached);
                assertThat(conversion.run().failures()).isEmpty();
            }
            writer.stop();
            assertThat(conversion.run().isComplete()).isTrue();
        }

        assertThat(fixture.query("SELECT count(*) FROM \"" + schema + "\".records WHERE type LIKE '%v1beta1%'"
                        + " OR data ->> 'apiVersion' LIKE '%v1beta1%'"))
                .containsExactly("0");
        assertThat(
                        fixture.query(
                                "SELECT count(*) FROM \"" + schema
                                        + "\".records WHERE name LIKE 'written%' AND data #>> '{status,conditions,0,status}' IS DISTINCT FROM 'True'"))
                .containsExactly("0");
        assertThat(fixture.query(
                        "SELECT count(*) FROM \"" + schema + "\".results WHERE recordsummary_type LIKE '%v1beta1%'"))
                .containsExactly("0");
    }
}
