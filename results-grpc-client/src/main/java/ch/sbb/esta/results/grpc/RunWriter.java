package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultContent;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.StopSignal;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Writes one run at a time: its Result if there is none, its Record, then what the Result says of it.
 *
 * <p>Each write states what it has seen: a create that nothing is there, an update the etag. Whoever loses such a race reads again.
 */
final class RunWriter {

    private static final int ATTEMPTS = 12;
    private static final int LONGEST_PAUSE_MILLIS = 200;

    private final GrpcResultsClient client;

    RunWriter(GrpcResultsClient client) {
        this.client = client;
    }

    ArchiveOutcome archive(RunPlacement placement) {
        RecordName record = placement.record();
        try {
            Written written = untilNobodyComesBetween(record, () -> write(placement));
            // A Result that was made for this run already says this, and one of a newer version is not to be touched.
            if (!written.isNewResult && written.status != Status.STALE) {
                describe(placement);
            }
            return ArchiveOutcome.archived(written.status, record);
        } catch (ResultsException e) {
            return refusal(placement, e);
        }
    }

    private record Written(Status status, boolean isNewResult) {}

    private static <T> T untilNobodyComesBetween(RecordName record, Supplier<Optional<T>> attempt) {
        for (int i = 0; i < ATTEMPTS; i++) {
            pauseBefore(i, record);
            Optional<T> done = attempt.get();
            if (done.isPresent()) {
                return done.get();
            }
        }
        throw tooOften(record);
    }

    private static ResultsException tooOften(RecordName record) {
        return new ResultsException(
                        Code.UNAVAILABLE, "other writers were faster " + ATTEMPTS + " times in a row; try again later")
                .about(record);
    }

    /** Tells what concerns this run alone from what concerns the server. */
    private static ArchiveOutcome refusal(RunPlacement placement, ResultsException e) {
        String message = Objects.requireNonNullElse(e.getMessage(), "");
        switch (e.code()) {
            case UNAVAILABLE, TIMEOUT, DENIED -> throw e;
            case INVALID -> {
                return ArchiveOutcome.quarantined(Code.INVALID, message);
            }
            case ALREADY_EXISTS -> {
                return ArchiveOutcome.quarantined(Code.CONFLICT, message);
            }
            default -> {
                Optional<String> unstorable =
                        StoredJson.findUnstorable(placement.run().json());
                if (unstorable.isPresent()) {
                    return ArchiveOutcome.quarantined(
                            Code.INVALID, "the server's database cannot keep " + unstorable.get() + " of the object");
                }
                throw new ResultsException(Code.UNAVAILABLE, message, e);
            }
        }
    }

    /** Empty when another writer came in between. */
    private Optional<Written> write(RunPlacement placement) {
        Optional<Record> stored = client.findRecord(placement.record());
        if (stored.isEmpty()) {
            return create(placement);
        }
        Status status = compare(placement, stored.get());
        if (status == Status.UPDATED && !update(placement, stored.get())) {
            return Optional.empty();
        }
        return Optional.of(new Written(status, false));
    }

