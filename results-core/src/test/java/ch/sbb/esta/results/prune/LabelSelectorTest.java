package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSelectorTest {

    private static final Map<String, String> LABELS = Map.of("app.dev/team", "a", "tier", "web", "empty", "");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "tier",
                "!absent",
                "tier=web",
                "tier == web",
                "tier!=db",
                "absent!=db",
                "empty=",
                "tier in (db, web)",
                "tier notin (db,cache)",
                "absent notin (db)",
                "app.dev/team=a,tier in (web,db),!absent"
            })
    void conditionsHold(String text) {
        assertThat(LabelSelector.parse(text).matches(LABELS)).isTrue();
        assertThat(LabelSelector.parse(text)).hasToString(text.strip());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "absent",
                "!tier",
                "tier=db",
                "tier!=web",
                "absent=",
                "tier in (db)",
                "tier notin (web)",
                "absent in (web)",
                "app.dev/team=a,tier=db"
            })
    void conditionsDoNotHold(String text) {
        assertThat(LabelSelector.parse(text).matches(LABELS)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {",", "a=b,", "a=b c", "a in b", "a in (b", "a ~ b", "a>1", "=b", "a in (b c)"})
    void mistakesAreTold(String text) {
        assertThatThrownBy(() -> LabelSelector.parse(text))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("none of: key");
    }

    @ParameterizedTest
    @CsvSource({"120h,PT120H", "0,PT0S", "0s,PT0S", "-1s,PT-1S", "-1h30m,PT-1H-30M", "+1.5h,PT1H30M", "250ms,PT0.25S"})
    void graceIsReadAsTheFlagOfTektonResults(String flag, Duration time) {
        assertThat(PrunerConfig.builder().grace(flag).build().grace()).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "5", "5d", "1h 30m", "h"})
    void aGraceThatIsNoDurationIsRefused(String flag) {
        assertThatThrownBy(() -> PrunerConfig.builder().grace(flag)).isInstanceOf(ResultsException.class);
    }

    @Test
    void allMistakesOfAConfigurationAreToldAtOnce() {
        assertThatThrownBy(() -> PrunerConfig.builder()
                        .keepLast(-1)
                        .deletionsPerSecond(0)
                        .interval(Duration.ZERO)
                        .namespaces(Set.of("-", "Wrong"))
                        .build())
                .hasMessageContaining("keepLast")
                .hasMessageContaining("deletionsPerSecond")
                .hasMessageContaining("interval")
                .hasMessageContaining("means any")
                .hasMessageContaining("Wrong");
    }
}
