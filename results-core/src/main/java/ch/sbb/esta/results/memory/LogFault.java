package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ResultsException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What happens to a stream of {@link InMemoryContainerLogs}. Immutable. */
public final class LogFault {

    final Kind kind;
    final long bytes;
    final String text;
    final ResultsException.@Nullable Code code;

    enum Kind {
        END,
        BREAK,
        STALL,
        SENTENCE,
        FRAGMENT,
        REFUSE
    }

    private LogFault(Kind kind, long bytes, String text, ResultsException.@Nullable Code code) {
        this.kind = kind;
        this.bytes = bytes;
        this.text = Objects.requireNonNull(text, "text");
        this.code = code;
    }

    /**
     * The stream ends early, as if it were over.
     *
     * @param bytes after so many
     * @return the fault
     */
    public static LogFault endAfter(long bytes) {
        return new LogFault(Kind.END, bytes, "", null);
    }

    /**
     * The stream breaks with an {@link java.io.IOException}.
     *
     * @param bytes after so many
     * @return the fault
     */
    public static LogFault breakAfter(long bytes) {
        return new LogFault(Kind.BREAK, bytes, "", null);
    }

    /**
     * The stream stays open and delivers nothing more until it is closed.
     *
     * @param bytes after so many
     * @return the fault
     */
    public static LogFault stallAfter(long bytes) {
        return new LogFault(Kind.STALL, bytes, "", null);
    }

    /**
     * The stream is a sentence instead of the log.
     *
     * @param sentence the whole answer
     * @return the fault
     */
    public static LogFault sentence(String sentence) {
        return new LogFault(Kind.SENTENCE, 0, sentence, null);
    }

    /**
     * The stream begins with the rest of a split line, without a timestamp.
     *
     * @param rest its text, with a newline at its end
     * @return the fault
     */
    public static LogFault fragment(String rest) {
        return new LogFault(Kind.FRAGMENT, 0, rest, null);
    }

    /**
     * The stream cannot be opened.
     *
     * @param code what the opening throws
     * @return the fault
     */
    public static LogFault refuse(ResultsException.Code code) {
        return new LogFault(Kind.REFUSE, 0, "", Objects.requireNonNull(code, "code"));
    }
}
