package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogRedaction;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads one stream of a container's log to its end: passes over what is stored already, hands the rest to the writer and notes what is
 * or may be missing. Not thread-safe; serves one stream.
 */
final class StreamReader implements LineParser.Handler {

    private static final int BUFFER_BYTES = 32 * 1024;

    /** With these the kubelet begins when it answers 200 and has no log. */
    private static final List<String> SENTENCES =
            List.of("unable to retrieve container logs for ", "failed to try resolving symlinks in path ");

    private final SinkWriter writer;
    private final Judges judges;
    private final InstantSource clock;
    private final Options options;
    private final @Nullable RedactedLines redacted;
    private final LineParser parser;
    private final long before;

    private @Nullable Anchor anchor;
    private boolean headJudged;
    private boolean lagging;
    private Instant received = Instant.EPOCH;
    private Ending ending = Ending.ENDED;

    /** How a stream ended. */
    enum Ending {
        /** The other side ended it, which may be the end of the log or a cut. */
        ENDED,
        /** It broke, or ended where no log ends. */
        BROKEN,
        /** This side closed it. */
        CLOSED,
        /** The reader is too far behind: a fresh stream tells whether something was lost. */
        LAGGED,
        /** The stored lines did not come back. */
        LOST,
        /** Text without a timestamp stood between lines. */
        FOREIGN,
        /** It was a sentence instead of a log. */
        SENTENCE
    }

    /**
     * What the stream is and what to put up with.
     *
     * @param filtered whether lines before a time were left out
     * @param following whether the stream was open while the container wrote
     * @param lossAccepted whether to go on when the stored lines do not come back
     * @param foreignAccepted whether to go on behind text without timestamp
     * @param lagAccepted whether to go on when the reader is too far behind
     */
    record Options(
            boolean filtered, boolean following, boolean lossAccepted, boolean foreignAccepted, boolean lagAccepted) {}

    /**
     * Who judges what the lines alone do not tell.
     *
     * @param lag whether the reader keeps up
     * @param head told of a log's first line and of when it was read; says why its head is not proven, or empty
     * @param redaction takes secrets out of the lines, or null
     */
    record Judges(
            ReaderLag lag,
            BiFunction<Instant, Instant, Optional<String>> head,
            Supplier<LogRedaction.@Nullable Session> redaction) {}

    StreamReader(SinkWriter writer, Judges judges, InstantSource clock, Options options) {
        this.writer = writer;
        this.judges = judges;
        this.clock = clock;
        this.options = options;
        LogRedaction.Session session = judges.redaction.get();
        this.redacted = session == null ? null : new RedactedLines(this, session);
        this.parser = new LineParser(redacted == null ? this : redacted);
        this.before = writer.written();
        this.headJudged = !writer.isEmpty();
        this.anchor = headJudged
                ? new Anchor(writer.lastLines(), writer.run(), writer.info().extent())
                : null;
    }

    Ending read(OpenStream stream) {
        byte[] buffer = new byte[BUFFER_BYTES];
        while (true) {
            int count;
            try {
                count = stream.read(buffer);
            } catch (IOException | ResultsException e) {
                return stream.isClosed() ? Ending.CLOSED : Ending.BROKEN;
            }
            if (stream.isClosed()) {
                return Ending.CLOSED;
            }
            if (count < 0) {
                return atEnd();
            }
            received = clock.instant();
            if (!parser.feed(buffer, count)) {
                return ending;
            }
        }
    }

    /** Whether the place behind the stored bytes was reached: what came after it is stored. */
    boolean isInPlace() {
        return anchor == null || anchor.isFound();
    }

    /** Whether anything was written. */
    boolean hasProgressed() {
        return writer.written() != before;
    }

    /** The log is over: what was held back of its last line is not part of a secret. */
    void finish() {
        if (redacted != null) {
            redacted.finish();
        }
    }

    /** What came instead of a log, for a log line. */
    String unprefixedText() {
        LogRedaction.Session session = judges.redaction.get();
        String text = parser.unprefixedText();
        return Escaped.of(session == null ? text : RedactedLines.redact(text, session));
    }

    @Override
    public boolean beginLine(Instant time) {
        Anchor seeking = anchor;
        if (seeking != null && !seeking.isFound()) {
            seeking.beginLine(time);
            if (!seeking.isPassed()) {
                return true;
            }
            if (!options.lossAccepted) {
                return stop(Ending.LOST);
            }
            writer.defect(
                    Reason.ANCHOR_LOST,
                    "the lines before did not come back; goes on with the first newer line, of " + time);
            anchor = null;
        }
        if (!headJudged) {
            judgeHead(time);
        }
        if (options.following && isTooFarBehind(time)) {
            return stop(Ending.LAGGED);
        }
        writer.beginLine(time);
        return true;
    }

    @Override
    public boolean content(byte[] buffer, int offset, int length) {
        int known = anchor == null || anchor.isFound() ? 0 : anchor.content(buffer, offset, length);
        if (known < length && isInPlace()) {
            writer.append(buffer, offset + known, length - known);
        }
        return true;
    }

    @Override
    public void endLine() {
        if (anchor != null && !anchor.isFound()) {
            anchor.endLine();
        }
    }

    @Override
    public boolean unprefixed() {
        if (!isInPlace()) {
            return true;
        }
        if (!options.foreignAccepted) {
            return stop(Ending.FOREIGN);
        }
        writer.defect(Reason.NOT_READABLE, "text without a timestamp stood between lines and was left out");
        return true;
    }

    private void judgeHead(Instant first) {
        headJudged = true;
        if (parser.beganUnprefixed()) {
            writer.defect(Reason.NOT_READABLE, "began with text without a timestamp: " + unprefixedText());
        }
        judges.head.apply(first, received).ifPresent(doubt -> writer.defect(Reason.HEAD_UNPROVEN, doubt));
    }

    private boolean isTooFarBehind(Instant time) {
        if (!judges.lag.isLagging(time, received)) {
            lagging = false;
            return false;
        }
        if (!options.lagAccepted && hasProgressed()) {
            return true;
        }
        if (!lagging) {
            writer.defect(Reason.READER_LAGGED, "a line of " + time + " was read at " + received);
            lagging = true;
        }
        return false;
    }

    private boolean stop(Ending why) {
        ending = why;
        return false;
    }

    private Ending atEnd() {
        if (!isInPlace() && !options.following) {
            // The stored last line may be the end of the log, without a newline.
            finish();
        }
        if (parser.isInsidePrefix() && (parser.lines() > 0 || !parser.beganUnprefixed())) {
            return Ending.BROKEN;
        }
        if (parser.lines() > 0 || !parser.beganUnprefixed()) {
            return Ending.ENDED;
        }
        // Behind a filter the rest of a split line may stand alone; without one, text without timestamp is no log at
        // all.
        String text = parser.unprefixedText();
        boolean sentence = !options.filtered || SENTENCES.stream().anyMatch(text::startsWith);
        return sentence ? Ending.SENTENCE : Ending.BROKEN;
    }
}
