package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Follows the lines of a log while it is written, and keeps the marks of the last ones. Not thread-safe. */
final class LineTracker {

    private final ArrayDeque<LineMark> finished = new ArrayDeque<>();
    private final MessageDigest digest = Sha256.digest();
    private @Nullable LineMark resumed;
    private @Nullable Instant begun;
    private @Nullable Instant time;
    private long start;
    private long length;
    private long lines;
    private @Nullable Instant first;
    private @Nullable Instant last;

    LineTracker(LogTail tail) {
        finished.addAll(tail.marks());
        resumed = finished.pollLast();
        start = tail.lineStart();
        lines = tail.extent().lines();
        first = tail.extent().firstTime();
        last = tail.extent().lastTime();
    }

    /** A line counts from its first byte on: one that was begun without getting any was never there. */
    void begin(Instant lineTime) {
        begun = lineTime;
    }

    /** The time of the line that the next byte begins; null within a line and before the first. */
    @Nullable
    Instant newLine() {
        return begun;
    }

    /** The line of a writer before this one, which is about to go on: its bytes must be digested again first. */
    @Nullable
    LineMark unread() {
        return begun == null ? resumed : null;
    }

    long lineStart() {
        return start;
    }

    /** Takes over the line of a writer before this one. */
    void reread(LineMark mark, MessageDigest digested) {
        if (Sha256.mark(digested) != mark.hash()) {
            throw GzipMember.corrupt("the last line does not fit its mark");
        }
        resumed = null;
        time = mark.time();
        length = mark.length();
    }

    MessageDigest digest() {
        return digest;
    }

    void append(byte[] bytes, int offset, int count, long position) {
        Instant lineTime = begun;
        if (lineTime != null) {
            finish();
            begun = null;
            time = lineTime;
            start = position;
            length = 0;
            lines++;
            first = first == null ? lineTime : first;
            last = last == null || lineTime.isAfter(last) ? lineTime : last;
        }
        if (time != null) {
            digest.update(bytes, offset, count);
            length += count;
        }
    }

    private void finish() {
        Instant lineTime = time;
        LineMark mark = resumed != null || lineTime == null
                ? resumed
                : new LineMark(lineTime, length, Sha256.finishedMark(digest));
        if (mark != null) {
            finished.addLast(mark);
            if (finished.size() > LineMark.KEPT) {
                finished.removeFirst();
            }
        }
        resumed = null;
        digest.reset();
    }

    private @Nullable LineMark current() {
        Instant lineTime = time;
        if (resumed != null || lineTime == null) {
            return resumed;
        }
        return new LineMark(lineTime, length, Sha256.mark(digest));
    }

    List<LineMark> marks() {
        List<LineMark> marks = new ArrayList<>(finished);
        LineMark current = current();
        if (current != null) {
            marks.add(current);
        }
        return marks.size() > LineMark.KEPT ? marks.subList(1, marks.size()) : marks;
    }

    long lines() {
        return lines;
    }

    @Nullable
    Instant first() {
        return first;
    }

    @Nullable
    Instant last() {
        return last;
    }
}
