package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.JsonEscape;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** One element of a batch on its way into the table, and in the end its outcome. */
final class ArchiveRow {

    private final RunPlacement placement;
    private final byte[] digest;
    private final String id;
    private JsonEscape.@Nullable Encoded data;
    private @Nullable String resultId;
    private @Nullable ArchiveOutcome outcome;

    ArchiveRow(RunPlacement placement, String id) {
        this.placement = placement;
        this.digest = digest(placement.run().json());
        this.id = id;
    }

    RunPlacement placement() {
        return placement;
    }

    RunSnapshot run() {
        return placement.run();
    }

    RecordName name() {
        return placement.record();
    }

    boolean speaksForResult() {
        return placement.summary().isPresent();
    }

    /** Made when asked for: most runs turn out to be stored already. */
    JsonEscape.Encoded data() {
        if (data == null) {
            data = JsonEscape.encode(placement.run().json());
        }
        return data;
    }

    /** Tells the object from all others. */
    byte[] digest() {
        return digest;
    }

    private static byte[] digest(byte[] json) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(json);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM lacks SHA-256, which every JVM must have", e);
        }
    }

    /** The id that the row gets if it is new. */
    String id() {
        return id;
    }

    @Nullable
    String resultId() {
        return resultId;
    }

    void resultId(@Nullable String id) {
        resultId = id;
    }

    @Nullable
    ArchiveOutcome outcome() {
        return outcome;
    }

    void outcome(ArchiveOutcome outcome) {
        this.outcome = outcome;
    }
}
