package ch.sbb.esta.results.conversion;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.conversion.ConversionReport.Counts;
import ch.sbb.esta.results.conversion.ConversionReport.Mode;
import ch.sbb.esta.results.conversion.RecordConversion.Settings;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** One run over everything. Used once, by one thread. */
final class ConversionRound {

    private static final String ANY = "-";
    private static final int RESULT_PAGE = 1000;
    private static final int RECORD_PAGE = 50;
    private static final int FAILURES_IN_A_ROW = 10;
    private static final int TRIES = 5;

    private final Settings settings;
    private final ResultsStore store;
    private final Mode mode;
    private final Instant started;
    private final Counts counts = new Counts();

    /** Ends the round; never leaves it. */
    private static final class Halt extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Halt(String why) {
            super(why, null, false, false);
        }
    }

    ConversionRound(Settings settings, Mode mode) {
        this.settings = settings;
        this.store = settings.store();
        this.mode = mode;
        this.started = settings.clock().instant();
    }

    ConversionReport run() {
        try {
            for (String parent : parents()) {
                for (RunKind kind : RunConversion.OLD) {
                    RunConversion.target(kind).ifPresent(target -> convert(parent, kind, target));
                }
            }
        } catch (Halt e) {
            counts.halted = e.getMessage();
        } catch (ResultsException e) {
            // Of lists only: there is nothing to go on with.
            counts.failed("listing", e);
            counts.halted = e.getMessage();
        }
        return new ConversionReport(mode, started, settings.clock().instant(), counts);
    }

    /** One by one: types are indexed within a parent. */
    private Collection<String> parents() {
        if (!settings.parent().equals(ANY)) {
            return List.of(settings.parent());
        }
        TreeSet<String> parents = new TreeSet<>();
        Pages.stream(ListQuery.of(ANY).pageSize(RESULT_PAGE), store::listResults)
                .forEach(result -> parents.add(result.name().parent()));
        return parents;
    }

    /**
     * What is converted leaves the list, behind the position at which the next page begins. What somebody has added since is not run
     * after: he may be faster.
     */
    private void convert(String parent, RunKind kind, RunKind target) {
        ListQuery query = ListQuery.of(parent + "/results/" + ANY)
                .filter("data_type == '" + kind.recordType() + "'")
                .orderBy(ListOrder.parse("create_time"))
                .pageSize(RECORD_PAGE);
        Pages.stream(query, store::listRecords)
                .takeWhile(record -> !record.stored().createTime().isAfter(started))
                .forEach(record -> {
                    keepPace();
                    counts.examined++;
                    attempt(record, kind, target);
                });
    }

    private void keepPace() {
        Instant due = started.plus(
                Duration.ofSeconds(1).multipliedBy(counts.examined).dividedBy(settings.recordsPerSecond()));
        Duration early = Duration.between(settings.clock().instant(), due);
        if (!settings.pause().await(early.isNegative() ? Duration.ZERO : early)
                || Thread.currentThread().isInterrupted()) {
            throw new Halt("it was stopped");
        }
    }

    /** What fails on one does not hold up the others, unless all fail. */
    private void attempt(Record record, RunKind kind, RunKind target) {
        try {
            convert(record, kind, target);
            counts.failuresInARow = 0;
        } catch (ResultsException e) {
            if (e.code() == Code.CONFLICT || e.code() == Code.NOT_FOUND) {
                counts.overtaken++;
                return;
            }
            counts.failed(record.name().toString(), e);
            if (counts.failuresInARow >= FAILURES_IN_A_ROW) {
                throw new Halt(FAILURES_IN_A_ROW + " failures in a row, the last one on " + record.name() + ": "
                        + e.getMessage());
            }
        }
    }

    private void convert(Record record, RunKind kind, RunKind target) {
        RunConversion.Converted converted = RunConversion.convert(record.data());
        if (!converted.kind().equals(target)) {
            throw ResultsException.invalid("the type of the Record is " + Escaped.of(kind.recordType())
                    + ", but it holds a " + converted.kind().kind() + "; correct the type");
        }
        convertSummary(record, kind, target);
        if (mode == Mode.CONVERT) {
            store.updateRecord(
                    record.name(),
                    target.recordType(),
                    converted.json(),
                    record.stored().etag());
        }
        counts.converted++;
    }

    /** Before the Record: what a crash leaves in between is found again by the type of the Record. */
    private void convertSummary(Record record, RunKind kind, RunKind target) {
        for (int attempt = 1; ; attempt++) {
            Optional<Result> result = store.findResult(record.name().result());
            Optional<RecordSummary> summary = result.flatMap(Result::summary)
                    .filter(said ->
                            said.record().equals(record.name()) && said.type().equals(kind.recordType()));
            if (summary.isEmpty()) {
                return;
            }
            try {
                if (mode == Mode.CONVERT) {
                    write(result.get(), summary.get(), target);
                }
                counts.summaries++;
                return;
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || attempt == TRIES) {
                    throw e;
                }
            }
        }
    }

    private void write(Result result, RecordSummary summary, RunKind target) {
        RecordSummary converted = new RecordSummary(
                summary.record(),
                target.recordType(),
                summary.startTime().orElse(null),
                summary.endTime().orElse(null),
                summary.status(),
                summary.annotations());
        store.updateResult(
                result.name(),
                result.annotations(),
                Optional.of(converted),
                result.stored().etag());
    }
}
