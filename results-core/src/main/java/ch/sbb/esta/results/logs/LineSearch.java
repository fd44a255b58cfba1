package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogInfo.Extent;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import java.io.IOException;
import java.time.Instant;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds lines by number or time: halves the row of segments and goes through the lines of one or two of them. Not thread-safe.
 */
final class LineSearch {

    private final StoredRow row;
    private final Extent extent;

    LineSearch(StoredRow row, Extent extent) {
        this.row = row;
        this.extent = extent;
    }

    LogSpan find(LogSelection selection) throws IOException {
        long lines = extent.lines();
        if (selection instanceof LogSelection.Range range) {
            return span(range.first(), range.count());
        }
        if (selection instanceof LogSelection.Last last) {
            return span(Math.max(0, lines - last.count()), lines);
        }
        return since(((LogSelection.Since) selection).time());
    }

    private LogSpan span(long first, long count) throws IOException {
        long lines = extent.lines();
        long from = Math.min(first, lines);
        long to = from + Math.min(count, lines - from);
        long start = start(from);
        long end = to == lines ? extent.bytes() : start(to);
        return new LogSpan(start, end - start, from, to - from);
    }

    /** Where a line begins; the end of the text for the one behind the last. */
    private long start(long line) throws IOException {
        if (line == 0 || line == extent.lines()) {
            return line == 0 ? 0 : extent.bytes();
        }
        int at = first(i -> row.linesUpTo(i) > line);
        long skip = line - row.linesUpTo(at - 1);
        try (IndexedLines lines = row.lines(at)) {
            for (LogLine each = lines.next(); each != null; each = lines.next()) {
                if (skip-- == 0) {
                    return each.offset();
                }
            }
        }
        throw GzipMember.corrupt("the index does not have line " + line + ", which it counts");
    }

    private LogSpan since(Instant time) throws IOException {
        // What is known at the end of a segment has the highest time of all lines before: it never falls from one to
        // the next.
        Instant highest = extent.lastTime();
        if (highest != null && !highest.isBefore(time)) {
            int at = first(i -> reaches(row.tail(i).extent().lastTime(), time));
            long number = row.linesUpTo(at - 1);
            try (IndexedLines lines = row.lines(at)) {
                for (LogLine each = lines.next(); each != null; each = lines.next()) {
                    if (!each.time().isBefore(time)) {
                        return new LogSpan(
                                each.offset(), extent.bytes() - each.offset(), number, extent.lines() - number);
                    }
                    number++;
                }
            }
            throw GzipMember.corrupt("the index does not have a line of " + highest + ", which it speaks of");
        }
        return new LogSpan(extent.bytes(), 0, extent.lines(), 0);
    }

    private static boolean reaches(@Nullable Instant highest, Instant time) {
        return highest != null && !highest.isBefore(time);
    }

    /** The first segment for which something holds that holds for all behind it too, the last one included. */
    private int first(IntPredicate holds) {
        int low = 0;
        int high = row.size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (holds.test(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
