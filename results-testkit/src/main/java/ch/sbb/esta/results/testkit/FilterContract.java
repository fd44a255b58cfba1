package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store that takes the filter language of Tekton Results selects by it. */
@SuppressWarnings("NullAway.Init") // set before each test
public abstract class FilterContract {

    private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
    private static final ResultName RESULT = new ResultName("ci", "plenty");
    private static final String PIPELINE_RUN = "tekton.dev/v1.PipelineRun";
    private static final String TASK_RUN = "tekton.dev/v1.TaskRun";

    private ResultsStore store;
    private RecordCreation creation;

    /** Called by subclasses. */
    protected FilterContract() {}

    /**
     * Makes an empty store; called once before each test.
     *
     * @param clock says what the time is
     * @return the store; it takes any record too
     * @throws Exception when it cannot be made
     */
    protected abstract ResultsStore newStore(InstantSource clock) throws Exception;

    @BeforeEach
    final void fill() throws Exception {
        store = newStore(() -> T0);
        creation = (RecordCreation) store;
        store.archive(List.of(SampleRun.pipelineRun("plenty").placed()));
        store.deleteRecord(new RecordName(RESULT, "plenty"));
        record("done", PIPELINE_RUN, """
                {"metadata": {"name": "build-1", "labels": {"tekton.dev/pipeline": "build", "app": "50%_off"}},
                 "spec": {"timeout": "1h0m0s", "n": 7, "half": 0.5, "flag": true, "tasks": ["compile", "test", "ship"]},
                 "status": {"startTime": "2026-03-01T23:30:00Z", "completionTime": "2026-03-01T23:40:00.5Z",
                            "conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}]}}""");
        record("failed", TASK_RUN, """
                {"metadata": {"name": "build-2", "labels": {"app": "50 off"}, "annotations": {"note": "it's bar"}},
                 "spec": {"timeout": "5m", "n": "7", "tasks": []},
                 "status": {"startTime": "2026-03-02T00:30:00+01:00", "completionTime": "2026-03-01T23:31:00Z",
                            "conditions": [{"type": "Succeeded", "status": "False", "reason": "Failed"}]}}""");
        record("begun", PIPELINE_RUN, """
                {"metadata": {"name": "Übung", "labels": null}, "spec": {"n": null, "flag": "true"},
                 "status": {"startTime": "2026-02-29T00:00:00Z"}}""");
        record(
                "odd",
                "example.com/v1.Thing",
                "{\"name\": \"z\\u0000\\ud800\", \"0\": [[1, 1.0], 2], \"a\": {\"0\": \"zero\"}}");
    }

    private void record(String name, String type, String json) {
        creation.createRecord(new RecordName(RESULT, name), type, json.getBytes(StandardCharsets.UTF_8));
    }

    private String selected(String filter) {
        ListQuery query = ListQuery.of("-/results/-").pageSize(2).filter(filter);
        return String.join(
                " ",
                Pages.stream(query, store::listRecords)
                        .map(Record::name)
                        .map(RecordName::record)
                        .sorted()
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "data_type == PIPELINE_RUN => begun done",
                "data_type == 'PIPELINE_RUN' => begun done",
                "data_type in ['TASK_RUN', 'x'] => failed",
                "name == 'TASK_RUN' => ``",
                "parent == 'ci' && result_name == 'plenty' && name in ['done', 'odd'] => done odd",
                "data.metadata.labels['tekton.dev/pipeline'] == 'build' => done",
                "data.status.completionTime - data.status.startTime > duration('5m') && data_type == PIPELINE_RUN => done",
                "data.status.completionTime - data.status.startTime <= duration('60s') => failed",
                "data.metadata.annotations.contains('bar') => failed",
                "data.metadata.contains('build') => done failed",
                "!(data.status.conditions[0].status == 'True') => failed",
                "size(data.spec.tasks) >= 3 => done",
                "'test' in data.spec.tasks => done",
                "'app' in data.metadata.labels => done failed",
                "has(data.status.completionTime) => done failed",
                "!has(data.status.completionTime) => begun odd",
                "has(data.metadata.labels) => begun done failed",
            })
    final void selectsWhatPeopleAskFor(String filter, String expected) {
        assertThat(selected(filter)).isEqualTo(expected);
    }

