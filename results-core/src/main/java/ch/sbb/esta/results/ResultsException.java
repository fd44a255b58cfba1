package ch.sbb.esta.results;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one exception that crosses the roles of this library.
 *
 * <p>It says what went wrong ({@link #code()}), whether the same call may succeed later ({@link #isRetryable()}) and what it was
 * about ({@link #subject()}). Exceptions of drivers appear as its cause only. Text of users inside the message is escaped
 * ({@link Escaped}).
 */
public final class ResultsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    private final Code code;

    /** Whether the same call may succeed later. */
    private final boolean retryable;

    /** What the call was about, or null. */
    private final @Nullable String subject;

    /** What went wrong, in the words of gRPC and Kubernetes. */
    public enum Code {
        /** What was asked for does not exist. */
        NOT_FOUND,
        /** What should be created exists. */
        ALREADY_EXISTS,
        /** The state has changed meanwhile: a wrong etag, a resource version or a lost race. */
        CONFLICT,
        /** The request or the object is malformed; the same call will fail again. */
        INVALID,
        /** The caller may not do this. */
        DENIED,
        /** The other side cannot be reached or refuses for now. */
        UNAVAILABLE,
        /** No answer within the time allowed. */
        TIMEOUT,
        /** A fault of ours or an answer that nobody expects. */
        INTERNAL
    }

    /**
     * Creates an exception that is retryable when its code says so ({@code UNAVAILABLE}, {@code TIMEOUT}).
     *
     * @param code what went wrong
     * @param message what was wrong, where, and what to do; text of users already escaped
     */
    public ResultsException(Code code, String message) {
        this(code, message, null, null, retryable(code));
    }

    /**
     * Creates an exception with a cause.
     *
     * @param code what went wrong
     * @param message what was wrong, where, and what to do; text of users already escaped
     * @param cause the driver's exception, or null
     */
    public ResultsException(Code code, String message, @Nullable Throwable cause) {
        this(code, message, null, cause, retryable(code));
    }

    private ResultsException(
            Code code, String message, @Nullable String subject, @Nullable Throwable cause, boolean retryable) {
        super(Objects.requireNonNull(message, "message"), cause);
        this.code = Objects.requireNonNull(code, "code");
        this.subject = subject;
        this.retryable = retryable;
    }

    private static boolean retryable(Code code) {
        return code == Code.UNAVAILABLE || code == Code.TIMEOUT;
    }

    /**
     * Says that a request or an object is malformed.
     *
     * @param message what was wrong, where, and what to do; text of users already escaped
     * @return an exception with the code {@link Code#INVALID}
     */
    public static ResultsException invalid(String message) {
        return new ResultsException(Code.INVALID, message);
    }

    /**
     * Says that something does not exist.
     *
     * @param name the name asked for, as a full resource name
     * @return an exception with the code {@link Code#NOT_FOUND}
     */
    public static ResultsException notFound(Object name) {
        String subject = name.toString();
        return new ResultsException(Code.NOT_FOUND, Escaped.of(subject) + " does not exist", subject, null, false);
    }

    /**
     * Returns the same exception about a named thing.
     *
     * @param about the full resource name, blob key or pod that the call was about
     * @return a copy that names its subject; the message begins with it
     */
    public ResultsException about(Object about) {
        String text = about.toString();
        ResultsException copy =
                new ResultsException(code, Escaped.of(text) + ": " + getMessage(), text, getCause(), retryable);
        copy.setStackTrace(getStackTrace());
        return copy;
    }

    /**
     * What went wrong.
     *
     * @return the code, never null
     */
    public Code code() {
        return code;
    }

    /**
     * Whether the same call may succeed later without any change to it.
     *
     * @return true for an unreachable or overloaded other side
     */
    public boolean isRetryable() {
        return retryable;
    }

    /**
     * What the call was about.
     *
     * @return the full resource name, blob key or pod, unescaped, if the thrower named one
     */
    public Optional<String> subject() {
        return Optional.ofNullable(subject);
    }
}
