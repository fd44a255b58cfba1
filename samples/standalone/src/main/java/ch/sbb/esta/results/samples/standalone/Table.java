package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Prints the archived runs, read back from the store: one line each. */
final class Table {

    private static final String ROW = "%-52s %-10s %9s %6s %10s  %s%n";

    private final ResultsReader store;
    private final LogSource logs;

    Table(ResultsReader store, LogSource logs) {
        this.store = store;
        this.logs = logs;
    }

    /** Prints at most so many rows, oldest first, and says how many it left out. */
    void print(PrintStream out, int most) {
        out.printf(ROW, "RUN", "STATE", "DURATION", "TASKS", "LOG LINES", "COMPLETENESS");
        int rows = 0;
        int leftOut = 0;
        ListQuery query =
                ListQuery.of("-").orderBy(ListOrder.parse("create_time")).pageSize(200);
        Optional<String> token = Optional.of("");
        while (token.isPresent()) {
            Page<Result> page = store.listResults(query.pageToken(token.get()));
            for (Result result : page.items()) {
                if (rows < most) {
                    print(out, result);
                    rows++;
                } else {
                    leftOut++;
                }
            }
            token = page.nextPageToken();
        }
        if (leftOut > 0) {
            out.println("… and " + leftOut + " more");
        }
    }

    private void print(PrintStream out, Result result) {
        List<RunSnapshot> taskRuns = taskRuns(result);
        Map<LogState, Integer> states = new EnumMap<>(LogState.class);
        long lines = 0;
        for (RunSnapshot taskRun : taskRuns) {
            for (LogInfo log : logs.list(taskRun.namespace(), taskRun.uid())) {
                states.merge(log.state(), 1, Integer::sum);
                lines += log.extent().lines();
            }
        }
        out.printf(
                ROW,
                cut(result.name().parent() + "/"
                        + result.annotations().getOrDefault(ResultNaming.OBJECT_NAME_KEY, "(children only)")),
                result.summary().map(summary -> summary.status().name()).orElse(""),
                duration(result),
                taskRuns.size(),
                String.format("%,d", lines),
                states.entrySet().stream()
                        .map(entry -> entry.getValue() + " " + entry.getKey())
                        .collect(Collectors.joining(", ")));
    }

    private List<RunSnapshot> taskRuns(Result result) {
        List<RunSnapshot> runs = new ArrayList<>();
        ListQuery query = ListQuery.of(result.name().toString()).pageSize(200);
        Optional<String> token = Optional.of("");
        while (token.isPresent()) {
            Page<Record> page = store.listRecords(query.pageToken(token.get()));
            for (Record record : page.items()) {
                RunReading.of(record.data())
                        .run()
                        .filter(run -> run.kind().isTaskRun())
                        .ifPresent(runs::add);
            }
            token = page.nextPageToken();
        }
        return runs;
    }

    private static String duration(Result result) {
        return result.summary()
                .flatMap(summary -> summary.startTime()
                        .flatMap(start -> summary.endTime().map(end -> Duration.between(start, end))))
                .map(duration -> duration.toString().substring(2).toLowerCase(Locale.ROOT))
                .orElse("");
    }

    private static String cut(String text) {
        return text.length() <= 52 ? text : text.substring(0, 51) + "…";
    }
}
