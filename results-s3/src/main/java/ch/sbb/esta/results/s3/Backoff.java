package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.StopSignal;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts: each time twice as long, up to a bound, with a random part so that rivals do not meet again.
 *
 * @param attempts how often something is tried at most
 * @param first the longest wait after the first attempt
 * @param longest the longest wait
 */
record Backoff(int attempts, Duration first, Duration longest) {

    boolean isLast(int attempt) {
        return attempt >= attempts;
    }

    void pause(int attempt) {
        long bound = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempt - 1, 20));
        long millis = ThreadLocalRandom.current().nextLong(bound / 2, bound + 1);
        if (!new StopSignal().await(Duration.ofMillis(millis))) {
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE, "interrupted while waiting for another attempt");
        }
    }
}
