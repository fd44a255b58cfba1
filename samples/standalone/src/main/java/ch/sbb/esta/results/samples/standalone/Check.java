package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Compares what was archived with what happened, run by run and line by line. */
final class Check {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** Numbers are equal by value: jsonb spells them its own way. */
    private static final Comparator<JsonNode> BY_VALUE = (a, b) -> {
        if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue());
        }
        return a.equals(b) ? 0 : 1;
    };

    private final ResultsReader store;
    private final LogSource logs;
    private final List<String> complaints = new ArrayList<>();
    private int runs;
    private int runsExpected;
    private int taskRuns;
    private int taskRunsExpected;
    private int complete;
    private int logsExpected;
    private long lines;
    private long linesExpected;
    private long lost;
    private long duplicated;

    Check(ResultsReader store, LogSource logs) {
        this.store = store;
        this.logs = logs;
    }

    /** Runs all checks. */
    void run(Workload workload) throws IOException {
        for (RunSnapshot expected : workload.expectedRuns()) {
            checkRun(expected);
        }
        for (EmittedLog emitted : workload.emitted()) {
            checkLog(emitted);
        }
    }

    /** Whether the store holds every run as the cluster does. */
    static boolean holdsRuns(ResultsReader store, Workload workload) throws IOException {
        for (RunSnapshot expected : workload.expectedRuns()) {
            if (!isArchived(find(store, expected), expected)) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Record> find(ResultsReader store, RunSnapshot expected) {
        return store.findRecord(ResultNaming.defaults().place(expected).record());
    }

    private static boolean isArchived(Optional<Record> record, RunSnapshot expected) throws IOException {
        return record.isPresent()
                && record.get().type().equals(expected.kind().recordType())
                && MAPPER.readTree(record.get().data()).equals(BY_VALUE, MAPPER.readTree(expected.json()));
    }

    private void checkRun(RunSnapshot expected) throws IOException {
        Optional<Record> record = find(store, expected);
        boolean archived = isArchived(record, expected);
        if (!archived) {
            complaints.add((record.isPresent() ? "archived in another version: " : "not archived: ") + expected);
        }
        if (expected.kind().isTaskRun()) {
            taskRunsExpected++;
            taskRuns += archived ? 1 : 0;
        } else {
            runsExpected++;
            runs += archived ? 1 : 0;
        }
    }

    private void checkLog(EmittedLog emitted) throws IOException {
        logsExpected++;
        linesExpected += emitted.lines();
        Optional<LogInfo> info = logs.find(emitted.id());
        if (info.isEmpty()) {
            complaints.add("no log of " + emitted.id());
            lost += emitted.lines();
            return;
        }
        EmittedLog.Comparison comparison = emitted.compare(logs.read(emitted.id(), 0, Long.MAX_VALUE));
        lines += emitted.lines() - comparison.lost();
        lost += comparison.lost();
        duplicated += comparison.surplus();
        if (info.get().state() == LogState.COMPLETE && comparison.isEqual()) {
            complete++;
        } else {
            complaints.add(info.get() + " " + comparison);
        }
    }

    /** Whether all checks hold. */
    boolean holds() {
        return complaints.isEmpty();
    }

    /** What does not hold, a sentence each. */
    List<String> complaints() {
        return complaints;
    }

    /** All checks in one line. */
    String line() {
        return String.format(
                "runs %d/%d · taskruns %d/%d · logs %d/%d complete · lines %d/%d · lost %d · duplicated %d",
                runs,
                runsExpected,
                taskRuns,
                taskRunsExpected,
                complete,
                logsExpected,
                lines,
                linesExpected,
                lost,
                duplicated);
    }
}
