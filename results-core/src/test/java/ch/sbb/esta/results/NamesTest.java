package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException.Code;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

    private static final String LONGEST = "a".repeat(63);

    private static void assertInvalid(ThrowingCallable call, String messagePart) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining(messagePart)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "\u0000", "\u202e"));
    }

    private static String segment(Random random) {
        String letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
        StringBuilder text = new StringBuilder();
        int length = 1 + random.nextInt(63);
        for (int i = 0; i < length; i++) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString().equals("-") ? "a" : text.toString();
    }

    @Test
    void everyNameIsParsedBackFromItsText() {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            ResultName result = new ResultName(segment(random), segment(random));
            RecordName record = result.record(segment(random));
            LogName log = new LogName(result, segment(random));
            assertThat(ResultName.parse(result.toString())).as("seed %s", seed).isEqualTo(result);
            assertThat(RecordName.parse(record.toString())).as("seed %s", seed).isEqualTo(record);
            assertThat(LogName.parse(log.toString())).as("seed %s", seed).isEqualTo(log);
            assertThat(record.parent()).isEqualTo(result.parent());
        }
    }

    @Test
    void namesHaveTheFormsOfTektonResults() {
        ResultName result = new ResultName("ci", "0b7f");
        assertThat(result).hasToString("ci/results/0b7f");
        assertThat(result.record("19aa")).hasToString("ci/results/0b7f/records/19aa");
        assertThat(new LogName(result, "19aa")).hasToString("ci/results/0b7f/logs/19aa");
        assertThat(ResultName.parse(LONGEST + "/results/" + LONGEST).result()).isEqualTo(LONGEST);
    }

    @Test
    void namesAreSortedByTheirSegments() {
        List<ResultName> sorted = Stream.of("b/results/a", "a/results/b", "a-b/results/a", "a/results/a")
                .map(ResultName::parse)
                .sorted()
                .toList();
        assertThat(sorted)
                .extracting(ResultName::toString)
                .containsExactly("a/results/a", "a/results/b", "a-b/results/a", "b/results/a");
        assertThat(RecordName.parse("a/results/b/records/c"))
                .isGreaterThan(RecordName.parse("a/results/b/records/b"))
                .isLessThan(RecordName.parse("a/results/c/records/a"));
    }

    static Stream<String> hostile() {
        return Stream.of(
                "",
                "A",
                "a.b",
                "a b",
                "\u00e4",
                "../etc",
                "a/b",
                "a\u0000",
                "a\n",
                "\u202egnp.exe",
                "%2e%2e",
                "'; drop table records --",
                "\ud800",
                "a".repeat(64),
                "\u0430",
                "\uff41");
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void hostileSegmentsAreRefusedAndShownEscaped(String segment) {
        assertInvalid(() -> new ResultName(segment, "a"), "parent " + Escaped.of(segment) + " is not a name");
        assertInvalid(() -> new ResultName("a", segment), "result " + Escaped.of(segment));
        assertInvalid(() -> new ResultName("a", "b").record(segment), "record " + Escaped.of(segment));
        assertInvalid(() -> new LogName(new ResultName("a", "b"), segment), "log " + Escaped.of(segment));
        assertInvalid(() -> ResultName.parse(segment + "/results/a"), Escaped.of(segment + "/results/a"));
        assertInvalid(() -> RecordName.parse("a/results/b/records/" + segment), "PARENT/results/RESULT/records/RECORD");
        assertInvalid(() -> LogName.parse("a/results/b/logs/" + segment), "PARENT/results/RESULT/logs/LOG");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a/results",
                "a/results/",
                "a/result/b",
                "a/results/b/",
                "/a/results/b",
                "a//results/b",
                "a/records/b",
                "a/results/b/c"
            })
    void otherFormsAreNoResultNames(String text) {
        assertInvalid(() -> ResultName.parse(text), Escaped.of(text) + " is not of the form PARENT/results/RESULT");
    }

    @Test
    void aDashMeansAnyAndNamesNothing() {
        assertInvalid(() -> new ResultName("-", "a"), "parent \"-\" means any; this call needs one");
        assertInvalid(() -> ResultName.parse("a/results/-"), "result \"-\" means any");
        assertInvalid(() -> RecordName.parse("a/results/b/records/-"), "record \"-\" means any");
        assertThat(new ResultName("--", "-a").toString()).isEqualTo("--/results/-a");
    }

    @Test
    void theLogOfAContainerIsParsedBackFromItsPath() {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 1000; i++) {
            ContainerLogId id = new ContainerLogId(
                    segment(random),
                    segment(random),
                    segment(random),
                    "step-" + random.nextInt(1000),
                    random.nextInt(999_999_999));
            assertThat(ContainerLogId.parse(id.path())).as("seed %s", seed).isEqualTo(id);
        }
        assertThat(new ContainerLogId("ci", "t", "p", "step-a", 0)).hasToString("ci/t/p/step-a/0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "ci/t/p/step-a", "ci/t/p/step-a/0/1", "ci/t/p/step-a/-1", "ci/t/p/step-a/01", "ci/t/p/step-a/+1",
                "ci/t/p/step-a/9999999999", "ci/t/p/Step/0", "ci/t/p/-a/0", "ci/t/p/a-/0", "ci/t/p/../0", "../t/p/a/0",
                "ci/t/p/a\n/0", "-/t/p/a/0", "ci/t/p/a_b/0"
            })
    void otherTextsAreNoPathOfALog(String text) {
        assertThatThrownBy(() -> ContainerLogId.parse(text))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
    }

    @Test
    void aLogOfAContainerHasNoNegativeRestart() {
        assertInvalid(() -> new ContainerLogId("ci", "t", "p", "a", -1), "restart -1 is negative");
    }

    @Test
    void escapedTextIsOneLineInQuotesAndBounded() {
        assertThat(Escaped.of("plain \u00fc \ud83d\ude00")).isEqualTo("\"plain \u00fc \ud83d\ude00\"");
        assertThat(Escaped.of("a\"b\\c\n\r\t\u0000\u001b\u2028\u2029\u202e\ud800\u200b"))
                .isEqualTo("\"a\\\"b\\\\c\\u000a\\u000d\\u0009\\u0000\\u001b\\u2028\\u2029\\u202e\\ud800\\u200b\"");
        assertThat(Escaped.of("\udb40\udc01")).isEqualTo("\"\\u{e0001}\"");
        assertThat(Escaped.of("x".repeat(200))).isEqualTo("\"" + "x".repeat(200) + "\"");
        assertThat(Escaped.of("x".repeat(201))).isEqualTo("\"" + "x".repeat(200) + "\"\u2026 (201 characters)");
        assertThat(Escaped.of("x".repeat(199) + "\ud83d\ude00y")).endsWith("\ud83d\ude00\"\u2026 (202 characters)");
    }
}
