package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.CalendarUnit;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping.ByField;
import ch.sbb.esta.results.Grouping.ByLabel;
import ch.sbb.esta.results.Grouping.ByTime;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummary;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.grpc.InsecureServerCredentials;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over a real socket, against answers in the form that a Tekton Results API server on Postgres gives. */
class GrpcRecordStatisticsTest {

    private final UpstreamResults upstream = new UpstreamResults(InstantSource.system());
    private final ResultsServer server = ResultsServer.start(InsecureServerCredentials.create(), upstream);
    private final GrpcRecordStatistics statistics = new GrpcRecordStatistics(server.channel(), GrpcOptions.defaults());

    @AfterEach
    void stop() {
        server.close();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static Value number(double number) {
        return Value.newBuilder().setNumberValue(number).build();
    }

    private static Value missing() {
        return Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
    }

    @SafeVarargs
    private void answer(Map<String, Value>... rows) {
        RecordListSummary.Builder answer = RecordListSummary.newBuilder();
        for (Map<String, Value> row : rows) {
            answer.addSummary(Struct.newBuilder().putAllFields(row));
        }
        upstream.summarizeAs(answer.build());
    }

    @Test
    void theRequestNamesEachAggregateAndNarrowsDownByFilter() {
        answer(Map.of("total", number(3)));

        statistics.summarize(StatisticsQuery.builder("ci").build());
        assertThat(upstream.lastSummary().getParent()).isEqualTo("ci/results/-");
        assertThat(upstream.lastSummary().getSummary()).isEqualTo("total");
        assertThat(upstream.lastSummary().getGroupBy()).isEmpty();
        assertThat(upstream.lastSummary().getFilter())
                .isEqualTo(
                        "data_type == \"tekton.dev/v1.PipelineRun\" || data_type == \"tekton.dev/v1beta1.PipelineRun\"");

        statistics.summarize(StatisticsQuery.builder("-/results/r")
                .kinds(RunKind.TASK_RUN)
                .within(
                        RunMoment.STARTED,
                        Instant.parse("2026-03-01T00:00:00Z"),
                        Instant.parse("2026-04-01T00:00:00.5Z"))
                .filter("data.metadata.name == 'n' || true")
                .build());
        assertThat(upstream.lastSummary().getParent()).isEqualTo("-/results/r");
        assertThat(upstream.lastSummary().getFilter())
                .isEqualTo("(data_type == \"tekton.dev/v1.TaskRun\")"
                        + " && (data.status.startTime >= timestamp(\"2026-03-01T00:00:00Z\")"
                        + " && data.status.startTime < timestamp(\"2026-04-01T00:00:00.500Z\"))"
                        + " && (data.metadata.name == 'n' || true)");

        statistics.summarize(
                StatisticsQuery.parse("ci/results/-", "total", "", "").build());
        assertThat(upstream.lastSummary().getFilter()).isEmpty();
    }

    @Test
    void figuresAreReadAsPostgresPrintsThem() {
        answer(Map.ofEntries(
                Map.entry("total", number(7)),
                Map.entry("succeeded", number(4)),
                Map.entry("others", number(0)),
                Map.entry("last_runtime", text("1772359200.123456")),
                Map.entry("avg_duration", text("1 day 02:03:04.5")),
                Map.entry("min_duration", text("-00:00:01.000001")),
                Map.entry("max_duration", text("12 days")),
                Map.entry("total_duration", missing())));

        RunStatistics found = statistics.summarize(StatisticsQuery.parse(
                        "ci/results/-",
                        "total,succeeded,others,last_runtime,avg_duration,min_duration,max_duration,total_duration",
                        "",
                        "")
                .build());

        StatisticsRow row = found.rows().get(0);
        assertThat(row.count(Aggregate.TOTAL)).isEqualTo(7);
        assertThat(row.count(Aggregate.SUCCEEDED)).isEqualTo(4);
        assertThat(row.count(Aggregate.OTHERS)).isZero();
        assertThat(row.time(Aggregate.LAST_RUNTIME)).contains(Instant.parse("2026-03-01T10:00:00.123456Z"));
        assertThat(row.duration(Aggregate.AVG_DURATION)).contains(Duration.parse("P1DT2H3M4.5S"));
        assertThat(row.duration(Aggregate.MIN_DURATION)).contains(Duration.parse("PT-1.000001S"));
        assertThat(row.duration(Aggregate.MAX_DURATION)).contains(Duration.ofDays(12));
        assertThat(row.duration(Aggregate.TOTAL_DURATION)).isEmpty();
    }

    @Test
    void timesMayBeNumbersToo() {
        answer(Map.of("last_runtime", number(1772359200), "group_value", number(1772323200)));

        RunStatistics found = statistics.summarize(
                StatisticsQuery.parse("ci/results/-", "last_runtime", "day", "").build());
        assertThat(found.rows()).singleElement().satisfies(row -> {
            assertThat(row.groupTime()).contains(Instant.parse("2026-03-01T00:00:00Z"));
            assertThat(row.time(Aggregate.LAST_RUNTIME)).contains(Instant.parse("2026-03-01T10:00:00Z"));
        });
    }

    @Test
    void groupsAreSortedAndCutHere() {
        answer(
                Map.of("total", number(1), "group_value", text("b")),
                Map.of("total", number(2), "group_value", missing()),
                Map.of("total", number(3), "group_value", text("c")),
                Map.of("total", number(1), "group_value", text("a")));
        StatisticsQuery.Builder byNamespace =
                StatisticsQuery.builder("-").groupBy(ByField.NAMESPACE).aggregates(Aggregate.TOTAL);

        assertThat(statistics.summarize(byNamespace.build()).rows())
                .extracting(row -> row.group().orElse("-"))
                .containsExactly("a", "b", "c", "-");
        RunStatistics cut = statistics.summarize(
                byNamespace.orderBy(Aggregate.TOTAL, Direction.DESC).limit(3).build());
        assertThat(cut.rows()).extracting(row -> row.group().orElse("-")).containsExactly("c", "-", "a");
        assertThat(cut.groups()).isEqualTo(4);
        assertThat(upstream.lastSummary().getGroupBy()).isEqualTo("namespace");
    }

    @Test
    void whatTheServerCannotAnswerIsRefusedWithoutACall() {
        StatisticsQuery query = StatisticsQuery.builder("-")
                .aggregates(Aggregate.P99_DURATION, Aggregate.SUCCEEDED)
                .groupBy(new ByLabel("team"))
                .zone(ZoneId.of("Europe/Zurich"))
                .build();

        assertThatThrownBy(() -> statistics.summarize(query))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("p99_duration")
                .hasMessageContaining("succeeded by the reason alone")
                .hasMessageContaining("label team")
                .hasMessageContaining("time zone");
        assertThat(server.calls()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"STATE,UPSTREAM", "TASK,UPSTREAM", "PIPELINE,BY_STATE", "REPOSITORY,BY_STATE"})
    void groupingsThatMeanSomethingElseThereAreRefused(ByField field, Counting counting) {
        StatisticsQuery query =
                StatisticsQuery.builder("-").groupBy(field).counting(counting).build();

        assertThatThrownBy(() -> statistics.summarize(query))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
    }

    @Test
    void aSummaryWithoutARowIsAFailureAndNoZero() {
        answer();

        assertThatThrownBy(
                        () -> statistics.summarize(StatisticsQuery.builder("-").build()))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INTERNAL));
        assertThat(statistics
                        .summarize(StatisticsQuery.builder("-")
                                .groupBy(new ByTime(CalendarUnit.DAY, RunMoment.CREATED))
                                .build())
                        .rows())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "1 mon", "soon", "1 day x", "00:00", "99999999999 days", "00:00:00.1234567"})
    void aDurationThatIsNoneIsAFailure(String interval) {
        answer(Map.of("avg_duration", text(interval)));
        StatisticsQuery query =
                StatisticsQuery.builder("-").aggregates(Aggregate.AVG_DURATION).build();

        assertThatThrownBy(() -> statistics.summarize(query))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INTERNAL));
    }

    static Stream<Map<String, Value>> rowsWithoutACount() {
        return Stream.of(
                Map.of(),
                Map.of("total", missing()),
                Map.of("total", number(1.5)),
                Map.of("total", number(Double.NaN)),
                Map.of("total", number(1e300)),
                Map.of("total", text("1e999999999")),
                Map.of("total", Value.newBuilder().setBoolValue(true).build()));
    }

    @ParameterizedTest
    @MethodSource("rowsWithoutACount")
    void aCountThatIsNoneIsAFailure(Map<String, Value> row) {
        answer(row);

        assertThatThrownBy(
                        () -> statistics.summarize(StatisticsQuery.builder("-").build()))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INTERNAL));
    }

    @Test
    void failuresOfTheServerHaveTheirCodes() {
        server.failWith(method -> Status.UNKNOWN);

        assertThatThrownBy(
                        () -> statistics.summarize(StatisticsQuery.builder("-").build()))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INTERNAL));
    }
}