    /** Missing, null and of another type is unknown: neither the comparison nor its opposite selects the row. */
    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "data.spec.n == 7 => done",
                "data.spec.n != 7 => ``",
                "!(data.spec.n == 7) => ``",
                "data.spec.n == '7' => failed",
                "data.spec.n == null => ``",
                "data.spec.n != null => ``",
                "data.spec.n == 7 || data_type == TASK_RUN => done failed",
                "!(data.spec.n == 7 && data_type == TASK_RUN) => begun done odd",
                "data.spec.flag => done",
                "!data.spec.flag => ``",
                "data.spec.n == data.spec.n => done failed",
                "data.spec.n in ['7', 7] => done failed",
                "data.a['0'] == 'zero' => odd",
                "data['0'][1] == 2 => odd",
                "data['0']['1'] == 2 => ``",
                "data['0'] == data['0'] => odd",
                "data['0'][0][0] == 1.0 => odd",
                "data.spec.timeout[0] == '1h0m0s' => ``",
                "duration(data.spec.timeout) >= duration('1h') => done",
                "data.spec.n / 2.0 == 3.5 && data.spec.n / 2 == 3 && 7 / 2 == 3 && data.spec.n % 4 == 3 => done",
                "data.spec.n / 0 == 1 || data.spec.half + 0.25 == 0.75 => done",
                "string(data.spec.n) == '7' && data.spec.n + '!' != '7' => failed",
            })
    final void whatIsNotThereIsUnknown(String filter, String expected) {
        assertThat(selected(filter)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "data.metadata.labels.app.startsWith('50%') => done",
                "data.metadata.labels.app.startsWith('50_') => ``",
                "data.metadata.labels.app.endsWith('_off') => done",
                "data.metadata.labels.app.contains('%') => done",
                "data.metadata.annotations.note == \"it's bar\" => failed",
                "data.metadata.annotations.note.matches('^it.s') => failed",
                "data.metadata.name.matches('[0-9]$') => done failed",
                "data.metadata.name > 'z' => begun",
                "data.metadata.name < 'build-2' => done",
                "size(data.metadata.name) == 5 => begun",
                "data.name.startsWith('z') => odd",
                "data.name.contains('␛0000') => odd",
            })
    final void textIsLiteralAndInTheOrderOfItsBytes(String filter, String expected) {
        assertThat(selected(filter)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "timestamp(data.status.startTime) == timestamp('2026-03-01T23:30:00Z') => done failed",
                "data.status.startTime < timestamp('2026-03-02T00:00:00Z') => done failed",
                "data.status.startTime.getDate() == 1 && data.status.startTime.getDayOfMonth() == 0 => done failed",
                "data.status.startTime.getDayOfWeek() == 0 && data.status.startTime.getHours() == 23 => done failed",
                "data.status.startTime.getMonth() == 2 && data.status.startTime.getFullYear() == 2026 => done failed",
                "data.status.completionTime.getMilliseconds() == 500 => done",
                "data.status.startTime.getDayOfYear() == 59 => done failed",
                "data.status.startTime + duration('11m') > data.status.completionTime + duration('0') => done failed",
                "data.status.startTime > '2026-02-29' => begun done failed",
            })
    final void timesAreInUtc(String filter, String expected) {
        assertThat(selected(filter)).isEqualTo(expected);
    }

    @Test
    final void resultsAreSelectedByTheirSummary() {
        update("plenty", Map.of("team", "a"), SummaryStatus.FAILURE);
        store.archive(List.of(SampleRun.pipelineRun("other").placed()));
        store.archive(List.of(SampleRun.taskRun("child").ownedBy("nobody").placed()));

        assertThat(results("summary.status == FAILURE")).isEqualTo("plenty");
        assertThat(results("summary.status != FAILURE")).isEqualTo("nobody other");
        assertThat(results("summary.type == 'PIPELINE_RUN'")).isEqualTo("other plenty");
        assertThat(results("summary.end_time - summary.start_time > duration('300s')"))
                .isEqualTo("other plenty");
        assertThat(results("summary.end_time - summary.start_time == duration('301s')"))
                .isEqualTo("plenty");
        assertThat(results("annotations['team'] == 'a' || 'team' in annotations"))
                .isEqualTo("plenty");
        assertThat(results("annotations.contains('tea')")).isEqualTo("plenty");
        assertThat(results("!annotations.contains('tea')")).isEqualTo("nobody other");
        assertThat(results("create_time == timestamp('2026-03-01T12:00:00Z')")).isEqualTo("nobody other plenty");
        assertThat(results("summary.annotations.contains('')")).isEqualTo("plenty");
        assertThat(results("parent.startsWith('c') && uid != ''")).isEqualTo("nobody other plenty");
    }

    private void update(String result, Map<String, String> annotations, SummaryStatus status) {
        ResultName name = new ResultName("ci", result);
        Result before = store.findResult(name).orElseThrow();
        RecordSummary summary = new RecordSummary(
                new RecordName(name, result), PIPELINE_RUN, T0, T0.plusSeconds(301), status, Map.of("k", "v"));
        store.updateResult(
                name, annotations, Optional.of(summary), before.stored().etag());
    }

    private String results(String filter) {
        return String.join(
                " ",
                Pages.stream(ListQuery.of("ci").pageSize(2).filter(filter), store::listResults)
                        .map(found -> found.name().result())
                        .sorted()
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "nothing == 1 => column 1",
                "data.x == 'a' && nothing => column 18",
                "name = 'a' => column 6",
                "name == 1 => column 6",
                "name => column 1",
                "summary.status == 1 => column 1",
                "name.matches('(a') => character 1 of the regular expression",
                "name.matches('a\\\\b') => character 2 of the regular expression",
                "name.matches('(?i)a') => flags",
                "name.matches(data.x) => written out",
                "name == 'a\\u0000' => U+0000",
                "data.x > duration('soon') => duration",
                "data.x > timestamp('2026-02-30T00:00:00Z') => RFC 3339",
                "data.a - data.b > data.c - data.d => timestamp()",
                "data.x[name] == 1 => key in quotes",
                "data.x[-1] == 1 => index",
                "data.items.exists(x, x == 1) => column",
                "name == \"a => column",
                "data.x ? true : false => column",
            })
    final void whatIsNoFilterIsInvalidAndSaysWhere(String filter, String place) {
        assertInvalid(filter, place);
    }

    /** Text that would be SQL, a placeholder or a pattern elsewhere is text here. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "'; DROP TABLE records; --",
                "' OR 1=1 --",
                "$$; SELECT pg_sleep(60); $$",
                "$tag$ x $tag$",
                "/* */ -- #",
                "\\'; --",
                "E'\\\\x27'",
                ":limit :parent ::text ? ?? {records} {schema} <limit> %1$s",
                "%' OR data::text LIKE '%",
                "\u2019 \uff07 \u02bc \u202e \ufeff",
                "'||(SELECT current_user)||'",
                "\n\r\t\u0001",
            })
    final void hostileTextIsText(String text) {
        String literal = "'"
                + text.replace("\\", "\\\\")
                        .replace("'", "\\'")
                        .replace("\n", "\\n")
                        .replace("\r", "\\r") + "'";
        for (String filter : List.of(
                "data.metadata.name == " + literal,
                "data.metadata.labels[" + literal + "] == 'x'",
                "data.metadata.name.startsWith(" + literal + ")",
                "data.metadata.contains(" + literal + ")",
                literal + " in data.metadata.labels",
                "name in [" + literal + ", 'x']",
                "has(data.x) && data_type == " + literal)) {
            assertThat(selected(filter)).as(filter).isEmpty();
        }
        assertThat(selected("size(" + literal + ") == " + text.codePointCount(0, text.length()) + " && name == 'odd'"))
                .isEqualTo("odd");
        record("hostile", TASK_RUN, "{\"metadata\": {\"name\": " + quoted(text) + "}}");
        assertThat(selected("data.metadata.name == " + literal)).isEqualTo("hostile");
        assertThat(selected("data.metadata.name.endsWith(" + literal + ")")).isEqualTo("hostile");
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> json.append(String.format("\\u%04x", c)));
        return json.append('"').toString();
    }

    /** Expressions that take other engines exponential time. */
    @ParameterizedTest
    @ValueSource(strings = {"^(a+)+$", "(a|aa)+$", "(.*a){20}", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"})
    final void aCatastrophicExpressionIsNone(String regex) {
        record("long", TASK_RUN, "{\"metadata\": {\"name\": \"" + "a".repeat(5_000) + "!\"}}");

        assertThat(selected("data.metadata.name.matches('" + regex + "') || name == 'odd'"))
                .contains("odd");
        assertThat(selected("data.metadata.name.matches('^(a+)+!$')")).isEqualTo("long");
    }

    @Test
    final void aTokenBelongsToItsFilter() {
        ListQuery query = ListQuery.of("ci/results/-").pageSize(1).orderBy(ListOrder.parse("create_time"));
        String token =
                store.listRecords(query.filter("name != 'x'")).nextPageToken().orElseThrow();

        assertThat(store.listRecords(query.filter("  name != 'x'\n").pageToken(token))
                        .items())
                .hasSize(1);
        assertThatThrownBy(() -> store.listRecords(query.filter("name != 'y'").pageToken(token)))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("filter");
        assertThatThrownBy(() -> store.listRecords(query.pageToken(token))).isInstanceOf(ResultsException.class);
    }

    @Test
    final void anEmptyFilterSelectsEverything() {
        assertThat(selected("  ")).isEqualTo("begun done failed odd");
    }

    private void assertInvalid(String filter, String place) {
        assertThatThrownBy(() -> store.listRecords(ListQuery.of("-/results/-").filter(filter)))
                .isInstanceOfSatisfying(ResultsException.class, e -> {
                    assertThat(e.code()).as(e.toString()).isEqualTo(ResultsException.Code.INVALID);
                    assertThat(e).hasMessageContaining(place).hasMessageContaining("line ");
                });
    }
}