    /** The Record first: mostly its Result exists, and a Record that the server refuses leaves no Result behind. */
    private Optional<Written> create(RunPlacement placement) {
        try {
            createRecord(placement);
            return Optional.of(new Written(Status.CREATED, false));
        } catch (ResultsException e) {
            if (e.code() == Code.ALREADY_EXISTS) {
                return Optional.empty();
            }
            if (!saysMissingResult(e)) {
                throw e;
            }
        }
        boolean isNewResult = createResult(placement);
        try {
            createRecord(placement);
            return Optional.of(new Written(Status.CREATED, isNewResult));
        } catch (ResultsException e) {
            if (e.code() == Code.ALREADY_EXISTS || saysMissingResult(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A server may look the Result up, or leave it to the foreign key. */
    static boolean saysMissingResult(ResultsException e) {
        return e.code() == Code.NOT_FOUND || e.code() == Code.CONFLICT;
    }

    private void createRecord(RunPlacement placement) {
        RunSnapshot run = placement.run();
        Record unused = client.createRecord(placement.record(), run.kind().recordType(), run.json());
    }

    private boolean createResult(RunPlacement placement) {
        try {
            ResultContent content = asItArrives(ResultContent.EMPTY.merge(placement));
            Result unused = client.createResult(
                    placement.record().result(),
                    content.annotations(),
                    content.summary().orElse(null));
            return true;
        } catch (ResultsException e) {
            if (e.code() == Code.ALREADY_EXISTS) {
                return false;
            }
            throw e;
        }
    }

    private boolean update(RunPlacement placement, Record stored) {
        RunSnapshot run = placement.run();
        try {
            Record unused = client.replaceRecord(
                    placement.record(),
                    run.kind().recordType(),
                    run.json(),
                    stored.stored().etag());
            return true;
        } catch (ResultsException e) {
            return !lostRace(e);
        }
    }

    private static Status compare(RunPlacement placement, Record stored) {
        RunSnapshot run = placement.run();
        RunSnapshot before = RunReading.of(stored.data())
                .run()
                .filter(other -> other.uid().equals(run.uid()))
                .orElseThrow(
                        () -> new ResultsException(Code.ALREADY_EXISTS, placement.record() + " holds another object"));
        if (!run.version().supersedes(before.version())) {
            return Status.STALE;
        }
        boolean isSame = stored.type().equals(run.kind().recordType()) && StoredJson.isSame(stored.data(), run.json());
        return isSame ? Status.UNCHANGED : Status.UPDATED;
    }

    /**
     * Brings the Result up to date. Whoever wrote a newer version of the Record sees to the Result too, but skips that where it finds that
     * the Result says so already. So a write of ours that came after its reading would stay: what we wrote is checked against the Record,
     * and told anew by the version that is there.
     */
    private void describe(RunPlacement placement) {
        if (placement.summary().isEmpty()) {
            return;
        }
        RunPlacement told = placement;
        boolean wrote = false;
        int races = 0;
        for (int writes = 0; races < ATTEMPTS && writes < ATTEMPTS; ) {
            pauseBefore(races, placement.record());
            Optional<Result> found = client.findResult(placement.record().result());
            if (found.isEmpty() || (!wrote && says(found.get(), told))) {
                return;
            }
            // Read after the Result: if it still is this version, a newer one's reading of the Result comes later.
            Optional<RunPlacement> stored = storedVersion(placement);
            if (stored.isEmpty() || (!wrote && !isSame(stored.get(), told))) {
                return;
            }
            told = stored.get();
            if (says(found.get(), told)) {
                return;
            }
            if (replaced(found.get(), told)) {
                wrote = true;
                writes++;
            } else {
                races++;
            }
        }
        throw tooOften(placement.record());
    }

    private static ResultContent content(Result result) {
        return new ResultContent(result.annotations(), result.summary().orElse(null));
    }

    private static boolean says(Result result, RunPlacement run) {
        return told(result, run).equals(content(result));
    }

    /** What the Result says after the run, as it comes back: the protocol's texts hold no half of a surrogate pair. */
    private static ResultContent told(Result result, RunPlacement run) {
        return asItArrives(content(result).merge(run));
    }

    private static ResultContent asItArrives(ResultContent content) {
        return new ResultContent(
                ProtoTexts.whole(content.annotations()),
                content.summary()
                        .map(said -> new RecordSummary(
                                said.record(),
                                said.type(),
                                said.startTime().orElse(null),
                                said.endTime().orElse(null),
                                said.status(),
                                ProtoTexts.whole(said.annotations())))
                        .orElse(null));
    }

    private boolean replaced(Result result, RunPlacement run) {
        ResultContent content = told(result, run);
        try {
            Result unused = client.replaceResult(
                    result.name(),
                    content.annotations(),
                    content.summary().orElse(null),
                    result.stored().etag());
            return true;
        } catch (ResultsException e) {
            return !lostRace(e);
        }
    }

    /** The version that the Record holds; empty when it is gone, holds another object, or would be placed elsewhere. */
    private Optional<RunPlacement> storedVersion(RunPlacement placement) {
        return client.findRecord(placement.record())
                .flatMap(stored -> RunReading.of(stored.data()).run())
                .filter(run -> run.uid().equals(placement.run().uid()))
                .map(placement::ofVersion)
                .filter(other -> other.record().equals(placement.record()));
    }

    private static boolean isSame(RunPlacement one, RunPlacement other) {
        return StoredJson.isSame(one.run().json(), other.run().json());
    }

    /** True for an etag that has changed and for a row that was deleted; throws everything else. */
    private static boolean lostRace(ResultsException e) {
        if (e.code() == Code.CONFLICT || e.code() == Code.NOT_FOUND) {
            return true;
        }
        throw e;
    }

    private static void pauseBefore(int attempt, RecordName record) {
        if (attempt == 0) {
            return;
        }
        int millis = ThreadLocalRandom.current().nextInt(1, 1 + Math.min(LONGEST_PAUSE_MILLIS, 4 << attempt));
        if (!new StopSignal().await(Duration.ofMillis(millis))) {
            throw new ResultsException(Code.UNAVAILABLE, "interrupted while another writer was waited for")
                    .about(record);
        }
    }
}
