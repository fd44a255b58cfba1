package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.Escaped;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Since when something does not work, and why. Thread-safe. */
final class Outage {

    private volatile @Nullable Failure failure;

    /**
     * What does not work.
     *
     * @param since when it first failed
     * @param error what came of the last attempt, fit for a log line
     */
    record Failure(Instant since, String error) {}

    synchronized void failed(Exception e, Instant now) {
        Failure before = failure;
        failure = new Failure(before == null ? now : before.since, Escaped.of(String.valueOf(e.getMessage())));
    }

    void succeeded() {
        if (failure != null) {
            end();
        }
    }

    private synchronized void end() {
        failure = null;
    }

    boolean isOver() {
        return failure == null;
    }

    Optional<Failure> failure() {
        return Optional.ofNullable(failure);
    }
}
