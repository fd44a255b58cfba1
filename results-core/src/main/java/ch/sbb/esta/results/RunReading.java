package ch.sbb.esta.results;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came out of reading bytes as a run: the run, or the reason why they are none. Nothing is thrown, so that one bad object does
 * not hold up the others.
 *
 * <p>Refused as {@code INVALID}: text that is not one JSON object in UTF-8, duplicate keys, nesting deeper than
 * {@value #MAX_DEPTH} levels, more than {@value #MAX_BYTES} bytes, and a run without kind, apiVersion, UID, namespace or name, or with
 * a UID or namespace that cannot be part of a name. Refused as {@code NOT_A_RUN}: an object whose kind is neither Tekton's nor can be an
 * extra one, see {@link RunKind#find}. Whether an archive handles that kind is not asked here: what is read may have been accepted or
 * stored long ago.
 */
public final class RunReading {

    /** The largest object that is read, in bytes: ten times what etcd takes. */
    public static final int MAX_BYTES = 16 << 20;

    /** The deepest nesting of objects and arrays that is read. */
    public static final int MAX_DEPTH = 1000;

    private final @Nullable RunSnapshot run;
    private final @Nullable ArchiveOutcome refusal;
    private final String namespace;

    private RunReading(@Nullable RunSnapshot run, @Nullable ArchiveOutcome refusal, String namespace) {
        this.run = run;
        this.refusal = refusal;
        this.namespace = namespace;
    }

    static RunReading run(RunSnapshot run) {
        return new RunReading(run, null, run.namespace());
    }

    static RunReading refused(ArchiveOutcome refusal, String namespace) {
        return new RunReading(null, refusal, namespace);
    }

    /**
     * Reads an object.
     *
     * @param json the object in UTF-8; kept by the snapshot, not copied
     * @return the run or the refusal
     */
    public static RunReading of(byte[] json) {
        Objects.requireNonNull(json, "json");
        return new RunParser(json).read();
    }

    /**
     * The run.
     *
     * @return the run, or empty when the bytes were refused
     */
    public Optional<RunSnapshot> run() {
        return Optional.ofNullable(run);
    }

    /**
     * Why the bytes are no run.
     *
     * @return an outcome with the status {@code QUARANTINED} or {@code NOT_A_RUN}, or empty for a run
     */
    public Optional<ArchiveOutcome> refusal() {
        return Optional.ofNullable(refusal);
    }

    /**
     * Whose object it is, as far as that could be read before the fault was met.
     *
     * @return a valid namespace, or empty text
     */
    public String namespace() {
        return namespace;
    }

    /**
     * The run, or an exception.
     *
     * @return the run
     * @throws ResultsException {@code INVALID} with the text of the refusal
     */
    public RunSnapshot orElseThrow() {
        if (run == null) {
            throw ResultsException.invalid(Objects.requireNonNull(refusal).reason());
        }
        return run;
    }
}
