package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException.Code;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PagesTest {

    private final List<String> asked = new ArrayList<>();

    /** Pages of two numbers up to a limit; a page may be empty in the middle. */
    private Page<Integer> page(ListQuery query, int limit) {
        String token = query.pageToken().orElse("");
        asked.add(token);
        int from = token.isEmpty() ? 0 : Integer.parseInt(token);
        List<Integer> items = from == 4 ? List.of() : List.of(from, from + 1);
        return new Page<>(items, from + 2 >= limit ? null : "" + (from + 2));
    }

    @Test
    void allItemsComeInOrder() {
        assertThat(Pages.stream(ListQuery.of("ci"), query -> page(query, 10))).containsExactly(0, 1, 2, 3, 6, 7, 8, 9);
        assertThat(asked).containsExactly("", "2", "4", "6", "8");
    }

    @Test
    void pagesAreAskedForWhenTheyAreNeeded() {
        assertThat(Pages.stream(ListQuery.of("ci"), query -> page(query, 1_000_000))
                        .limit(2))
                .containsExactly(0, 1);
        assertThat(asked).containsExactly("");
    }

    @Test
    void anEmptyListIsAnEmptyStream() {
        assertThat(Pages.stream(ListQuery.of("ci"), query -> new Page<Integer>(List.of(), null)))
                .isEmpty();
    }

    @Test
    void aFailureIsNoEnd() {
        assertThatThrownBy(() -> Pages.stream(ListQuery.of("ci"), query -> {
                            if (query.pageToken().isPresent()) {
                                throw new ResultsException(Code.UNAVAILABLE, "away");
                            }
                            return page(query, 10);
                        })
                        .toList())
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("away");
    }
}
