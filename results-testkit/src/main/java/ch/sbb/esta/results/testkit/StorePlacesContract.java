package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultNaming.Grouping;
import ch.sbb.esta.results.RunPlacement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A run has one Record, whatever rule would place it otherwise now, and what belongs to it lies in its Result. */
abstract class StorePlacesContract extends StoreArchiveContract {

    private static final ResultNaming BY_EVENT = ResultNaming.defaults().groupedBy(Grouping.BY_TRIGGER_EVENT);
    private static final Map<String, String> EVENT = Map.of(ResultNaming.TRIGGER_EVENT_LABEL, "event");
    private static final ResultName OF_EVENT = new ResultName(SampleRun.NAMESPACE, "event");
    private static final Map<String, String> ANNOTATED = Map.of(ResultNaming.RESULT_ANNOTATION, OF_EVENT.toString());

    private RecordName archived(RunPlacement run, Status status) {
        List<ArchiveOutcome> outcomes = store.archive(List.of(run));
        assertThat(outcomes).extracting(ArchiveOutcome::status).containsExactly(status);
        return outcomes.get(0).record().orElseThrow();
    }

    private void assertOneRecord(RecordName... names) {
        assertThat(records()).extracting(ch.sbb.esta.results.Record::name).containsExactlyInAnyOrder(names);
    }

    @Test
    final void aRunThatIsGroupedOtherwiseStaysWhereItIs() {
        SampleRun run = SampleRun.pipelineRun(P).labels(EVENT);
        assertThat(archived(BY_EVENT.place(run.snapshot()), Status.CREATED)).isEqualTo(OF_EVENT.record(P));

        assertThat(archived(run.placed(), Status.UNCHANGED)).isEqualTo(OF_EVENT.record(P));
        assertThat(archived(run.version("2").succeeded("True").placed(), Status.UPDATED))
                .isEqualTo(OF_EVENT.record(P));

        assertOneRecord(OF_EVENT.record(P));
        assertThat(result(OF_EVENT).summary().orElseThrow().record()).isEqualTo(OF_EVENT.record(P));
        assertThat(store.findResult(RESULT)).isEmpty();
    }

    @Test
    final void aRunThatIsAnnotatedLaterStaysWhereItIs() {
        archived(SampleRun.pipelineRun(P).placed(), Status.CREATED);

        RunPlacement later =
                SampleRun.pipelineRun(P).version("2").annotations(ANNOTATED).placed();

        assertThat(archived(later, Status.UPDATED)).isEqualTo(RESULT.record(P));
        assertOneRecord(RESULT.record(P));
    }

    @Test
    final void aChildGoesToTheRecordOfItsPipelineRun() {
        archived(BY_EVENT.place(SampleRun.pipelineRun(P).labels(EVENT).snapshot()), Status.CREATED);

        RunPlacement child = SampleRun.taskRun(T).ownedBy(P).labels(EVENT).placed();

        assertThat(child.record()).isEqualTo(RESULT.record(T));
        assertThat(archived(child, Status.CREATED)).isEqualTo(OF_EVENT.record(T));
        assertOneRecord(OF_EVENT.record(P), OF_EVENT.record(T));
    }

    @Test
    final void aChildThatWasArchivedBeforeItsPipelineRunStaysAlone() {
        archived(SampleRun.taskRun(T).ownedBy(P).labels(EVENT).placed(), Status.CREATED);
        archived(BY_EVENT.place(SampleRun.pipelineRun(P).labels(EVENT).snapshot()), Status.CREATED);

        assertThat(archived(
                        SampleRun.taskRun(T)
                                .ownedBy(P)
                                .labels(EVENT)
                                .version("2")
                                .placed(),
                        Status.UPDATED))
                .isEqualTo(RESULT.record(T));
        assertOneRecord(OF_EVENT.record(P), RESULT.record(T));
    }

    @Test
    final void runsOfOneBatchHeedThoseBeforeThem() {
        List<ArchiveOutcome> outcomes = store.archive(List.of(
                BY_EVENT.place(SampleRun.pipelineRun(P).labels(EVENT).snapshot()),
                SampleRun.taskRun(T).ownedBy(P).labels(EVENT).placed(),
                SampleRun.pipelineRun(P).labels(EVENT).version("2").placed()));

        assertThat(outcomes)
                .containsExactly(
                        ArchiveOutcome.archived(Status.CREATED, OF_EVENT.record(P)),
                        ArchiveOutcome.archived(Status.CREATED, OF_EVENT.record(T)),
                        ArchiveOutcome.archived(Status.UPDATED, OF_EVENT.record(P)));
        assertOneRecord(OF_EVENT.record(P), OF_EVENT.record(T));
    }

    @Test
    final void aResultThatWasMadeForARunTakesItsRecordAndThoseOfItsChildren() {
        RunPlacement run = BY_EVENT.place(SampleRun.pipelineRun(P).labels(EVENT).snapshot());
        archived(run, Status.CREATED);
        store.deleteRecord(run.record());

        assertThat(archived(SampleRun.taskRun(T).ownedBy(P).labels(EVENT).placed(), Status.CREATED))
                .isEqualTo(OF_EVENT.record(T));
        assertThat(archived(SampleRun.pipelineRun(P).labels(EVENT).placed(), Status.CREATED))
                .isEqualTo(OF_EVENT.record(P));
    }

    @Test
    final void anotherRunOfTheSameEventHasItsOwnResult() {
        archived(BY_EVENT.place(SampleRun.pipelineRun(P).labels(EVENT).snapshot()), Status.CREATED);

        assertThat(archived(SampleRun.pipelineRun(Q).labels(EVENT).placed(), Status.CREATED))
                .isEqualTo(new ResultName(SampleRun.NAMESPACE, Q).record(Q));
    }
}
