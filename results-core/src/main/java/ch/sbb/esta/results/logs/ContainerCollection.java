package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.logs.FairQueue.Urgency;
import ch.sbb.esta.results.logs.StreamReader.Ending;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.ContainerLogs.Mode;
import ch.sbb.esta.results.spi.LogRedaction;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import ch.sbb.esta.results.spi.RedactedLog;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Collects the log of one run of one container, turn by turn. A turn asks where the container stands, opens one stream and reads it to
 * its end; what the stream's end means, the next turn asks again.
 *
 * <p>The log is over only when the container is: then it is read without following until such a read finds its place and nothing behind
 * it, at the same byte where another stream had ended before. One answer alone does not tell its end from a cut.
 *
 * <p>Turns are taken by one thread at a time; {@link #observe}, {@link #current} and {@link #urgency} are thread-safe.
 */
final class ContainerCollection {

    /** So often the stored lines may fail to come back, and the run before the current one to be found, until it is believed. */
    private static final int TRIES = 3;

    /** So often in short succession a reader that is behind opens its stream again before the log is labelled. */
    private static final int LAGS = 3;

    /** The longest wait while a pod is being deleted. */
    private static final Duration HURRIED = Duration.ofMillis(500);

    private final ContainerLogId id;
    private final String pod;
    private final Surroundings around;
    private final ReaderLag lag;
    private final HeadProof head;
    private final Backoff backoff;

    private @Nullable SinkWriter writer;
    private boolean contested;
    private boolean left;
    private long leftAt = -1;
    private Instant leftSince = Instant.MIN;
    private @Nullable Instant failingSince;
    private long endedAt = -1;
    private int lost;
    private int notFound;
    private int lags;
    private int streams;
    private long foreignAt = -1;
    private boolean over;

    private final HeadProbe probing;
    private volatile boolean done;
    private volatile boolean released;
    private volatile @Nullable OpenStream current;
    private volatile Standing observed = Standing.WAITING;
    private volatile boolean beingDeleted;

    ContainerCollection(ContainerLogId id, String pod, Surroundings around) {
        this.id = id;
        this.pod = pod;
        this.around = around;
        this.lag = new ReaderLag(around.config());
        this.head = new HeadProof(around.config());
        this.probing = new HeadProbe(id, pod, around, head);
        this.backoff = new Backoff(around.config());
    }

    ContainerLogId id() {
        return id;
    }

    String pod() {
        return pod;
    }

    /** The stream that is open now. */
    Optional<OpenStream> current() {
        return Optional.ofNullable(current);
    }

    /** Takes note of what a watch or a read says of the pod, which may be stale; says whether it was news. */
    boolean observe(Optional<PodSnapshot> seen) {
        Standing standing = Standing.of(seen, id);
        if (standing != Standing.GONE) {
            seen.ifPresent(pod -> pod.container(id.container())
                    .filter(c -> c.restarts() == id.restart())
                    .ifPresent(c -> head.observe(pod, c)));
        }
        boolean deleted = seen.isEmpty() || seen.get().beingDeleted();
        boolean news = standing != observed || deleted != beingDeleted;
        observed = standing;
        beingDeleted = deleted;
        return news;
    }

    Standing observed() {
        return observed;
    }

    Urgency urgency() {
        return released || observed.isOver() || beingDeleted ? Urgency.URGENT : Urgency.NORMAL;
    }

    /** Another collector looks after the log from now on: this one stops at the next safe place, without sealing. */
    void release() {
        released = true;
        probing.close();
        current().ifPresent(OpenStream::close);
    }

    /** Takes one turn. */
    Next turn() {
        return LogFields.of(id).call(this::oneTurn);
    }

    private Next oneTurn() {
        Next next = released ? Next.STOP : attempt();
        if (released && !done) {
            // What was read becomes durable, so that the other one goes on behind it.
            return finish();
        }
        return next;
    }

    private Next attempt() {
        try {
            Next next = step();
            failingSince = null;
            return next;
        } catch (Stop.Stopped e) {
            return Next.STOP;
        } catch (SinkWriter.Conflict e) {
            return fenced(e);
        } catch (RuntimeException e) {
            return failed(e);
        }
    }

    /**
     * Another collector has the log. The first time that may be a mistake: a log that was opened while the sink could not tell what it has
     * belongs to nobody else. After that it is left to that one for as long as it writes.
     */
    private Next fenced(SinkWriter.Conflict e) {
        close();
        if (!contested) {
            contested = true;
            return retry();
        }
        if (!left) {
            left = true;
            LogCollector.LOG.info("{}: left to another collector: {}", id, e.getMessage());
            around.counters().conflicts.increment();
        }
        leftAt = 0;
        leftSince = around.clock().instant();
        return standBy();
    }

    /**
     * Whether the collector that the log was left to still has it. It may have died: then nothing is added any more. Who cannot read the
     * rest himself waits longer, for the other one may hold it.
     */
    private boolean isHeldByAnother(SinkWriter opened) {
        if (leftAt < 0) {
            return false;
        }
        long place = opened.info().extent().bytes();
        Instant now = around.clock().instant();
        if (place > leftAt) {
            leftAt = place;
            leftSince = now;
            return true;
        }
        boolean unreadable = observed == Standing.GONE || observed == Standing.OUT_OF_REACH;
        boolean held = unreadable
                && Duration.between(leftSince, now).compareTo(around.config().giveUpAfter()) < 0;
        leftAt = held ? leftAt : -1;
        return held;
    }

    private Next standBy() {
        Duration delay = around.config().maxBackoff();
        return Next.after(beingDeleted && delay.compareTo(HURRIED) > 0 ? HURRIED : delay);
    }

    /** Whether the log is over, for this collector at least. */
    boolean isDone() {
        return done;
    }

    /** Stops without sealing. */
    void close() {
        SinkWriter open = writer;
        writer = null;
        // A defect that was noted last may not be durable: whoever opens the log again judges again.
        over = false;
        if (open != null) {
            try {
                open.close();
            } catch (RuntimeException e) {
                LogFields.of(id)
                        .run(() -> LogCollector.LOG.warn("{}: closing the log failed; what is durable stays", id, e));
            }
        }
    }

    private Next step() {
        boolean open = writer != null;
        SinkWriter to = writer();
        if (to.info().isSealed() && !over) {
            return finish();
        }
        if (over) {
            return seal(to);
        }
        ask();
        if (!open && isHeldByAnother(to)) {
            close();
            return standBy();
        }
        return switch (observed) {
            case WAITING -> retry();
            case RUNNING -> stream(to, Mode.FOLLOW);
            case ENDED -> stream(to, Mode.READ);
            case PREVIOUS -> stream(to, Mode.PREVIOUS);
            case OUT_OF_REACH ->
                end(
                        to,
                        to.isEmpty() ? Reason.NOT_READABLE : Reason.POD_VANISHED,
                        "the container was restarted more than once since; only the run before the current one can be read");
            case GONE -> end(to, Reason.POD_VANISHED, "the pod was gone before the end of the log was read");
        };
    }

    private SinkWriter writer() {
        SinkWriter open = writer;
        if (open == null) {
            try {
                LogWriter opened = around.sink().open(id);
                open = new SinkWriter(opened, around, () -> released);
                if (opened instanceof RedactedLog log && !opened.info().isSealed()) {
                    around.config().redaction().map(LogRedaction::name).ifPresent(log::redactedBy);
                }
            } catch (ResultsException e) {
                throw e.code() == ResultsException.Code.CONFLICT ? new SinkWriter.Conflict(e) : e;
            }
            writer = open;
            endedAt = -1;
        }
        return open;
    }

    /** Asks where the container stands. */
    Optional<PodSnapshot> ask() {
        Instant asked = around.clock().instant();
        Optional<PodSnapshot> seen = around.logs().findPod(id.namespace(), pod);
        observe(seen);
        head.observedAt(asked);
        return seen;
    }

    /** What finds out whether the container has written nothing yet. */
    HeadProbe probing() {
        return probing;
    }

    private Next stream(SinkWriter to, Mode mode) {
        Instant since = since(to);
        Instant asked = around.clock().instant();
        InputStream in;
        try {
            in = around.logs().open(new ContainerLogs.Request(id.namespace(), pod, id.container(), since, mode));
        } catch (ResultsException e) {
            if (e.code() != ResultsException.Code.NOT_FOUND) {
                throw e;
            }
            if (++notFound < TRIES) {
                return retry();
            }
            if (mode != Mode.PREVIOUS) {
                throw e;
            }
            return end(to, Reason.NOT_READABLE, "the run before the current one is not kept any more");
        }
        if (streams++ > 0) {
            around.counters().reconnects.increment();
        }
        try (OpenStream stream = new OpenStream(in, around.clock())) {
            current = stream;
            around.stop().check();
            if (released) {
                return Next.STOP;
            }
            if (!isOfThisRun(mode)) {
                return retry();
            }
            return read(to, stream, new Opened(mode, asked, since != null));
        } finally {
            current = null;
        }
    }

    /**
     * Whether what was opened is the log of this run. Names of pods are used again and containers are restarted: only who still is what it
     * was after the stream was opened is known to have been meant. A pod that is gone cannot have been replaced and gone since.
     */
    private boolean isOfThisRun(Mode mode) {
        Optional<PodSnapshot> after = ask();
        if (after.isEmpty()) {
            return true;
        }
        return switch (observed) {
            case RUNNING -> mode == Mode.FOLLOW;
            case ENDED -> mode == Mode.FOLLOW || mode == Mode.READ;
            case PREVIOUS -> mode == Mode.PREVIOUS;
            case WAITING ->
                mode == Mode.FOLLOW
                        && after.get()
                                .container(id.container())
                                .filter(c -> c.restarts() == id.restart())
                                .isPresent();
            case OUT_OF_REACH, GONE -> false;
        };
    }

    /**
     * How a stream was opened.
     *
     * @param mode whether it waits for more
     * @param asked when it was asked for
     * @param filtered whether lines before a time were left out
     */
    private record Opened(Mode mode, Instant asked, boolean filtered) {}

    private Next read(SinkWriter to, OpenStream stream, Opened opened) {
        Mode mode = opened.mode;
        lag.opened(stream.openedAt());
        StreamReader reader = new StreamReader(
                to,
                new StreamReader.Judges(lag, this::doubt, this::redaction),
                around.clock(),
                new StreamReader.Options(
                        opened.filtered,
                        mode == Mode.FOLLOW,
                        lost >= TRIES - 1,
                        foreignAt == to.written(),
                        lags >= LAGS));
        Ending ending = reader.read(stream);
        Instant now = around.clock().instant();
        if (reader.isInPlace() && !to.isEmpty()) {
            lost = 0;
        }
        if (reader.hasProgressed()) {
            backoff.reset();
        }
        if (ending == Ending.ENDED && mode != Mode.FOLLOW && to.isEmpty()) {
            head.empty(opened.asked, now);
        }
        return switch (ending) {
            case ENDED -> ended(to, reader, mode);
            case BROKEN -> retry();
            case CLOSED -> Next.NOW;
            case LAGGED -> lagged(now);
            case LOST -> {
                lost++;
                yield retry();
            }
            case FOREIGN -> {
                foreignAt = to.written();
                yield retry();
            }
            case SENTENCE ->
                throw new ResultsException(
                        ResultsException.Code.UNAVAILABLE,
                        "the kubelet answered with a sentence instead of a log: " + reader.unprefixedText());
        };
    }

    private LogRedaction.@Nullable Session redaction() {
        LogRedaction redaction = around.config().redaction().orElse(null);
        return redaction == null ? null : redaction.open(id);
    }

    /** Judges the head by the first line. What is known of the step before may be old: then the pod is asked. */
    private Optional<String> doubt(Instant first, Instant received) {
        probing.textCame();
        Optional<String> doubt = head.doubt(first, received);
        if (doubt.isEmpty() || !head.isTurnPending()) {
            return doubt;
        }
        try {
            ask();
        } catch (ResultsException e) {
            LogCollector.LOG.debug("{}: asking for the pod failed", id, e);
        }
        return head.doubt(first, received);
    }

    private Next ended(SinkWriter to, StreamReader reader, Mode mode) {
        long place = to.info().extent().bytes();
        if (!reader.isInPlace()) {
            if (mode == Mode.FOLLOW) {
                return retry();
            }
            return ++lost >= TRIES
                    ? end(to, Reason.ANCHOR_LOST, "the lines before did not come back when the log was read to its end")
                    : retry();
        }
        boolean proven = mode != Mode.FOLLOW && !reader.hasProgressed() && endedAt == place;
        endedAt = place;
        if (proven) {
            reader.finish();
            if (to.isEmpty()) {
                head.doubtOfNothing().ifPresent(doubt -> to.defect(Reason.HEAD_UNPROVEN, doubt));
            }
            over = true;
            return seal(to);
        }
        return mode == Mode.FOLLOW ? retry() : Next.NOW;
    }

    private Next lagged(Instant now) {
        if (lag.open(now).compareTo(around.config().lagLimit().multipliedBy(10)) > 0) {
            lags = 0;
        }
        lags++;
        return Next.NOW;
    }

    private Next end(SinkWriter to, Reason reason, String detail) {
        to.defect(reason, detail);
        over = true;
        return seal(to);
    }

    private Next seal(SinkWriter to) {
        LogInfo info = to.seal();
        finish();
        around.counters().sealed(info.state());
        around.onSealed(info);
        return Next.STOP;
    }

    private Next finish() {
        close();
        done = true;
        return Next.STOP;
    }

    private Next failed(RuntimeException e) {
        around.counters().failures.increment();
        Instant now = around.clock().instant();
        if (failingSince == null) {
            failingSince = now;
            LogCollector.LOG.warn("{}: will be tried again: {}", id, e.toString());
        } else {
            LogCollector.LOG.debug("{}: will be tried again", id, e);
        }
        boolean hopeless = observed.isOver()
                && Duration.between(failingSince, now).compareTo(around.config().giveUpAfter()) >= 0;
        SinkWriter to = writer;
        if (hopeless && !over && to != null) {
            try {
                return end(to, Reason.NOT_READABLE, "could not be read to its end: " + e.getMessage());
            } catch (Stop.Stopped stopped) {
                return Next.STOP;
            } catch (RuntimeException again) {
                e.addSuppressed(again);
            }
        }
        if (!SinkWriter.isRefusal(e)) {
            // What a writer holds after an unexpected failure is not known: the durable part is.
            close();
        }
        return retry();
    }

    private Next retry() {
        Duration delay = backoff.next();
        return Next.after(beingDeleted && delay.compareTo(HURRIED) > 0 ? HURRIED : delay);
    }

    /** From when to ask for the log again; null for all of it. */
    private @Nullable Instant since(SinkWriter to) {
        if (to.isEmpty() || !to.run().exact()) {
            return null;
        }
        return to.lastLines().stream()
                .map(LineMark::time)
                .min(Instant::compareTo)
                .map(lowest -> lowest.minus(around.config().overlap()).truncatedTo(ChronoUnit.SECONDS))
                .orElse(null);
    }

    /**
     * What comes after a turn.
     *
     * @param delay until the next turn, or null when there is none
     */
    record Next(@Nullable Duration delay) {

        static final Next STOP = new Next(null);
        static final Next NOW = new Next(Duration.ZERO);

        static Next after(Duration delay) {
            return new Next(delay);
        }
    }
}
