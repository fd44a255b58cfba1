package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogWriter;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes to the primary, and says afterwards what was written. What it says is only noted: the caller waits for the primary alone. */
final class FanOutWriter implements LogWriter {

    private final LogWriter primary;
    private final LogFeed feed;
    private final Consumer<FanOutWriter> onClose;
    private final LogCopy copy;
    private final FanOutCrew crew;
    private @Nullable Instant begun;
    private boolean uncertain;

    FanOutWriter(LogWriter primary, LogFeed feed, FanOutCrew crew, Consumer<FanOutWriter> onClose) {
        this.primary = primary;
        this.feed = feed;
        this.crew = crew;
        this.copy = crew.carry(primary.info().id(), feed);
        this.onClose = onClose;
    }

    @Override
    public LogInfo info() {
        return primary.info();
    }

    @Override
    public List<LineMark> lastLines() {
        return primary.lastLines();
    }

    @Override
    public void beginLine(Instant time) {
        try {
            primary.beginLine(time);
        } catch (RuntimeException e) {
            throw failed(e);
        }
        begun = time;
    }

    @Override
    public void append(byte[] buffer, int offset, int length) {
        boolean doubtful = uncertain;
        uncertain = true;
        try {
            primary.append(buffer, offset, length);
        } catch (RuntimeException e) {
            throw failed(e);
        }
        uncertain = doubtful;
        if (length == 0) {
            return;
        }
        Instant time = begun;
        begun = null;
        if (uncertain && !isPlaceKept(length)) {
            return;
        }
        if (feed.text(time, buffer, offset, length)) {
            copy.wake();
        }
    }

    /**
     * Whether a call that failed before took nothing, as the primary tells; else what is held is given up, and as long as the primary does
     * not tell, each call asks again.
     */
    private boolean isPlaceKept(int length) {
        try {
            long position = primary.info().extent().bytes();
            uncertain = false;
            if (position == feed.end() + length) {
                return true;
            }
            feed.lost(position);
        } catch (RuntimeException e) {
            FanOutLogs.LOG.debug("{}: the primary does not say how far it is", copy.id(), e);
        }
        return false;
    }

    @Override
    public void defect(LogDefect.Reason reason, String detail) {
        try {
            primary.defect(reason, detail);
        } catch (RuntimeException e) {
            throw failed(e);
        }
        noteDefects();
    }

    private void noteDefects() {
        try {
            feed.defects(primary.info().defects());
            copy.wake();
        } catch (RuntimeException e) {
            // What the log is sealed with names them in any case.
            FanOutLogs.LOG.debug("{}: the primary does not say its defects", copy.id(), e);
        }
    }

    @Override
    public void flush() {
        try {
            primary.flush();
        } catch (RuntimeException e) {
            throw failed(e);
        }
        feed.flushed();
        copy.insist();
    }

    @Override
    public LogInfo seal() {
        LogInfo info;
        try {
            info = primary.seal();
        } catch (RuntimeException e) {
            throw failed(e);
        }
        if (feed.phase() != LogFeed.Phase.SEALED) {
            boolean released = feed.isReleased();
            feed.sealed(info);
            if (released) {
                // Given up on the way, or taken over by a writer that came later and lost.
                crew.carry(info.id(), crew.feed(info));
            }
            copy.insist();
        }
        return info;
    }

    @Override
    public void close() {
        try {
            primary.close();
        } finally {
            feed.closed();
            copy.insist();
            onClose.accept(this);
        }
    }

    private RuntimeException failed(RuntimeException e) {
        if (e instanceof ResultsException known && known.code() == ResultsException.Code.CONFLICT) {
            feed.fenced();
            copy.insist();
        }
        return e;
    }
}
