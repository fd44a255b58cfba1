package ch.sbb.esta.results.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilterTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data.status.completionTime - data.status.startTime > duration('5m') && data_type == PIPELINE_RUN",
                "data.metadata.labels['tekton.dev/pipeline'] == 'bar'",
                "data.metadata.annotations.contains('bar')",
                "!(data.status.conditions[0].status == 'True')",
                "size(data.status.pipelineSpec.tasks) >= 3",
                "has(data.status.completionTime) && timestamp(data.status.startTime).getHours() < 12",
                "data_type in [TASK_RUN, PIPELINE_RUN] || name.matches('a.*')"
            })
    void readsWhatPeopleAskOfRecords(String text) {
        assertThat(Filter.forRecords(" " + text + "\n").text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "parent == 'a' && uid != 'b'",
                "annotations['k'] == 'v' && 'k' in annotations && annotations.contains('v')",
                "summary.end_time - summary.start_time > duration('5m') && summary.annotations['x'] == 'y'",
                "create_time.getFullYear() == 2026 && summary.type == PIPELINE_RUN"
            })
    void readsWhatPeopleAskOfResults(String text) {
        assertThat(Filter.forResults(text).text()).isEqualTo(text);
    }

    @Test
    void putsConstantsIntoTheTree() {
        assertThat(Filter.forResults("summary.status == FAILURE").condition())
                .isEqualTo(new Term.Compare(
                        Term.Comparison.EQUAL,
                        new Term.Field("summary.status", Term.Kind.NUMBER),
                        new Term.Constant(Term.Kind.NUMBER, BigDecimal.valueOf(2))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing == 'a'",
                "parent == 1",
                "parent",
                "parent = 'a'",
                "data.x == b'a'",
                "type(data) == int",
                "data.x.all(y, y == 1)",
                "parent.shout()",
                "summary.status == 1",
                "data.x == 1u",
                "data == {'a': 1}"
            })
    void refusesTheRestOnRecords(String text) {
        assertThatThrownBy(() -> Filter.forRecords(text))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID));
    }

    @Test
    void namesLineAndColumn() {
        assertThatThrownBy(() -> Filter.forRecords("parent == 'a' &&\n  nothing == 'b'"))
                .hasMessageContaining("line 2, column 3")
                .hasMessageContaining("nothing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "[", "!(", "-(", "data.", "true && "})
    void refusesWhatIsTooDeepOrTooLong(String piece) {
        for (int times : new int[] {2_000, 100_000}) {
            assertThatThrownBy(() -> Filter.forRecords(piece.repeat(times) + "true"))
                    .isInstanceOf(ResultsException.class);
        }
    }
}
