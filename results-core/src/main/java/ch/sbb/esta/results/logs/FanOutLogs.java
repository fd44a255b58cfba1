package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every log to a primary, which decides everything, and copies it to a secondary, which decides nothing.
 *
 * <p><b>The primary.</b> What a writer tells, throws and waits for is the primary's. Its bytes, times and defects are what they would be
 * without the secondary.
 *
 * <p><b>The secondary</b> gets the same bytes, line times and defects, and is sealed after the primary was. It is called from threads of
 * its own: it may throw anything or hang, and no caller of this sink sees it or waits for it. The last bytes of each log wait for it in
 * memory, bounded for one log and for all together; what does not fit, and everything that it missed while it failed, is read from the
 * primary as soon as it is stored there. So a secondary that is away for hours costs no memory but a small entry for each log.
 *
 * <p><b>After a crash</b> both stand at different bytes. A secondary that is behind catches up. One that is ahead waits until the primary
 * has stored as much, and gets nothing twice. Where they meet the secondary's last lines must be the primary's; else the log is left as
 * it is and reported.
 *
 * <p><b>Conflict.</b> When somebody else writes a log to the secondary, it is left to him; when it is sealed in the primary, it is
 * tried once more.
 *
 * <p><b>What goes wrong</b> is told by {@link #stats()}, by one warning in the application's log for each outage, and, log by log when one
 * is given up, by {@link #uncopied()} and {@link FanOutListener}. A process that dies may leave sealed logs uncopied that nobody
 * names: {@link #repair} copies them, and so does opening them once more.
 *
 * <p><b>Concurrency.</b> Thread-safe. A defect that the primary's crash lost may stay in the secondary, which is then reported too.
 *
 * <p><b>Lifecycle.</b> Closing closes the writers that are open; primary and secondary are not closed, and must be closed after this.
 */
public final class FanOutLogs implements LogSink {

    static final Logger LOG = LoggerFactory.getLogger(FanOutLogs.class);

    private static final int NAMED = 5;

    private final LogSink primary;
    private final LogSource stored;
    private final FanOutCrew crew;
    private final Set<FanOutWriter> writers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Begins to fan out.
     *
     * @param primary takes the logs
     * @param stored reads back what the primary has stored
     * @param secondary takes copies of them
     * @param config how to work
     */
    public FanOutLogs(LogSink primary, LogSource stored, LogSink secondary, FanOutConfig config) {
        this.primary = Objects.requireNonNull(primary, "primary");
        this.stored = Objects.requireNonNull(stored, "stored");
        this.crew = new FanOutCrew(
                stored, Objects.requireNonNull(secondary, "secondary"), Objects.requireNonNull(config, "config"));
        crew.start();
    }

    /**
     * Adds somebody who is told of logs that are not copied.
     *
     * @param listener called from the threads that copy, and from those that open or close
     */
    public void addListener(FanOutListener listener) {
        crew.ledger().addListener(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * {@inheritDoc}
     *
     * <p>A log that is sealed in the primary is copied to the secondary in the background, if it is not there.
     *
     * @throws IllegalStateException when this is closed
     */
    @Override
    public LogWriter open(ContainerLogId id) {
        Objects.requireNonNull(id, "id");
        requireOpen();
        LogWriter writer = primary.open(id);
        FanOutWriter both = new FanOutWriter(writer, crew.feed(writer.info()), crew, writers::remove);
        writers.add(both);
        return both;
    }

    /**
     * Copies a sealed log to the secondary in the background, from where the secondary stands. Without effect when both have the same. How it ends is told by {@link #stats()} and {@link #uncopied()}.
     *
     * @param id which log
     * @throws ResultsException {@code NOT_FOUND} when the primary does not have it, {@code INVALID} when it is not sealed there, and
     *     what the primary throws
     * @throws IllegalStateException when this is closed
     */
    public void repair(ContainerLogId id) {
        Objects.requireNonNull(id, "id");
        requireOpen();
        LogInfo info = stored.find(id).orElseThrow(() -> ResultsException.notFound(id));
        if (!info.isSealed()) {
            throw ResultsException.invalid(
                    "the log " + id + " is not sealed in the primary: it is copied when somebody opens it to write");
        }
        crew.carry(id, crew.feed(info));
    }

    /**
     * How the secondary fares.
     *
     * @return the counts
     */
    public FanOutStats stats() {
        return crew.stats();
    }

    /**
     * The logs that the secondary does not have as the primary has them, and that nobody works on any more. Those that were copied later
     * are not among them.
     *
     * @return the last 10,000 at most, in the order in which they were given up
     */
    public List<UncopiedLog> uncopied() {
        return crew.ledger().uncopied();
    }

    /**
     * Closes the writers that are open and waits until the secondary has caught up, for {@link FanOutConfig#closeLimit()} at most; a log
     * that fails is tried once more. What is still behind is told by a warning and by {@link #uncopied()}. Closing twice is harmless.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (FanOutWriter writer : List.copyOf(writers)) {
            try {
                writer.close();
            } catch (RuntimeException e) {
                LOG.warn("A writer of the primary could not be closed; what is durable stays", e);
            }
        }
        crew.close();
        List<UncopiedLog> behind = uncopied().stream()
                .filter(log -> log.reason() == UncopiedLog.Reason.BEHIND)
                .toList();
        if (!behind.isEmpty()) {
            LOG.warn(
                    "The secondary is behind in {} logs, among them {}; opening or repairing them goes on",
                    behind.size(),
                    behind.stream().limit(NAMED).map(UncopiedLog::id).toList());
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the fan-out is closed");
        }
    }
}
