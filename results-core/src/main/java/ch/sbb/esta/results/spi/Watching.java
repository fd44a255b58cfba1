package ch.sbb.esta.results.spi;

import java.time.Instant;
import java.util.Optional;

/** A watch that was started: says how old its knowledge is, and stops. Thread-safe; closing twice is harmless. */
public interface Watching extends AutoCloseable {

    /**
     * When the other side last proved that it is there: an event, a bookmark or a successful list. A watch that is merely open proves
     * nothing. Where several things are watched, the oldest of their times; what must not be seen does not count, {@link #health()} tells of
     * it.
     *
     * @return the time, or empty before the first proof
     */
    Optional<Instant> lastHeard();

    /**
     * What is watched, and what cannot be.
     *
     * @return the numbers of now; {@link WatchHealth#UNKNOWN} from a watch that counts nothing
     */
    default WatchHealth health() {
        return WatchHealth.UNKNOWN;
    }

    /** Stops the watch; no callback begins afterwards. */
    @Override
    void close();
}
