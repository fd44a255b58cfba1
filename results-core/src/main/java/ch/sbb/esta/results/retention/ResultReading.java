package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.RetentionStore.Sighting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What decides about a Result, read off all its Records; their JSON is not kept. Not thread-safe. */
final class ResultReading {

    private static final List<String> SPEAKERS = List.of("PipelineRun", "TaskRun", "CustomRun");

    private final Result result;
    private final Instant now;
    private final Map<RecordName, String> etags = new HashMap<>();
    private final List<Tombstone> runs = new ArrayList<>();
    private final List<Tombstone> open = new ArrayList<>();
    private boolean kept;
    private boolean unfinished;
    private boolean ended;
    private @Nullable Instant latest;
    private RunTraits speaker = RunTraits.NONE;
    private String rank = "";

    ResultReading(Result result, Instant now) {
        this.result = result;
        this.now = now;
        this.kept = KeepAnnotation.isIn(result.annotations());
    }

    void add(Record record) {
        etags.put(record.name(), record.stored().etag());
        Optional<RunKind> kind = RunKind.findByRecordType(record.type());
        if (kind.isEmpty()) {
            return;
        }
        Optional<RunSnapshot> run = RunReading.of(record.data()).run();
        if (run.isPresent()) {
            addRun(record, run.get());
        } else if (kind.get().isTekton()) {
            // Nobody knows when it ended, nor whether.
            unfinished = true;
            count(record.stored().createTime());
        }
    }

    private void addRun(Record record, RunSnapshot run) {
        kept |= KeepAnnotation.isIn(run.annotations());
        Tombstone stone = new Tombstone(record.name(), record.type(), run.name(), run.uid(), now);
        runs.add(stone);
        Optional<Instant> completion = run.isFinished() ? run.completionTime() : Optional.empty();
        if (completion.isPresent()) {
            ended = true;
            count(completion.get());
        } else {
            unfinished |= !run.isOpenEnded();
            open.add(stone);
            count(run.startTime().or(run::creationTime).orElse(record.stored().createTime()));
        }
        String place = rank(record, run);
        if (rank.isEmpty() || place.compareTo(rank) < 0) {
            rank = place;
            speaker = RunTraits.of(run);
        }
    }

    private void count(Instant time) {
        latest = latest == null || time.isAfter(latest) ? time : latest;
    }

    /** The run of the summary first, then PipelineRuns, TaskRuns, CustomRuns, as Tekton Results looks for one, then those of extra kinds. */
    private String rank(Record record, RunSnapshot run) {
        boolean said = result.summary()
                .filter(summary -> summary.record().equals(record.name()))
                .isPresent();
        int place = run.kind().isTekton() ? SPEAKERS.indexOf(run.kind().kind()) : SPEAKERS.size();
        return (said ? "0" : "" + (1 + place)) + record.name();
    }

    Result result() {
        return result;
    }

    boolean isKept() {
        return kept;
    }

    /** The run that stands for the Result. */
    RunTraits speaker() {
        return speaker;
    }

    /** Since when its time counts: the last completion, or what comes closest to it. */
    Instant since() {
        return latest == null ? result.stored().createTime() : latest;
    }

    /** Whether a run of it may still be going on, for all that is known; what never says that it ends is none where another one has ended. */
    boolean isUnfinished() {
        return unfinished || !ended;
    }

    /** The runs that have no completion. */
    List<Tombstone> open() {
        return open;
    }

    List<Tombstone> runs() {
        return runs;
    }

    long rows() {
        return etags.size() + 1L;
    }

    Sighting sighting() {
        return new Sighting(result.stored().etag(), etags);
    }
}
