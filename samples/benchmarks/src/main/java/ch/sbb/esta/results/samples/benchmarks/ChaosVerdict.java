package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Compares what is stored with what there was, and counts what is wrong. Used by one thread. */
final class ChaosVerdict {

    private static final Set<String> KILLED = Set.of("TaskRunCancelled", "TaskRunTimeout");
    private static final int MOST_TOLD = 20;

    private final PrintStream out;
    private final Map<String, Integer> wrong = new TreeMap<>();
    private final Map<String, Integer> told = new TreeMap<>();
    private int lines;

    ChaosVerdict(PrintStream out) {
        this.out = out;
        for (String figure : new String[] {
            "lost_runs",
            "doubled_runs",
            "lost_logs",
            "lost_lines",
            "doubled_lines",
            "wrong_labels",
            "deleted_early",
            "runs_left"
        }) {
            wrong.put(figure, 0);
        }
        for (String figure : new String[] {"complete", "partial", "gapped", "told_lost_lines", "never_seen"}) {
            told.put(figure, 0);
        }
    }

    /** Counts as wrong, and says what. */
    void wrong(String figure, int count, String what) {
        if (count > 0) {
            wrong.merge(figure, count, Integer::sum);
            if (lines++ < MOST_TOLD) {
                out.println("  " + figure + ": " + what);
            }
        }
    }

    void checkRuns(ChaosWitness witness, ResultsReader store) {
        for (RunSnapshot run : witness.runs()) {
            wrong("lost_runs", witness.isStored(run) ? 0 : 1, run + " is not stored as it was seen last");
        }
        Map<String, Integer> records = new HashMap<>();
        Pages.stream(ListQuery.of("-/results/-"), store::listRecords)
                .flatMap(record -> RunReading.of(record.data()).run().stream())
                .forEach(run -> records.merge(run.uid(), 1, Integer::sum));
        records.forEach((uid, count) -> wrong("doubled_runs", count - 1, uid + " is stored " + count + " times"));
        witness.early().forEach(what -> wrong("deleted_early", 1, what));
    }

    void checkLog(EmittedLog emitted, LogSource logs, ChaosWitness witness) throws IOException {
        Optional<LogInfo> found = logs.find(emitted.id());
        if (found.isEmpty()) {
            String reason = witness.run(emitted.id().taskRunUid()).reason();
            if (KILLED.contains(reason)) {
                // Its pod was taken away while it ran, before any replica had come to it.
                told.merge("never_seen", 1, Integer::sum);
            } else {
                wrong(
                        "lost_logs",
                        emitted.lines() > 0 ? 1 : 0,
                        emitted.id() + " is not there, of a run with " + reason);
            }
            return;
        }
        LogInfo info = found.get();
        EmittedLog.Comparison difference = compare(emitted, logs);
        wrong("doubled_lines", difference.surplus() + difference.reordered(), "in " + info);
        if (info.state() == LogState.COMPLETE) {
            told.merge("complete", 1, Integer::sum);
            wrong("lost_lines", difference.lost(), "of " + info);
            wrong("wrong_labels", difference.lost() > 0 ? 1 : 0, info.toString());
        } else if (info.state() == LogState.LIVE) {
            wrong("wrong_labels", 1, info + " is not sealed");
        } else {
            told.merge(info.state() == LogState.PARTIAL ? "partial" : "gapped", 1, Integer::sum);
            told.merge("told_lost_lines", difference.lost(), Integer::sum);
        }
    }

    private static EmittedLog.Comparison compare(EmittedLog emitted, LogSource logs) throws IOException {
        try (InputStream stored = logs.read(emitted.id(), 0, Long.MAX_VALUE)) {
            return emitted.compare(stored);
        }
    }

    /** How much is wrong. */
    int count() {
        return wrong.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public String toString() {
        StringBuilder figures = new StringBuilder("wrong=" + count());
        wrong.forEach(
                (name, value) -> figures.append(' ').append(name).append('=').append(value));
        told.forEach(
                (name, value) -> figures.append(' ').append(name).append('=').append(value));
        return figures.toString();
    }
}
