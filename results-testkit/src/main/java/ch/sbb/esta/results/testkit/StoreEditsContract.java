package ch.sbb.esta.results.testkit;

import static ch.sbb.esta.results.testkit.Runs.tree;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultCreation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Updates, creation and deletion. */
abstract class StoreEditsContract extends StoreTextContract {

    @Test
    final void anUpdateReplacesAnnotationsAndSummaryWhole() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Result before = result(RESULT);
        clock.advance(Duration.ofSeconds(1));

        Result cleared = store.updateResult(
                RESULT, Map.of(), Optional.empty(), before.stored().etag());

        assertThat(cleared.annotations()).isEmpty();
        assertThat(cleared.summary()).isEmpty();
        assertThat(cleared.stored().updateTime()).isEqualTo(now());
        assertThat(cleared.stored().createTime()).isEqualTo(before.stored().createTime());
        assertThat(cleared.stored().etag()).isNotEqualTo(before.stored().etag());
        assertThat(result(RESULT)).isEqualTo(cleared);
    }

    @Test
    final void updatesThatChangeNothingChangeNothing() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Result result = result(RESULT);
        Record record = record(RESULT.record(P));
        clock.advance(Duration.ofSeconds(1));

        assertThat(store.updateResult(
                        RESULT,
                        result.annotations(),
                        result.summary(),
                        result.stored().etag()))
                .isEqualTo(result);
        assertThat(store.updateRecord(
                        record.name(),
                        record.type(),
                        record.data(),
                        record.stored().etag()))
                .isEqualTo(record);
        assertThat(result(RESULT)).isEqualTo(result);
        assertThat(record(record.name())).isEqualTo(record);
    }

    @Test
    final void aRecordTakesDataOfAnyType() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Record before = record(RESULT.record(P));
        clock.advance(Duration.ofSeconds(1));
        byte[] data = "[null,100,\"\\u0000\"]".getBytes(StandardCharsets.UTF_8);

        Record after =
                store.updateRecord(before.name(), "t", data, before.stored().etag());

        assertThat(after.type()).isEqualTo("t");
        assertThat(tree(after.data())).isEqualTo(tree(data));
        assertThat(after.stored().updateTime()).isEqualTo(now());
        assertThat(after.stored().createTime()).isEqualTo(before.stored().createTime());
        assertThat(after.stored().uid()).isEqualTo(before.stored().uid());
        assertThat(record(before.name())).isEqualTo(after);
    }

    @Test
    final void everyChangeMakesAnEtagThatWasNeverThereWhileTheClockStandsStill() {
        Set<String> etags = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            store.archive(List.of(SampleRun.pipelineRun(P)
                    .version("" + i)
                    .note(i % 2 == 0 ? "a" : "b")
                    .placed()));
            assertThat(etags.add(record(RESULT.record(P)).stored().etag())).isTrue();
        }
    }

    @Test
    final void aResultWithoutRunsIsCreatedOnceAndFilledByItsRun() {
        if (!(store instanceof ResultCreation creation)) {
            return;
        }
        RecordSummary summary =
                new RecordSummary(RESULT.record(P), "t", null, null, SummaryStatus.UNKNOWN, Map.of("k", "\u0000"));

        Result created = creation.createResult(RESULT, Map.of("a", "1", "nul", "\u0000"), Optional.of(summary));

        assertThat(created.name()).isEqualTo(RESULT);
        assertThat(created.annotations()).containsOnly(Map.entry("a", "1"), Map.entry("nul", "\u0000"));
        assertThat(created.summary()).contains(summary);
        assertThat(result(RESULT)).isEqualTo(created);
        clock.advance(Duration.ofSeconds(1));
        assertThat(creation.createResult(RESULT, Map.of(), Optional.empty())).isEqualTo(created);
        assertThat(creation.createResult(ResultName.parse("ci/results/bare"), Map.of(), Optional.empty())
                        .summary())
                .isEmpty();

        store.archive(List.of(SampleRun.pipelineRun(P).placed()));

        assertThat(result(RESULT).annotations()).containsEntry("a", "1");
        assertThat(result(RESULT).stored().uid()).isEqualTo(created.stored().uid());
        assertThat(record(RESULT.record(P)).name()).isEqualTo(RESULT.record(P));
    }

    @Test
    final void aRecordOfAnyTypeIsCreatedOnce() {
        if (!(store instanceof RecordCreation creation)) {
            return;
        }
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        RecordName name = RESULT.record("log-1");
        byte[] data = "{\"kind\":\"Log\",\"text\":\"\\u0000\"}".getBytes(StandardCharsets.UTF_8);

        Record created = creation.createRecord(name, "results.tekton.dev/v1alpha3.Log", data);

        assertThat(created.type()).isEqualTo("results.tekton.dev/v1alpha3.Log");
        assertThat(created.data()).isEqualTo(record(name).data());
        assertThat(record(name)).isEqualTo(created);
        clock.advance(Duration.ofSeconds(1));
        assertThat(creation.createRecord(name, "other", "{}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(created);
        Record updated = store.updateRecord(
                name,
                created.type(),
                "[1]".getBytes(StandardCharsets.UTF_8),
                created.stored().etag());
        assertThat(updated.stored().etag()).isNotEqualTo(created.stored().etag());
        assertFails(
                Code.NOT_FOUND,
                "ci/results/none",
                () -> creation.createRecord(RecordName.parse("ci/results/none/records/log"), "t", data));
        assertFails(
                Code.INVALID,
                "JSON",
                () -> creation.createRecord(RESULT.record("bad"), "t", "{".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    final void aWrongEtagIsAConflict() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));

        assertFails(
                Code.CONFLICT,
                "\"evil\\u000a\"",
                () -> store.updateResult(RESULT, Map.of(), Optional.empty(), "evil\n"));
        assertFails(
                Code.CONFLICT,
                RESULT.record(P).toString(),
                () -> store.updateRecord(RESULT.record(P), "t", "{}".getBytes(StandardCharsets.UTF_8), "evil"));
    }

    @Test
    final void whatIsNotThereIsNotFound() {
        byte[] data = "{}".getBytes(StandardCharsets.UTF_8);

        assertThat(store.findResult(RESULT)).isEmpty();
        assertThat(store.findRecord(RESULT.record(P))).isEmpty();
        assertFails(
                Code.NOT_FOUND, RESULT.toString(), () -> store.updateResult(RESULT, Map.of(), Optional.empty(), "e"));
        assertFails(
                Code.NOT_FOUND,
                RESULT.record(P).toString(),
                () -> store.updateRecord(RESULT.record(P), "t", data, "e"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{} {}", "{\"a\":1,\"a\":2}", "{'a':1}", "{\"a\":\"\u0000\"}", "nul"})
    final void dataThatIsNotJsonIsInvalid(String data) {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Record before = record(RESULT.record(P));

        assertFails(
                Code.INVALID,
                "",
                () -> store.updateRecord(
                        before.name(),
                        "t",
                        data.getBytes(StandardCharsets.UTF_8),
                        before.stored().etag()));
        assertThat(record(before.name())).isEqualTo(before);
    }

    @Test
    final void aResultTakesItsRecordsWithIt() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).placed(),
                SampleRun.pipelineRun(Q).placed()));

        store.deleteResult(RESULT);
        store.deleteResult(RESULT);

        assertThat(store.findResult(RESULT)).isEmpty();
        assertThat(store.findRecord(RESULT.record(T))).isEmpty();
        assertThat(records()).extracting(record -> record.name().record()).containsExactly(Q);
    }

    @Test
    final void aRecordIsDeletedAlone() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).placed()));

        store.deleteRecord(RESULT.record(T));
        store.deleteRecord(RESULT.record(T));

        assertThat(store.findRecord(RESULT.record(T))).isEmpty();
        assertThat(store.findRecord(RESULT.record(P))).isPresent();
        assertThat(store.findResult(RESULT)).isPresent();
    }
}
