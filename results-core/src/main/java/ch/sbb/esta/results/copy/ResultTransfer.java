package ch.sbb.esta.results.copy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.JsonTree;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.ResultsStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Copies one Result with its Records. */
final class ResultTransfer {

    private static final int BATCH = 50;
    private static final int ATTEMPTS = 5;

    private final ResultsReader from;
    private final ResultsStore to;
    private final RecordCreation creation;
    private final Rules rules;
    private final CopyTally tally;

    record Rules(ResultNaming naming, int pageSize, Predicate<Record> isCopied) {}

    ResultTransfer(ResultsReader from, ResultsStore to, RecordCreation creation, Rules rules, CopyTally tally) {
        this.from = from;
        this.to = to;
        this.creation = creation;
        this.rules = rules;
        this.tally = tally;
    }

    /** The run that a Record holds, if it holds one. Of an extra kind it may be an object that others keep there, from wherever it is. */
    static Optional<RunSnapshot> run(Record record) {
        return RunReading.of(record.data())
                .run()
                .filter(run -> run.kind().recordType().equals(record.type()))
                .filter(run -> run.kind().isTekton()
                        || run.namespace().equals(record.name().parent()));
    }

    /** Returns the TaskRuns that have ended. */
    List<EndedTaskRun> copy(Result result) {
        List<EndedTaskRun> taskRuns = new ArrayList<>();
        List<RunPlacement> batch = new ArrayList<>();
        Set<RecordName> newer = new HashSet<>();
        ListQuery records = ListQuery.of(result.name().toString()).pageSize(Math.min(BATCH, rules.pageSize));
        Pages.stream(records, from::listRecords)
                .forEach(record -> run(record).ifPresent(run -> {
                    if (!run.namespace().equals(record.name().parent())) {
                        tally.leaveBehind(record.name(), "it is a run of another namespace");
                        return;
                    }
                    batch.add(rules.naming.place(run).under(record.name()));
                    if (run.kind().isTaskRun() && run.isFinished()) {
                        taskRuns.add(new EndedTaskRun(record.name(), run.uid()));
                    }
                    if (batch.size() == BATCH) {
                        archive(batch, newer);
                    }
                }));
        archive(batch, newer);
        describe(result, newer);
        // Others last: a Record needs its Result, and it is the runs that make one.
        Pages.stream(records, from::listRecords)
                .filter(record -> rules.isCopied.test(record) && run(record).isEmpty())
                .forEach(this::copyOther);
        return taskRuns;
    }

    private void archive(List<RunPlacement> batch, Set<RecordName> newer) {
        List<ArchiveOutcome> outcomes = to.archive(batch);
        for (int i = 0; i < outcomes.size(); i++) {
            ArchiveOutcome outcome = outcomes.get(i);
            RecordName name = batch.get(i).record();
            if (outcome.status() == Status.STALE) {
                newer.add(name);
            }
            switch (outcome.status()) {
                case CREATED -> tally.created++;
                case UPDATED -> tally.updated++;
                case UNCHANGED, STALE -> tally.unchanged++;
                default -> tally.leaveBehind(name, outcome.toString());
            }
        }
        batch.clear();
    }

    /** What the source says of a Result holds, unless the target has a newer version of the run that it speaks of. */
    private void describe(Result result, Set<RecordName> newer) {
        boolean isNewer = result.summary()
                .map(RecordSummary::record)
                .filter(newer::contains)
                .isPresent();
        for (int attempt = 1; ; attempt++) {
            Optional<Result> there = to.findResult(result.name());
            if (there.isEmpty()) {
                tally.leaveBehind(result.name(), "it has no run, and only runs make Results");
                return;
            }
            Result current = there.get();
            Map<String, String> annotations = new LinkedHashMap<>(current.annotations());
            if (isNewer) {
                result.annotations().forEach(annotations::putIfAbsent);
            } else {
                annotations.putAll(result.annotations());
            }
            Optional<RecordSummary> summary = isNewer ? current.summary() : result.summary();
            try {
                if (!annotations.equals(current.annotations()) || !summary.equals(current.summary())) {
                    Result unused = to.updateResult(
                            result.name(),
                            annotations,
                            summary,
                            current.stored().etag());
                }
                return;
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private void copyOther(Record record) {
        for (int attempt = 1; ; attempt++) {
            try {
                Optional<Record> there = to.findRecord(record.name());
                if (there.isEmpty()) {
                    Record unused = creation.createRecord(record.name(), record.type(), record.data());
                    tally.created++;
                } else if (says(there.get(), record)) {
                    tally.unchanged++;
                } else {
                    Record unused = to.updateRecord(
                            record.name(),
                            record.type(),
                            record.data(),
                            there.get().stored().etag());
                    tally.updated++;
                }
                return;
            } catch (ResultsException e) {
                if (e.code() == Code.NOT_FOUND || e.code() == Code.INVALID) {
                    tally.leaveBehind(record.name(), String.valueOf(e.getMessage()));
                    return;
                }
                if (e.code() != Code.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static boolean says(Record one, Record other) {
        return one.type().equals(other.type())
                && JsonTree.isSame(
                        JsonTree.read(JsonText.withReadableKeys(one.data())),
                        JsonTree.read(JsonText.withReadableKeys(other.data())));
    }
}
