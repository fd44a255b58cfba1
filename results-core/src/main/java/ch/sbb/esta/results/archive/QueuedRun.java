package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.spi.RunWatcher;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One object on its way to the store: a run, or bytes that are none and go to the quarantine. */
final class QueuedRun {

    private final String key;
    private final byte[] json;
    private final String namespace;
    private final @Nullable RunSnapshot run;
    private final @Nullable ArchiveOutcome refusal;
    private final Instant acceptedAt;
    private final @Nullable SpoolFile file;
    private volatile boolean lasting;

    private QueuedRun(Content content, byte[] json, boolean lasting, Instant acceptedAt, @Nullable SpoolFile file) {
        this.run = content.run;
        this.refusal = content.refusal;
        this.namespace = content.namespace;
        this.json = json;
        this.lasting = lasting || (run != null && run.isFinished());
        this.acceptedAt = acceptedAt;
        this.file = file;
        this.key = run != null ? "run-" + run.uid() : "bad-" + content.hash(json, acceptedAt);
    }

    /** What the bytes are. */
    private record Content(
            @Nullable RunSnapshot run, @Nullable ArchiveOutcome refusal, String namespace) {

        static Content of(RunReading reading) {
            return new Content(reading.run().orElse(null), reading.refusal().orElse(null), reading.namespace());
        }

        static Content of(RunSnapshot run) {
            return new Content(run, null, run.namespace());
        }

        String hash(byte[] json, Instant now) {
            return QuarantinedRun.of(namespace, Objects.requireNonNull(refusal), json, now)
                    .id();
        }
    }

    /** Of a deleted run nothing is found again, so whatever is known last must last, finished or not. */
    static QueuedRun accepted(RunReading reading, byte[] json, RunWatcher.Event.Type type, Instant now) {
        return new QueuedRun(Content.of(reading), json, type == RunWatcher.Event.Type.DELETED, now, null);
    }

    static QueuedRun accepted(RunSnapshot run, Instant now) {
        return new QueuedRun(Content.of(run), run.json(), false, now, null);
    }

    static QueuedRun readBack(SpoolFile file, Instant now) {
        RunReading reading = RunReading.of(file.json());
        Content content = file.origin() == RunSnapshot.Origin.LIVE_READ
                ? reading.run().map(run -> Content.of(run.asLiveRead())).orElseGet(() -> Content.of(reading))
                : Content.of(reading);
        return new QueuedRun(content, file.json(), true, now, file);
    }

    /** The run's UID, or a hash of bytes and fault of what is no run: one slot for each. Fit for the name of a file. */
    String key() {
        return key;
    }

    byte[] json() {
        return json;
    }

    /** What log events about it say. */
    LogFields fields() {
        return run == null ? LogFields.of(namespace) : LogFields.of(run);
    }

    int size() {
        return json.length;
    }

    String namespace() {
        return namespace;
    }

    Optional<RunSnapshot> run() {
        return Optional.ofNullable(run);
    }

    Optional<ArchiveOutcome> refusal() {
        return Optional.ofNullable(refusal);
    }

    Instant acceptedAt() {
        return acceptedAt;
    }

    Optional<SpoolFile> file() {
        return Optional.ofNullable(file);
    }

    RunSnapshot.Origin origin() {
        return run == null ? RunSnapshot.Origin.WATCH : run.version().origin();
    }

    /** Whether nobody will find it again, so that it must not be dropped. */
    boolean isLasting() {
        return lasting;
    }

    void markLasting() {
        lasting = true;
    }

    boolean supersedes(QueuedRun waiting) {
        return run == null || waiting.run == null || run.version().supersedes(waiting.run.version());
    }

    @Override
    public String toString() {
        return run != null ? run.toString() : "unreadable object " + key;
    }
}
