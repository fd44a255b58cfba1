package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.RunSnapshot.State;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunReadingTest {

    private static final String HEAD = "{\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",";
    private static final String METADATA = "\"metadata\":{\"namespace\":\"ci\",\"name\":\"build\",\"uid\":\"u-1\"}";
    private static final String RUN = HEAD + METADATA + "}";

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static String read(byte[] json) {
        RunReading reading = RunReading.of(json);
        assertThat(reading.run().isPresent()).isNotEqualTo(reading.refusal().isPresent());
        return reading.refusal().map(ArchiveOutcome::toString).orElse("a run");
    }

    private static String read(String json) {
        return read(bytes(json));
    }

    @Test
    void readsTheSmallestRun() {
        RunSnapshot run = RunSnapshot.parse(bytes(RUN));
        assertThat(run.kind()).isEqualTo(RunKind.TASK_RUN);
        assertThat(run.namespace()).isEqualTo("ci");
        assertThat(run.name()).isEqualTo("build");
        assertThat(run.uid()).isEqualTo("u-1");
        assertThat(run.resourceVersion()).isEmpty();
        assertThat(run.labels()).isEmpty();
        assertThat(run.annotations()).isEmpty();
        assertThat(run.owners()).isEmpty();
        assertThat(run.owningPipelineRun()).isEmpty();
        assertThat(run.creationTime()).isEmpty();
        assertThat(run.deletionTime()).isEmpty();
        assertThat(run.startTime()).isEmpty();
        assertThat(run.completionTime()).isEmpty();
        assertThat(run.succeeded()).isEmpty();
        assertThat(run.reason()).isEmpty();
        assertThat(run.state()).isEqualTo(State.PENDING);
        assertThat(run.summaryStatus()).isEqualTo(SummaryStatus.UNKNOWN);
    }

    @Test
    void readsAllThatItDecidesByAndKeepsEveryByte() {
        byte[] json = bytes("""
                {"invented": [1.50, {"x": null}], "apiVersion": "tekton.dev/v1beta1", "kind": "CustomRun",
                 "status": {"startTime": "2026-01-02T03:04:05Z", "completionTime": "2026-01-02T05:04:06.123456789+01:00",
                   "conditions": [{"type": "Other", "status": "False"},
                     {"type": "Succeeded", "status": "False", "reason": "Bad", "message": "m"}]},
                 "metadata": {"uid": "u", "name": "n.x", "namespace": "ci", "resourceVersion": "12",
                   "labels": {"a": "b", "n": 1}, "annotations": {"c": "d"},
                   "creationTimestamp": "2026-01-02T03:04:04Z", "deletionTimestamp": "never",
                   "ownerReferences": [{"apiVersion": "v1", "kind": "PipelineRun", "uid": "x"},
                     {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "name": "p", "uid": "y"}]}}
                """);
        byte[] copy = json.clone();
        RunSnapshot run = RunSnapshot.parse(json);
        assertThat(run.json()).isSameAs(json).isEqualTo(copy);
        assertThat(run.kind()).isEqualTo(RunKind.CUSTOM_RUN);
        assertThat(run.name()).isEqualTo("n.x");
        assertThat(run.resourceVersion()).contains("12");
        assertThat(run.labels()).containsOnly(Map.entry("a", "b"));
        assertThat(run.annotations()).containsOnly(Map.entry("c", "d"));
        assertThat(run.owners()).hasSize(2);
        assertThat(run.owningPipelineRun()).contains(new OwnerReference("tekton.dev/v1", "PipelineRun", "p", "y"));
        assertThat(run.creationTime()).contains(Instant.parse("2026-01-02T03:04:04Z"));
        assertThat(run.deletionTime()).as("unreadable").isEmpty();
        assertThat(run.startTime()).contains(Instant.parse("2026-01-02T03:04:05Z"));
        assertThat(run.completionTime()).contains(Instant.parse("2026-01-02T04:04:06.123456789Z"));
        assertThat(run.succeeded()).contains(new Condition("Succeeded", "False", "Bad", "m"));
        assertThat(run.isFinished()).isTrue();
        assertThat(run.summaryStatus()).isEqualTo(SummaryStatus.FAILURE);
        assertThat(run.version()).isEqualTo(new RunVersion(true, "12", RunSnapshot.Origin.WATCH));
        assertThat(run.asLiveRead().version().origin()).isEqualTo(RunSnapshot.Origin.LIVE_READ);
        assertThat(run).hasToString("tekton.dev/v1beta1 CustomRun ci/\"n.x\" uid u version \"12\" FINISHED");
    }

    @ParameterizedTest
    @CsvSource({"True, FINISHED", "False, FINISHED", "Unknown, RUNNING", "'', RUNNING"})
    void isFinishedWhenTheConditionIsFinal(String status, State state) {
        String json = HEAD + METADATA
                + ",\"status\":{\"startTime\":\"2026-01-02T03:04:05Z\",\"conditions\":[{\"type\":\"Succeeded\",\"status\":\""
                + status + "\"}]}}";
        assertThat(RunSnapshot.parse(bytes(json)).state()).isEqualTo(state);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``|INVALID: no JSON value
            ` `|INVALID: no JSON value
            null|INVALID: not a JSON object at line 1, column 1
            []|INVALID: not a JSON object at line 1, column 1
            `"x"`|INVALID: not a JSON object at line 1, column 1
            {}|INVALID: no kind or apiVersion
            {} {}|INVALID: more than one JSON value at line 1, column 4
            {} x|INVALID: not valid JSON at line 1, column 4: "Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            {"kind":"TaskRun"}|INVALID: no kind or apiVersion
            {"kind":1,"apiVersion":"tekton.dev/v1"}|INVALID: no kind or apiVersion
            {"kind":"Pod","apiVersion":"v1"}|NOT_A_RUN: v1 Pod
            {"kind":"Po d","apiVersion":"v1"}|NOT_A_RUN: v1 "Po d"
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1alpha1"}|NOT_A_RUN: tekton.dev/v1alpha1 TaskRun
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1","metadata":[]}|INVALID: no metadata.uid
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1","metadata":{"uid":7}}|INVALID: no metadata.uid
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1","metadata":{"uid":"u"}}|INVALID: no metadata.namespace
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1","metadata":{"uid":"u","namespace":"n"}}|INVALID: no metadata.name
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1","metadata":{"uid":"../x","namespace":"n","name":"a"}}|INVALID: metadata.uid "../x" is not a name: it takes 1 to 63 characters of a-z, 0-9, _ and -
            {"kind":"TaskRun","apiVersion":"tekton.dev/v1","metadata":{"uid":"u","namespace":"-","name":"a"}}|INVALID: metadata.namespace "-" means any; this call needs one
            {"kind":"TaskRun","kind":"TaskRun"}|INVALID: not valid JSON at line 1, column 25: "Duplicate field 'kind'"
            {"a":{"b":1,"b":2}}|INVALID: not valid JSON at line 1, column 16: "Duplicate field 'b'"
            {"a":01}|INVALID: not valid JSON at line 1, column 7: "Invalid numeric value: Leading zeroes not allowed"
            """)
    void refusesWithTheFaultAndThePlace(String json, String expected) {
        assertThat(read(json == null ? "" : json)).isEqualTo(expected);
    }

    @Test
    void throwsWhatItRefuses() {
        assertThatThrownBy(() -> RunSnapshot.parse(bytes("{}")))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID))
                .hasMessage("no kind or apiVersion");
    }

    @Test
    void refusesEveryBeginningOfARun() {
        byte[] whole = bytes(RUN);
        for (int length = 0; length < whole.length; length++) {
            assertThat(read(Arrays.copyOf(whole, length)))
                    .as("%s bytes", length)
                    .matches("INVALID: (no JSON value|not valid JSON at line 1, .*)");
        }
        assertThat(read(whole)).isEqualTo("a run");
    }

    @Test
    void refusesDuplicateKeysWhereverTheyAre() {
        for (String twice : List.of(
                "\"metadata\":{},",
                "\"spec\":{\"a\":{\"b\":1,\"b\":1}},",
                "\"status\":{\"x\":1,\"x\":1},",
                "\"status\":{\"conditions\":[{\"type\":1,\"type\":2}]},",
                "\"\\u0061\":1,\"a\":1,")) {
            assertThat(read(HEAD + twice + METADATA + "}"))
                    .as(twice)
                    .startsWith("INVALID: not valid JSON at line 1, column ")
                    .contains("Duplicate field");
        }
    }

    @Test
    void tellsTheNamespaceOfWhatItRefuses() {
        String named = "\"metadata\":{\"namespace\":\"ci\"}";
        assertThat(RunReading.of(bytes(HEAD + named + "}")).namespace()).isEqualTo("ci");
        assertThat(RunReading.of(bytes(HEAD + named + ",\"a\":nope}")).namespace())
                .isEqualTo("ci");
        assertThat(RunReading.of(bytes("{\"kind\":\"Pod\",\"apiVersion\":\"v1\"," + named + "}"))
                        .namespace())
                .isEqualTo("ci");
        assertThat(RunReading.of(bytes(HEAD + "\"metadata\":{\"namespace\":\"../x\"}}"))
                        .namespace())
                .isEmpty();
        assertThat(RunReading.of(bytes(HEAD + "\"metadata\":{\"namespace\":\"-\"}}"))
                        .namespace())
                .isEmpty();
        assertThat(RunReading.of(bytes("nope")).namespace()).isEmpty();
        assertThat(RunReading.of(bytes(RUN)).namespace()).isEqualTo("ci");
    }

    private static String nested(int levels) {
        return HEAD + METADATA + ",\"spec\":" + "[".repeat(levels - 1) + "]".repeat(levels - 1) + "}";
    }

    @Test
    void readsAThousandLevelsAndRefusesMore() {
        assertThat(read(nested(1000))).isEqualTo("a run");
        assertThat(read(nested(1001)))
                .startsWith("INVALID: over a limit at line 1, column ")
                .endsWith(": \"Document nesting depth (1001) exceeds the maximum allowed (1000)\"");
        assertThat(read(nested(10_000))).contains("nesting depth (1001)");
        String inMetadata = HEAD + "\"metadata\":{\"x\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}}";
        assertThat(read(inMetadata)).contains("nesting depth (1001)");
        String inStatus =
                HEAD + METADATA + ",\"status\":{\"conditions\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}}";
        assertThat(read(inStatus)).contains("nesting depth (1001)");
    }

    @Test
    void readsUpToItsLimitOfBytes() {
        String head = HEAD + METADATA + ",\"spec\":\"";
        String json = head + "x".repeat(RunReading.MAX_BYTES - head.length() - 2) + "\"}";
        assertThat(read(json)).isEqualTo("a run");
        assertThat(read(json + " "))
                .isEqualTo("INVALID: the object has 16777217 bytes, more than the limit of 16777216");
    }

    @Test
    void readsNoOtherEncodingThanUtf8() {
        byte[] invalid = bytes(HEAD + METADATA + ",\"a\":\"?\"}");
        int place = new String(invalid, StandardCharsets.UTF_8).indexOf('?');
        for (int wrong : new int[] {0x80, 0xC0, 0xC3, 0xED, 0xF5, 0xFF}) {
            invalid[place] = (byte) wrong;
            assertThat(read(invalid)).as("%x", wrong).isEqualTo("INVALID: not UTF-8 at byte " + place);
        }
        assertThat(read(RUN.getBytes(StandardCharsets.UTF_16))).startsWith("INVALID: not UTF-8 at byte 0");
        assertThat(read(RUN.getBytes(StandardCharsets.UTF_16LE)))
                .startsWith("INVALID: not valid JSON at line 1, column 3");
        assertThat(read(new byte[] {0, 0, 0, '{'})).startsWith("INVALID: not valid JSON at line 1, column 2");
        assertThat(read("\ufeff" + RUN))
                .as("a byte order mark is no white space of JSON")
                .startsWith("INVALID: not valid JSON at line 1, column 3: ");
    }

    @Test
    void findsAFaultBehindManyGoodBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(HEAD + METADATA + ",\"a\":\"" + "\u00fc".repeat(100_000)));
        int place = out.size();
        out.write(0xFE);
        out.writeBytes(bytes("\"}"));
        assertThat(read(out.toByteArray())).isEqualTo("INVALID: not UTF-8 at byte " + place);
    }

    @Test
    void readsNulAndLoneSurrogatesAndFourByteCharacters() {
        String json = HEAD + METADATA + ",\"spec\":\"\\u0000 \\ud800 \\udfff \ud83d\ude00\"}";
        assertThat(read(json)).isEqualTo("a run");
        assertThat(RunSnapshot.parse(bytes(json)).json()).isEqualTo(bytes(json));
    }

    @Test
    void answersWhateverTheBytes() {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        byte[] run = bytes(RUN);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = run.clone();
            for (int change = 0; change <= random.nextInt(3); change++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            String outcome = read(bytes);
            assertThat(outcome)
                    .as("seed %s", seed)
                    .matches("a run|INVALID: .+|NOT_A_RUN: .+")
                    .doesNotContain("\n");
        }
    }
}
