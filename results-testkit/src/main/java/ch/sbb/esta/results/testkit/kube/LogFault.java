package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.ResultsException;
import java.util.Objects;

/**
 * What happens to the answer to one request for a container's log. Immutable.
 */
public final class LogFault {

    final Kind kind;
    final long bytes;
    final int status;
    final String text;

    enum Kind {
        END,
        RESET,
        STALL,
        ANSWER
    }

    private LogFault(Kind kind, long bytes, int status, String text) {
        this.kind = kind;
        this.bytes = bytes;
        this.status = status;
        this.text = Objects.requireNonNull(text, "text");
        if (bytes < 0) {
            throw ResultsException.invalid(bytes + " bytes are negative");
        }
    }

    /**
     * The answer ends early and cleanly, in the middle of a line too.
     *
     * @param bytes after so many
     * @return the fault
     */
    public static LogFault endAfter(long bytes) {
        return new LogFault(Kind.END, bytes, 200, "");
    }

    /**
     * The connection is closed in the middle of the answer.
     *
     * @param bytes after so many
     * @return the fault
     */
    public static LogFault resetAfter(long bytes) {
        return new LogFault(Kind.RESET, bytes, 200, "");
    }

    /**
     * The answer goes on for ever without a further byte.
     *
     * @param bytes after so many
     * @return the fault
     */
    public static LogFault stallAfter(long bytes) {
        return new LogFault(Kind.STALL, bytes, 200, "");
    }

    /**
     * A sentence with status 200 instead of a log, as kubelets answer whose runtime does not know the container.
     *
     * @param sentence such as {@code unable to retrieve container logs for containerd://...}
     * @return the fault
     */
    public static LogFault sentence(String sentence) {
        return new LogFault(Kind.ANSWER, 0, 200, sentence);
    }

    /**
     * A refusal as plain text, as API servers answer that do not reach the kubelet.
     *
     * @param status the HTTP status, 400 to 599
     * @param text the body
     * @return the fault
     */
    public static LogFault refuse(int status, String text) {
        if (status < 400 || status > 599) {
            throw ResultsException.invalid("the status " + status + " is no refusal");
        }
        return new LogFault(Kind.ANSWER, 0, status, text);
    }
}
