package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.retention.RetentionReport.Mode;
import ch.sbb.esta.results.spi.LogDeletion;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run over everything. Used once, by one thread. */
final class RetentionRound {

    private static final Logger LOG = LoggerFactory.getLogger(RetentionRound.class);
    private static final int PAGE = 200;
    private static final int RECORD_PAGE = 50;
    private static final int FAILURES_IN_A_ROW = 10;

    private final RetentionParts parts;
    private final Mode mode;
    private final BooleanSupplier stopped;
    private final Instant now;
    private final Tally tally = new Tally();
    private final Set<ResultName> failed = new HashSet<>();

    /** Ends the round; never leaves it. */
    private static final class Halt extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Halt(String why) {
            super(why, null, false, false);
        }
    }

    RetentionRound(RetentionParts parts, Mode mode, BooleanSupplier stopped) {
        this.parts = parts;
        this.mode = mode;
        this.stopped = stopped;
        this.now = parts.clock().instant();
    }

    RetentionReport run() {
        try {
            for (String parent : parts.parents()) {
                finishMarked(parent);
                lookAtEnded(parent);
                lookAtOpen(parent);
                removeTombstones(parent);
            }
        } catch (Halt e) {
            tally.halted = e.getMessage();
        } catch (ResultsException e) {
            // Of lists only: there is nothing to go on with.
            tally.failed("listing", e);
            tally.halted = e.getMessage();
        }
        return new RetentionReport(mode, now, parts.clock().instant(), tally);
    }

    /** What a run before has begun. */
    private void finishMarked(String parent) {
        if (mode == Mode.PREVIEW) {
            return;
        }
        forEach(after -> parts.store().listMarked(parent, after, PAGE), expiry -> {
            attempt(expiry.result(), () -> remove(expiry));
        });
    }

    /** From the oldest on, as long as they are old enough for any policy. */
    private void lookAtEnded(String parent) {
        Duration shortest = parent.equals(Retention.ANY)
                ? parts.rules().shortest()
                : parts.rules().shortest(parent);
        Iterator<Result> results = results(parent, ListOrder.Direction.ASC);
        while (results.hasNext()) {
            Result result = results.next();
            Optional<Instant> end = result.summary().flatMap(RecordSummary::endTime);
            if (end.isEmpty() || !isOver(end.get(), shortest)) {
                return;
            }
            if (isOver(end.get(), parts.rules().shortest(result.name().parent()))) {
                lookAt(result);
            }
        }
    }

    /** Those whose summary has no end come first when the latest do. */
    private void lookAtOpen(String parent) {
        Iterator<Result> results = results(parent, ListOrder.Direction.DESC);
        while (results.hasNext()) {
            Result result = results.next();
            if (result.summary().flatMap(RecordSummary::endTime).isPresent()) {
                return;
            }
            Optional<Instant> start = result.summary().flatMap(RecordSummary::startTime);
            Duration shortest = parts.rules().shortest(result.name().parent());
            if (start.isEmpty() || isOver(start.get(), shortest)) {
                lookAt(result);
            }
        }
    }

    private Iterator<Result> results(String parent, ListOrder.Direction direction) {
        ListQuery query = ListQuery.of(parent)
                .orderBy(new ListOrder(ListOrder.Field.END_TIME, direction))
                .pageSize(PAGE);
        return Pages.stream(query, parts.reader()::listResults).iterator();
    }

    private void lookAt(Result result) {
        requireGoingOn();
        tally.examined++;
        if (!failed.contains(result.name())) {
            attempt(result.name(), () -> judge(result).ifPresent(this::expire));
        }
    }

    /** What is to be deleted, and by which policy. */
    private record Verdict(ResultReading reading, RetentionPolicy policy) {}

    private Optional<Verdict> judge(Result result) {
        if (KeepAnnotation.isIn(result.annotations())) {
            tally.kept++;
            return Optional.empty();
        }
        if (isTooYoungBySummary(result)) {
            return Optional.empty();
        }
        ResultReading reading = new ResultReading(result, now);
        ListQuery records = ListQuery.of(result.name().toString()).pageSize(RECORD_PAGE);
        Pages.stream(records, parts.reader()::listRecords).forEach(reading::add);
        RetentionPolicy policy = parts.rules().match(result.name().parent(), reading::speaker);
        Duration age = Duration.between(reading.since(), now);
        Duration limit = policy.retention();
        if (reading.isUnfinished()) {
            age = age.minus(parts.unfinished());
        }
        if (age.compareTo(limit) < 0 || isStillThere(reading)) {
            return Optional.empty();
        }
        if (reading.isKept()) {
            tally.kept++;
            return Optional.empty();
        }
        return Optional.of(new Verdict(reading, policy));
    }

    /** Reads one Record instead of all, or none where the namespace decides: most Results that are kept long end here. */
    private boolean isTooYoungBySummary(Result result) {
        Optional<Instant> end = result.summary().flatMap(RecordSummary::endTime);
        if (end.isEmpty()) {
            return false;
        }
        Supplier<RunTraits> run = () -> result.summary()
                .flatMap(summary -> parts.reader().findRecord(summary.record()))
                .flatMap(record -> RunReading.of(record.data()).run())
                .map(RunTraits::of)
                .orElse(RunTraits.NONE);
        return !isOver(
                end.get(),
                parts.rules().match(result.name().parent(), memoized(run)).retention());
    }

    private static Supplier<RunTraits> memoized(Supplier<RunTraits> reading) {
        return new Supplier<>() {
            private @Nullable RunTraits read;

            @Override
            public RunTraits get() {
                RunTraits traits = read == null ? reading.get() : read;
                read = traits;
                return traits;
            }
        };
    }

    private boolean isStillThere(ResultReading reading) {
        return parts.cluster() != null && reading.open().stream().anyMatch(run -> Presence.isIn(parts.cluster(), run));
    }

    private boolean isOver(Instant since, Duration limit) {
        return Duration.between(since, now).compareTo(limit) >= 0;
    }

    private void expire(Verdict verdict) {
        ResultReading reading = verdict.reading;
        Expiry expiry = new Expiry(reading.result().name(), verdict.policy.name(), now, reading.runs());
        if (mode == Mode.PREVIEW) {
            LogVolume logs = logs(expiry, (deletion, run) -> deletion.measure(run.record(), run.uid()));
            report(expiry, reading.rows(), logs);
        } else if (parts.store().mark(expiry, reading.sighting())) {
            remove(expiry);
        } else {
            tally.changed++;
        }
    }

    /** Logs before rows: what is left after a crash has a mark that names it. */
    private void remove(Expiry expiry) {
        LogVolume logs = logs(expiry, (deletion, run) -> deletion.delete(run.record(), run.uid()));
        report(expiry, parts.store().deleteMarked(expiry.result()), logs);
    }

    private interface LogWork {
        LogVolume on(LogDeletion deletion, Tombstone taskRun);
    }

    private LogVolume logs(Expiry expiry, LogWork work) {
        LogVolume sum = LogVolume.NONE;
        for (Tombstone run : expiry.runs()) {
            if (run.isTaskRun()) {
                for (LogDeletion deletion : parts.logs()) {
                    sum = sum.plus(work.on(deletion, run));
                }
            }
        }
        return sum;
    }

    private void report(Expiry expiry, long rows, LogVolume logs) {
        tally.expired(expiry.policy(), rows, logs);
        for (RetentionListener listener : parts.listeners()) {
            try {
                listener.onExpired(expiry, rows, logs);
            } catch (RuntimeException e) {
                LogFields.of(expiry.result().parent())
                        .run(() -> LOG.warn("a listener failed on {}", expiry.result(), e));
            }
        }
    }

    private void removeTombstones(String parent) {
        if (mode == Mode.PREVIEW) {
            return;
        }
        Instant before = now.minus(parts.cluster() == null ? parts.tombstoneTime() : Retention.LATE_EVENTS);
        forEach(
                after -> parts.store().listTombstones(parent, before, after, PAGE),
                stone -> attempt(stone, () -> removeTombstone(stone)));
    }

    /** Once more the logs: a collector that met the run after it had expired may have stored them again. */
    private void removeTombstone(Tombstone stone) {
        if (parts.cluster() != null && Presence.isIn(parts.cluster(), stone)) {
            return;
        }
        if (stone.isTaskRun()) {
            for (LogDeletion deletion : parts.logs()) {
                tally.logs = tally.logs.plus(deletion.delete(stone.record(), stone.uid()));
            }
        }
        parts.store().deleteTombstones(List.of(stone));
        tally.tombstones++;
    }

    private <T> void forEach(Function<String, Page<T>> list, Consumer<T> action) {
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<T> page = list.apply(after.get());
            page.items().forEach(action);
            after = page.nextPageToken();
        }
    }

    /** What fails on one does not hold up the others, unless all fail. */
    private void attempt(Object subject, Runnable work) {
        requireGoingOn();
        try {
            work.run();
            tally.failuresInARow = 0;
        } catch (ResultsException e) {
            tally.failed(subject.toString(), e);
            if (subject instanceof ResultName name) {
                failed.add(name);
            }
            if (tally.failuresInARow >= FAILURES_IN_A_ROW) {
                throw new Halt(
                        FAILURES_IN_A_ROW + " failures in a row, the last one on " + subject + ": " + e.getMessage());
            }
        }
    }

    private void requireGoingOn() {
        if (stopped.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new Halt("it was stopped");
        }
    }
}
