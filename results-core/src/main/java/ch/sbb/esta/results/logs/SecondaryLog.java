package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.LogFeed.Phase;
import ch.sbb.esta.results.logs.LogFeed.Piece;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One log in the secondary. It is always continued from where the secondary's writer says it stands: with what waits in memory if that
 * begins there, else with what the primary has stored. Belongs to one thread at a time, save where said.
 */
final class SecondaryLog {

    /** So much is read from the primary before other logs have their turn. */
    private static final long SLICE = 8 << 20;

    private static final int CONFLICTS = 3;

    /** How a defect tells its place that is noted behind it. */
    private static final String LATE_PLACE = "before byte ";

    private static final Pattern LATE = Pattern.compile(LATE_PLACE + "([0-9]{1,18}): ");

    private final ContainerLogId id;
    private final LogSink secondary;
    private final PrimaryText primary;
    private final FanOutLedger ledger;
    private final InstantSource clock;

    private @Nullable LogFeed current;
    private @Nullable LogWriter writer;
    private boolean sealed;
    private long flushes;
    private boolean contested;
    private int conflicts;

    /** How often the secondary has a defect of a kind at a place. */
    private final Map<Place, Integer> had = new HashMap<>();

    private long known;
    private final ArrayDeque<LogDefect> due = new ArrayDeque<>();

    // Read by other threads.
    private volatile long position = -1;
    private volatile boolean verified;
    private volatile boolean left;
    private volatile boolean abandoned;
    private volatile @Nullable Instant calling;

    /** What comes after a turn. */
    enum Next {
        /** Nothing more is to be done. */
        DONE,
        /** All is done for now. */
        IDLE,
        /** There is more to do. */
        AGAIN,
        /** The primary has not stored yet what is needed, or something failed. */
        WAIT
    }

    private enum Reached {
        END,
        SLICE,
        NOTHING_STORED
    }

    private record Place(Reason reason, long offset) {}

    /** The secondary threw. */
    private static final class SecondaryFailed extends RuntimeException {

        private static final long serialVersionUID = 1L;

        SecondaryFailed(Throwable cause) {
            super(cause);
        }
    }

    SecondaryLog(ContainerLogId id, LogSink secondary, LogSource source, FanOutLedger ledger, InstantSource clock) {
        this.id = id;
        this.secondary = secondary;
        this.primary = new PrimaryText(source, id);
        this.ledger = ledger;
        this.clock = clock;
    }

    /** How many bytes the secondary has taken; -1 as long as that is not known. For any thread. */
    long position() {
        return position;
    }

    /** Whether somebody else writes the log to the secondary. For any thread. */
    boolean isLeft() {
        return left;
    }

    /** Whether the secondary can take what comes next. For any thread. */
    boolean isInStep(LogFeed feed) {
        return verified && position >= feed.start() && feed.phase() != Phase.SEALED;
    }

    /** Since when a call to the secondary is under way. For any thread. */
    Optional<Instant> calling() {
        return Optional.ofNullable(calling);
    }

    /** No call to the secondary is begun any more. For any thread. */
    void abandon() {
        abandoned = true;
    }

    /** Takes one turn; whatever goes wrong is told to the ledger. */
    Next turn(LogFeed feed) {
        try {
            Next next = step(feed);
            ledger.recovered(id);
            return next;
        } catch (SecondaryFailed e) {
            Throwable cause = Objects.requireNonNull(e.getCause());
            if (cause instanceof ResultsException known && known.code() == Code.CONFLICT) {
                return contested(feed, known);
            }
            boolean keeps = cause instanceof ResultsException known && known.code() == Code.UNAVAILABLE;
            return failed("the secondary failed: " + Escaped.of(cause.toString()), keeps);
        } catch (CancellationException e) {
            return Next.DONE;
        } catch (IOException | RuntimeException | Error e) {
            return failed("the primary could not be read: " + Escaped.of(e.toString()), true);
        }
    }

