package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds, in a log that is read again, the place behind the last byte that is stored.
 *
 * <p>The place is where the lines before it are the stored last lines (time, length and hash; as far back as the answer goes) and
 * where as many lines in a row bear the last line's timestamp as are stored of it. The second condition makes the place unique when
 * thousands of equal lines bear one timestamp; it rests on no two lines on both sides of a rotation bearing the same nanosecond. A
 * stored last line may be the beginning of a line: the place is then inside of that line.
 *
 * <p>Not thread-safe. One anchor serves one answer.
 */
final class Anchor {

    private final List<LineMark> marks;
    private final LineMark last;
    private final Run run;
    private final LogInfo.Extent stored;
    private final MessageDigest digest = sha256();
    private final ArrayDeque<LineMark> recent = new ArrayDeque<>();

    private @Nullable Instant firstTime;
    private @Nullable Instant time;
    private long lines;
    private long sameTime;
    private long length;
    private boolean candidate;
    private boolean found;
    private boolean newer;

    /**
     * How many lines in a row at the end of a log bear the same timestamp.
     *
     * @param count at least this many
     * @param exact whether it is exactly as many
     */
    record Run(long count, boolean exact) {

        /** What the kept marks tell. */
        static Run of(List<LineMark> marks, long lines) {
            long count = 0;
            for (int i = marks.size() - 1; i >= 0; i--) {
                if (!marks.get(i).time().equals(marks.get(marks.size() - 1).time())) {
                    return new Run(count, true);
                }
                count++;
            }
            return new Run(count, count == lines);
        }
    }

    /** Looks for the end of {@code marks}, which are not empty. */
    Anchor(List<LineMark> marks, Run run, LogInfo.Extent stored) {
        this.marks = List.copyOf(marks);
        this.last = marks.get(marks.size() - 1);
        this.run = run;
        this.stored = stored;
    }

    /** A line begins in the answer. */
    void beginLine(Instant begun) {
        if (firstTime == null) {
            firstTime = begun;
        }
        sameTime = begun.equals(time) ? sameTime + 1 : 1;
        time = begun;
        lines++;
        length = 0;
        digest.reset();
        newer |= stored.lastTime() != null && begun.isAfter(stored.lastTime());
        candidate = begun.equals(last.time()) && countFits() && linesBeforeFit();
        if (candidate && last.length() == 0) {
            check();
        }
    }

    /**
     * Content of the line that was begun last.
     *
     * @return how many of the bytes are known; fewer than {@code count} when the place was found among them
     */
    int content(byte[] buffer, int offset, int count) {
        if (found) {
            return 0;
        }
        if (!candidate || length + count < last.length()) {
            digest.update(buffer, offset, count);
            length += count;
            return count;
        }
        int known = (int) (last.length() - length);
        digest.update(buffer, offset, known);
        length += known;
        check();
        if (found) {
            return known;
        }
        digest.update(buffer, offset + known, count - known);
        length += count - known;
        return count;
    }

    /** The line that was begun last is over. */
    void endLine() {
        candidate = false;
        recent.addLast(new LineMark(Objects.requireNonNull(time), length, hash(digest)));
        if (recent.size() >= LineMark.KEPT) {
            recent.removeFirst();
        }
    }

    /** Whether what comes now is new. */
    boolean isFound() {
        return found;
    }

    /**
     * Whether the anchor will not come any more: a line came that is newer than every stored one, and the lines of a container come in
     * the order in which it wrote them.
     */
    boolean isPassed() {
        return newer && !found;
    }

    private void check() {
        candidate = false;
        found = hash(copy(digest)) == last.hash();
    }

    private boolean countFits() {
        return run.exact()
                ? sameTime == run.count()
                : lines == stored.lines() && Objects.equals(firstTime, stored.firstTime());
    }

    private boolean linesBeforeFit() {
        Iterator<LineMark> before = recent.descendingIterator();
        for (int i = marks.size() - 2; i >= 0 && before.hasNext(); i--) {
            if (!before.next().equals(marks.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static long hash(MessageDigest digest) {
        return ByteBuffer.wrap(digest.digest()).getLong();
    }

    private static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the SHA-256 of this JDK cannot be copied", e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
