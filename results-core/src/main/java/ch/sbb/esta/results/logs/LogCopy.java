package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.logs.LogFeed.Phase;
import ch.sbb.esta.results.logs.SecondaryLog.Next;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Gives one log its turns: one at a time, when there is something to do, with pauses when something failed. Thread-safe. */
final class LogCopy {

    private final ContainerLogId id;
    private final FanOutCrew crew;
    private final SecondaryLog log;
    private final FanOutConfig config;
    private LogFeed feed;
    private State state = State.IDLE;
    /** Something came while a turn was under way. */
    private boolean woken;
    /** And it cannot wait for the end of a pause. */
    private boolean insisted;

    private boolean stalled;
    private Duration pause;
    private @Nullable Future<?> timer;

    private enum State {
        IDLE,
        QUEUED,
        RUNNING,
        PAUSED,
        DONE
    }

    LogCopy(ContainerLogId id, LogFeed feed, FanOutCrew crew) {
        this.id = id;
        this.feed = feed;
        this.crew = crew;
        this.config = crew.config();
        this.log = crew.secondary(id);
        this.pause = config.minPause();
    }

    ContainerLogId id() {
        return id;
    }

    /** Goes on with what another writer of the primary says; false when this copy has ended. */
    synchronized boolean attach(LogFeed next) {
        if (state == State.DONE) {
            return false;
        }
        feed.release();
        feed = next;
        insist();
        return true;
    }

    /** Never has a turn. */
    synchronized void refuse() {
        state = State.DONE;
    }

    /** There is something to do. */
    synchronized void wake() {
        if (state == State.IDLE) {
            queue();
        } else if (state == State.RUNNING) {
            woken = true;
        }
    }

    /** There is something to do for which no pause is waited for. */
    synchronized void insist() {
        if (state == State.PAUSED) {
            if (timer != null) {
                timer.cancel(false);
                timer = null;
            }
            queue();
        } else {
            insisted = true;
            wake();
        }
    }

    private void queue() {
        state = State.QUEUED;
        crew.execute(this::run);
    }

    private void run() {
        LogFeed now;
        synchronized (this) {
            if (state != State.QUEUED) {
                return;
            }
            state = State.RUNNING;
            woken = false;
            insisted = false;
            now = feed;
        }
        long before = log.position();
        Next next = log.turn(now);
        if (next == Next.WAIT && crew.isClosing()) {
            next = Next.DONE;
            log.drop();
            crew.ledger().uncopied(id, UncopiedLog.Reason.BEHIND, "closed before it had caught up");
        }
        if (after(now, next, log.position() > before)) {
            end();
        }
    }

    private synchronized boolean after(LogFeed served, Next next, boolean progressed) {
        if (state == State.DONE) {
            return false;
        }
        stalled = false;
        if (progressed || next == Next.IDLE) {
            pause = config.minPause();
        }
        if (next == Next.DONE && served.equals(feed)) {
            state = State.DONE;
            return true;
        }
        if (next == Next.DONE || next == Next.AGAIN || insisted || (next == Next.IDLE && woken)) {
            queue();
        } else if (next == Next.IDLE) {
            state = State.IDLE;
        } else {
            state = State.PAUSED;
            timer = crew.schedule(this::resume, pause);
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(config.maxPause()) > 0 ? config.maxPause() : doubled;
        }
        return false;
    }

    private synchronized void resume() {
        if (state == State.PAUSED) {
            timer = null;
            queue();
        }
    }

    private void end() {
        synchronized (this) {
            feed.release();
        }
        crew.ledger().recovered(id);
        crew.ended(this);
    }

    /** Carries off what waits, and notices a call that does not return. */
    void tick(Instant now) {
        Instant since = log.calling().orElse(null);
        boolean isNew = false;
        synchronized (this) {
            if (state == State.IDLE && (!feed.isEmpty() || log.position() < feed.start())) {
                wake();
            }
            if (state == State.RUNNING
                    && !stalled
                    && since != null
                    && Duration.between(since, now).compareTo(config.stallAfter()) >= 0) {
                stalled = true;
                isNew = true;
            }
        }
        if (isNew) {
            crew.ledger().failed(id, "a call to the secondary has not returned since " + since);
        }
    }

    /** Ends it, whatever is under way. */
    void abandon() {
        log.abandon();
        synchronized (this) {
            if (state == State.DONE) {
                return;
            }
            state = State.DONE;
        }
        crew.ledger()
                .uncopied(
                        id,
                        UncopiedLog.Reason.BEHIND,
                        "closed after " + config.closeLimit() + " before it had caught up, at byte " + log.position());
        end();
    }

    /** How a log stands. */
    enum Standing {
        IN_STEP,
        BEHIND,
        LEFT
    }

    Standing standing() {
        LogFeed now;
        synchronized (this) {
            now = feed;
        }
        if (log.isLeft() && now.phase() != Phase.SEALED) {
            return Standing.LEFT;
        }
        return log.isInStep(now) && !crew.ledger().isFailing(id) ? Standing.IN_STEP : Standing.BEHIND;
    }
}
