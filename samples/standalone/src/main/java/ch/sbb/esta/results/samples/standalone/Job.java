package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.archive.ArchiverStats;
import ch.sbb.esta.results.archive.RunArchiver;
import ch.sbb.esta.results.embed.ArchiveStats;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Lets the archive work, shows how far it is, and checks at the end what it has. */
final class Job {

    private static final Duration LOOK = Duration.ofMillis(300);
    private static final Duration CATCH_UP = Duration.ofSeconds(60);
    private static final int MOST_ROWS = 100;

    private final ResultsArchive archive;
    private final Parts parts;
    private final Options options;
    private final Stop stop;
    private final PrintStream out;

    Job(ResultsArchive archive, Parts parts, Options options, Stop stop, PrintStream out) {
        this.archive = archive;
        this.parts = parts;
        this.options = options;
        this.stop = stop;
        this.out = out;
    }

    /** Whether all checks hold; without a workload of ours there is nothing to check. */
    boolean run() throws IOException, InterruptedException {
        if (parts.workload().isEmpty()) {
            watch();
            new Table(parts.store(), parts.logs()).print(out, MOST_ROWS);
            parts.printWaysToLook(out);
            return true;
        }
        Workload workload = parts.workload().get();
        workload.start();
        try (Progress progress = new Progress("runs", workload.size(), this::state)) {
            while (workload.ended() < workload.size() && !stop.await(LOOK)) {
                progress.update(workload.ended());
            }
            progress.update(workload.ended());
            archive.awaitIdle(stop.isRequested() ? Duration.ZERO : CATCH_UP);
        }
        return report(workload);
    }

    private void watch() throws InterruptedException {
        out.println("Watching; Ctrl-C ends it.");
        try (Progress progress = new Progress("watching", -1, this::state)) {
            for (int seen = 0; !stop.await(LOOK); seen++) {
                progress.update(seen);
            }
        }
    }

    private boolean report(Workload workload) throws IOException, InterruptedException {
        awaitLastVersions(workload);
        Check check = new Check(parts.store(), parts.logs());
        check.run(workload);
        new Table(parts.store(), parts.logs()).print(out, MOST_ROWS);
        out.println();
        parts.printWaysToLook(out);
        out.println();
        check.complaints().stream()
                .limit(MOST_ROWS)
                .forEach(complaint -> out.println("NOT AS IT SHOULD BE: " + complaint));
        if (!options.keep) {
            tellRemainder(archive.stop());
        }
        out.println(check.line());
        return check.holds();
    }

    /** The last change of a run or a pod may still be on its way from the cluster when the workload has ended. */
    private void awaitLastVersions(Workload workload) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(CATCH_UP);
        List<ContainerLogId> open =
                new ArrayList<>(workload.emitted().stream().map(EmittedLog::id).toList());
        do {
            archive.awaitIdle(LOOK);
            open.removeIf(this::isSealed);
        } while (!(open.isEmpty() && Check.holdsRuns(parts.store(), workload))
                && !stop.await(LOOK)
                && Instant.now().isBefore(end));
    }

    private boolean isSealed(ContainerLogId log) {
        return parts.logs().find(log).filter(LogInfo::isSealed).isPresent();
    }

    private String state() {
        ArchiveStats stats = archive.stats();
        ArchiverStats runs = stats.archiver();
        String logs = stats.collector()
                .map(c -> String.format(
                        " · %,d log lines · %d streams · %d logs sealed",
                        c.lines(), c.open(), c.complete() + c.partial() + c.gapped()))
                .orElse("");
        return runs.waiting().runs() + " waiting" + logs
                + (runs.isHealthy() ? "" : " · TROUBLE: " + runs.storeFailure());
    }

    void tellRemainder(ResultsArchive.Remainder remainder) {
        if (remainder.isEmpty()) {
            return;
        }
        RunArchiver.Remainder runs = remainder.runs();
        out.printf(
                "Still open at the end: %d logs that are not sealed; runs: %d in the spool, %d left to the next list, %d dropped%n",
                remainder.logs().size(), runs.spooled(), runs.left(), runs.dropped());
        remainder.logs().stream().limit(MOST_ROWS).forEach(log -> out.println("  " + log));
        out.println("The next start on the same work directory, database and bucket goes on from here.");
    }
}