    private Next step(LogFeed feed) throws IOException {
        Phase phase = feed.phase();
        if (!feed.equals(current)) {
            attach(feed);
        }
        if (phase == Phase.FENCED) {
            return release();
        }
        if (left && phase != Phase.SEALED) {
            return phase == Phase.CLOSED ? Next.DONE : Next.IDLE;
        }
        left = false;
        LogWriter to = open();
        LogInfo end = phase == Phase.SEALED ? feed.sealed() : null;
        if (sealed && end == null) {
            return phase == Phase.CLOSED ? release() : Next.IDLE;
        }
        if (!verified) {
            long stored = position == 0 ? 0 : primary.durable();
            if (position > stored) {
                return end == null
                        ? shortOf(phase)
                        : giveUp(
                                UncopiedLog.Reason.TEXT_DIFFERS,
                                "it has " + position + " bytes, the primary " + stored);
            }
            verified = position == 0 || primary.endsWith(call(to::lastLines), position);
            if (!verified) {
                return giveUp(UncopiedLog.Reason.TEXT_DIFFERS, "its last lines before byte " + position + " differ");
            }
        }
        if (!sealed) {
            Reached reached = advance(feed, to);
            if (reached != Reached.END) {
                return reached == Reached.SLICE ? Next.AGAIN : shortOf(phase);
            }
        }
        if (end != null) {
            return seal(to, end);
        }
        flush(feed, to);
        return phase == Phase.CLOSED ? release() : Next.IDLE;
    }

    /** What is needed is not stored in the primary, and will not be if its writer is closed. */
    private Next shortOf(Phase phase) {
        return phase == Phase.CLOSED ? release() : Next.WAIT;
    }

    private void attach(LogFeed feed) {
        current = feed;
        flushes = 0;
        known = 0;
        // What came through memory from an earlier writer of the primary may never have been stored there.
        verified = position == 0;
    }

    private LogWriter open() {
        LogWriter open = writer;
        if (open == null) {
            open = call(() -> Objects.requireNonNull(secondary.open(id), "the secondary's writer"));
            writer = open;
            LogInfo info = firstInfo(open);
            position = info.extent().bytes();
            sealed = info.isSealed();
            verified = position == 0;
            flushes = 0;
            known = 0;
            had.clear();
            info.defects().forEach(this::count);
        }
        return open;
    }

    private void count(LogDefect defect) {
        Matcher late = LATE.matcher(defect.detail());
        long offset = late.lookingAt() ? Long.parseLong(late.group(1)) : defect.offset();
        had.merge(new Place(defect.reason(), offset), 1, Integer::sum);
    }

    private LogInfo firstInfo(LogWriter opened) {
        try {
            return call(opened::info);
        } catch (SecondaryFailed e) {
            // Where it stands must be known before it is used.
            drop();
            throw e;
        }
    }

    private Reached advance(LogFeed feed, LogWriter to) throws IOException {
        long limit = position + SLICE;
        while (position < limit) {
            Piece piece = feed.at(position);
            // A defect is told before the text behind it, so all that lie before this piece are known by now.
            defects(feed, to);
            if (piece != null) {
                give(feed, to, piece);
            } else if (position >= feed.start()) {
                return Reached.END;
            } else if (!read(feed, to, limit)) {
                return Reached.NOTHING_STORED;
            }
        }
        return Reached.SLICE;
    }

    private void give(LogFeed feed, LogWriter to, Piece piece) {
        int from = (int) (position - piece.offset());
        int length = (int) (stop(feed, piece.end()) - position);
        give(to, from == 0 ? piece.time() : null, piece.bytes(), from, length);
    }

    private boolean read(LogFeed feed, LogWriter to, long limit) throws IOException {
        long end = Math.min(limit, primary.durable());
        if (end <= position) {
            return false;
        }
        try (PrimaryText.Passage passage = primary.open(position, end)) {
            while (position < end) {
                defects(feed, to);
                var line = passage.line();
                int read = passage.read(stop(feed, end));
                give(to, line == null ? null : line.time(), passage.buffer(), 0, read);
            }
        }
        return true;
    }

    private void give(LogWriter to, @Nullable Instant time, byte[] bytes, int from, int length) {
        call(() -> {
            if (time != null) {
                to.beginLine(time);
            }
            to.append(bytes, from, length);
            return to;
        });
        taken(position + length);
    }

    private void taken(long bytes) {
        position = bytes;
    }

    /** Notes the defects that lie before the next byte. One whose place has passed is noted here: a late label is better than none. */
    private void defects(LogFeed feed, LogWriter to) {
        learn(feed);
        LogDefect defect = due.peekFirst();
        while (defect != null && defect.offset() <= position) {
            note(to, defect);
            due.removeFirst();
            defect = due.peekFirst();
        }
    }

