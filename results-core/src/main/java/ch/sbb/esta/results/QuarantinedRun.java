package ch.sbb.esta.results;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Objects;

/**
 * An object that could not be archived.
 *
 * <p>Immutable and thread-safe, as long as nobody writes into the array of {@link #data()}.
 */
public final class QuarantinedRun {

    private final String id;
    private final String namespace;
    private final ResultsException.Code code;
    private final String reason;
    private final byte[] data;
    private final Instant time;

    /**
     * Restores an entry.
     *
     * @param id what {@link #id()} returned
     * @param namespace the namespace where one could be read, else empty
     * @param refusal the outcome that says why
     * @param data the object as it came; kept, not copied
     * @param time when it was put aside last
     */
    public QuarantinedRun(String id, String namespace, ArchiveOutcome refusal, byte[] data, Instant time) {
        this.id = Objects.requireNonNull(id, "id");
        this.namespace = Objects.requireNonNull(namespace, "namespace");
        this.code = refusal.code().orElse(ResultsException.Code.INTERNAL);
        this.reason = refusal.reason();
        this.data = Objects.requireNonNull(data, "data");
        this.time = Objects.requireNonNull(time, "time");
    }

    /**
     * Puts an object aside.
     *
     * @param namespace the namespace where one could be read, else empty
     * @param refusal the outcome that says why
     * @param data the object as it came; kept, not copied
     * @param time now
     * @return the entry
     */
    public static QuarantinedRun of(String namespace, ArchiveOutcome refusal, byte[] data, Instant time) {
        return new QuarantinedRun(id(refusal, data), namespace, refusal, data, time);
    }

    /**
     * Identifies the entry, so that the same object with the same fault is kept once.
     *
     * @return SHA-256 of reason and bytes in hex
     */
    public String id() {
        return id;
    }

    /**
     * Whose object it is.
     *
     * @return the namespace, or empty text where none could be read
     */
    public String namespace() {
        return namespace;
    }

    /**
     * Why it could not be archived.
     *
     * @return the code
     */
    public ResultsException.Code code() {
        return code;
    }

    /**
     * What is wrong and where.
     *
     * @return the text, fit for a log line
     */
    public String reason() {
        return reason;
    }

    /**
     * The object as it came.
     *
     * @return the bytes, not a copy: do not write into it
     */
    public byte[] data() {
        return data;
    }

    /**
     * When it was put aside last.
     *
     * @return the time
     */
    public Instant time() {
        return time;
    }

    private static String id(ArchiveOutcome refusal, byte[] data) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(refusal.reason().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            digest.update(data);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "quarantined " + id + " " + code + ": " + reason + " (" + data.length + " bytes)";
    }
}
