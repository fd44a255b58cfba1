package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the name of a log leads to.
 *
 * @param logRecord the Record that describes the log, if the name is its
 * @param run the Record of the run, if it is stored
 * @param kind of the run, such as {@code TaskRun}
 * @param uid of the run
 */
record LogTarget(@Nullable Record logRecord, @Nullable Record run, String kind, String uid) {

    /** Where copies of the log would lie. */
    RecordName place() {
        if (run != null) {
            return run.name();
        }
        return Objects.requireNonNull(logRecord, "a target has one of both").name();
    }
}