    private void note(LogWriter to, LogDefect defect) {
        String detail =
                defect.offset() == position ? defect.detail() : LATE_PLACE + defect.offset() + ": " + defect.detail();
        call(() -> {
            to.defect(defect.reason(), detail);
            return to;
        });
        had.merge(new Place(defect.reason(), defect.offset()), 1, Integer::sum);
    }

    private long stop(LogFeed feed, long end) {
        learn(feed);
        LogDefect defect = due.peekFirst();
        return defect == null ? end : Math.min(end, Math.max(position + 1, defect.offset()));
    }

    private void learn(LogFeed feed) {
        long told = feed.defectsTold();
        if (told == known) {
            return;
        }
        known = told;
        due.clear();
        Map<Place, Integer> open = new HashMap<>(had);
        feed.defects().stream()
                .filter(defect -> open.merge(new Place(defect.reason(), defect.offset()), -1, Integer::sum) < 0)
                .sorted(Comparator.comparingLong(LogDefect::offset))
                .forEach(due::addLast);
    }

    private void flush(LogFeed feed, LogWriter to) {
        long asked = feed.flushes(position);
        if (asked > flushes) {
            call(() -> {
                to.flush();
                return to;
            });
            flushes = asked;
        }
    }

    private Next seal(LogWriter to, LogInfo end) {
        LogInfo info = call(to::info);
        if (!info.extent().equals(end.extent())) {
            return giveUp(UncopiedLog.Reason.TEXT_DIFFERS, "it has " + info.extent() + ", the primary " + end.extent());
        }
        info = call(to::seal);
        List<LogDefect> mine = info.defects();
        if (info.state() != end.state() || !places(mine).equals(places(end.defects()))) {
            return giveUp(
                    UncopiedLog.Reason.LABEL_DIFFERS,
                    "it is " + info.state() + " with " + mine.size() + " defects, the primary " + end.state() + " with "
                            + end.defects().size());
        }
        ledger.copied(id);
        drop();
        return Next.DONE;
    }

    private static Map<Place, Integer> places(List<LogDefect> defects) {
        Map<Place, Integer> places = new HashMap<>();
        defects.forEach(defect -> places.merge(new Place(defect.reason(), defect.offset()), 1, Integer::sum));
        return places;
    }

    /** The first time the log may have been opened while the secondary could not tell what it has; opening again shows. */
    private Next contested(LogFeed feed, ResultsException conflict) {
        drop();
        if (!contested) {
            contested = true;
            return Next.AGAIN;
        }
        if (feed.phase() != Phase.SEALED) {
            left = true;
            feed.release();
            FanOutLogs.LOG.info("{}: left to another writer of the secondary: {}", id, conflict.getMessage());
            return Next.AGAIN;
        }
        if (++conflicts < CONFLICTS) {
            return Next.WAIT;
        }
        return giveUp(UncopiedLog.Reason.CONFLICT, Escaped.of(conflict.toString()));
    }

    private Next failed(String error, boolean keepsWriter) {
        if (!keepsWriter) {
            // What a writer holds after an unexpected failure is not known.
            drop();
        }
        if (abandoned) {
            return Next.DONE;
        }
        ledger.failed(id, error);
        return Next.WAIT;
    }

    /** Ends the work on this log without success. */
    Next giveUp(UncopiedLog.Reason reason, String detail) {
        ledger.uncopied(id, reason, detail);
        drop();
        return Next.DONE;
    }

    private Next release() {
        LogWriter open = writer;
        writer = null;
        if (open != null) {
            call(() -> {
                open.close();
                return open;
            });
        }
        return Next.DONE;
    }

    /** Gives up the secondary's writer, whatever it says; the next one tells what the secondary has. */
    void drop() {
        position = -1;
        verified = false;
        try {
            release();
        } catch (SecondaryFailed | CancellationException e) {
            FanOutLogs.LOG.debug("{}: closing the secondary's writer failed", id, e);
        }
    }

    private <T> T call(Supplier<T> work) {
        if (abandoned) {
            throw new CancellationException();
        }
        calling = clock.instant();
        try {
            return work.get();
        } catch (Throwable e) {
            // An Error of the secondary, such as a class that it lacks, must not end the primary's log.
            throw new SecondaryFailed(e);
        } finally {
            calling = null;
        }
    }
}
