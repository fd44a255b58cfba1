package ch.sbb.esta.results.testkit;

import static ch.sbb.esta.results.testkit.Runs.tree;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.testkit.ResultsStoreContract.Ability;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of users come back as they went in. */
abstract class StoreTextContract extends StorePlacesContract {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\u0000",
                "a\\u0000b\\u0000\\u0000",
                "\\\\u0000",
                "\\\\\\u0000",
                "\\ud800",
                "\\uDFFF",
                "\\udc00\\ud800",
                "\\ud83d\\ude00 \\ud83d\\ud83d\\ude00 \\ud83d😀",
                "😀𝄞\\ud834\\udd1e",
                "␛",
                "␛0000",
                "\\u241b0000",
                "␛0000\\u0000\\u241B241b␛",
                "␛␛d800\\ud800␛",
                "\\u0001\\u001f\\u007f\\ufffe\\uffff\\ufeff",
                "%1$s {0} :name ? $1 <x> ''; DROP TABLE records; --"
            })
    final void oddCharactersComeBackAsTheyWentIn(String text) {
        SampleRun sample =
                SampleRun.pipelineRun(P).note(text).with("odd" + text, "[\"" + text + "\",{\"k" + text + "\":1}]");
        RunPlacement run = sample.placed();

        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.CREATED);

        assertThat(tree(record(run.record()).data())).isEqualTo(tree(run.run().json()));
        assertThat(tree(records().get(0).data())).isEqualTo(tree(run.run().json()));
        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);
        assertThat(store.archive(
                        List.of(SampleRun.pipelineRun(P).note("plain ␛0000").placed())))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UPDATED);
        assertThat(new String(record(run.record()).data(), StandardCharsets.UTF_8))
                .contains("plain ␛0000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0000", "\ud800", "\udc00x", "␛0000", "😀", "␛\u0000␛0000", "\"\\\n\u2028"})
    final void oddCharactersInAnnotationsComeBackAsTheyWentIn(String text) {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Map<String, String> annotations = Map.of("key" + text, "value" + text);
        RecordSummary summary =
                new RecordSummary(RESULT.record(P), "t", null, null, SummaryStatus.TIMEOUT, Map.of("k" + text, text));
        if (!can(Ability.HALF_PAIRS) && holdsHalfPair(text)) {
            assertHalfPairsAreRefused(annotations, summary);
            return;
        }

        Result updated = store.updateResult(
                RESULT,
                annotations,
                Optional.of(summary),
                result(RESULT).stored().etag());

        assertThat(updated.annotations()).isEqualTo(annotations);
        assertThat(result(RESULT)).isEqualTo(updated);
        assertThat(result(RESULT).summary()).contains(summary);
        assertThat(store.listResults(ListQuery.of("ci")).items()).containsExactly(updated);
    }

    private static boolean holdsHalfPair(String text) {
        return text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private void assertHalfPairsAreRefused(Map<String, String> annotations, RecordSummary summary) {
        Result before = result(RESULT);
        String etag = before.stored().etag();
        assertFails(
                Code.INVALID, "surrogate pair", () -> store.updateResult(RESULT, annotations, Optional.empty(), etag));
        assertFails(
                Code.INVALID, "surrogate pair", () -> store.updateResult(RESULT, Map.of(), Optional.of(summary), etag));
        assertThat(result(RESULT)).isEqualTo(before);
    }

    @Test
    final void oddCharactersInAnnotationsOfARunAreMergedWithThoseOfOthers() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        store.updateResult(
                RESULT,
                Map.of("mine", "␛0000"),
                Optional.empty(),
                result(RESULT).stored().etag());
        String object = "{\\\"odd\\\":\\\"\\\\u0000\\\\ud800␛\\\"}";
        SampleRun newer = SampleRun.pipelineRun(P)
                .version("2")
                .annotations(Map.of(ResultNaming.RESULT_ANNOTATIONS, object, ResultNaming.SUMMARY_ANNOTATIONS, object));

        store.archive(List.of(newer.placed()));
        assertThat(store.archive(List.of(newer.placed())))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);

        String kept = can(Ability.HALF_PAIRS) ? "\u0000\ud800␛" : "\u0000?␛";
        assertThat(result(RESULT).annotations())
                .containsEntry("mine", "␛0000")
                .containsEntry("odd", kept)
                .containsEntry("object.metadata.name", "run-" + P);
        assertThat(result(RESULT).summary().orElseThrow().annotations()).containsOnly(Map.entry("odd", kept));
    }

    @Test
    final void aStepScriptOfFiveMegabytesComesBackAsItWentIn() {
        RunPlacement run =
                SampleRun.taskRun(T).note("echo \\u0000 ä😀\\n".repeat(5 << 16)).placed();
        assertThat(run.run().json().length).isGreaterThan(5 << 20);

        store.archive(List.of(run));

        assertThat(tree(record(run.record()).data())).isEqualTo(tree(run.run().json()));
        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);
    }
}
