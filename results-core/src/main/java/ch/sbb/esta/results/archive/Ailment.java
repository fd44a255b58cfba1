package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Remembers a failure that lasts; logs when it begins and when it ends, not each time. Thread-safe. */
final class Ailment {

    private final Logger log;
    private final String what;
    private final InstantSource clock;
    private ArchiverStats.@Nullable Failure failure;

    Ailment(Logger log, String what, InstantSource clock) {
        this.log = log;
        this.what = what;
        this.clock = clock;
    }

    synchronized void failed(Throwable cause) {
        String message = text(cause);
        if (failure == null) {
            log.error("{} failed: {}", what, message, cause);
            failure = new ArchiverStats.Failure(message, clock.instant(), 1);
        } else {
            failure = new ArchiverStats.Failure(message, failure.since(), failure.attempts() + 1);
        }
    }

    synchronized void healed() {
        if (failure != null) {
            Instant since = failure.since();
            log.info("{} works again; it had failed {} times since {}", what, failure.attempts(), since);
            failure = null;
        }
    }

    synchronized ArchiverStats.@Nullable Failure failure() {
        return failure;
    }

    /** The text of a foreign exception may quote a user's; ours is escaped already. */
    static String text(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return cause instanceof ResultsException ours
                ? ours.code() + ": " + message
                : cause.getClass().getSimpleName() + ": " + Escaped.of(message);
    }
}
