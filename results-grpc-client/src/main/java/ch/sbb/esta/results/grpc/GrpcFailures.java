package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says what a status means for the caller. */
final class GrpcFailures {

    private final String identity;

    GrpcFailures(GrpcOptions options) {
        this.identity = options.identity();
    }

    /** The exception for a call that failed; its message begins with what the call was about. */
    ResultsException of(StatusRuntimeException failure, String call, Object about) {
        return of(failure.getStatus(), failure, call, about);
    }

    /** The exception for a stream that failed. */
    ResultsException of(StatusException failure, String call, Object about) {
        return of(failure.getStatus(), failure, call, about);
    }

    private ResultsException of(Status status, Exception failure, String call, Object about) {
        StringBuilder message = new StringBuilder(call).append(" ended with ").append(status.getCode());
        String description = Objects.requireNonNullElse(status.getDescription(), "");
        if (!description.isEmpty()) {
            message.append(": ").append(Escaped.of(description));
        }
        Code code = code(status);
        message.append(hint(status, code));
        return new ResultsException(code, message.toString(), failure).about(about);
    }

    private static Code code(Status status) {
        return switch (status.getCode()) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> Code.INVALID;
            case NOT_FOUND -> Code.NOT_FOUND;
            case ALREADY_EXISTS -> Code.ALREADY_EXISTS;
            case FAILED_PRECONDITION, ABORTED -> Code.CONFLICT;
            case UNAUTHENTICATED, PERMISSION_DENIED -> Code.DENIED;
            case UNAVAILABLE -> Code.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> Code.TIMEOUT;
            case CANCELLED -> isByServer(status) ? Code.UNAVAILABLE : Code.INTERNAL;
            case RESOURCE_EXHAUSTED -> isTooLarge(status) ? Code.INVALID : Code.UNAVAILABLE;
            default -> Code.INTERNAL;
        };
    }

    /** A server that is stopped before a call has ended resets the call's stream, as a caller does that cancels its own. */
    private static boolean isByServer(Status status) {
        return Objects.requireNonNullElse(status.getDescription(), "").contains("RST_STREAM");
    }

    /** Whether the answer was larger than may be. */
    static boolean isTooLarge(ResultsException failure) {
        return failure.getCause() instanceof StatusRuntimeException cause
                && cause.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED
                && isTooLarge(cause.getStatus());
    }

    /** The same status stands for a message over a limit, which will never pass, and for a server that is busy. */
    private static boolean isTooLarge(Status status) {
        String description = Objects.requireNonNullElse(status.getDescription(), "");
        return description.contains("exceeds maximum size") || description.contains("larger than max");
    }

    private String hint(Status status, Code code) {
        if (code == Code.DENIED) {
            return "; the call was made " + identity
                    + (status.getCode() == Status.Code.UNAUTHENTICATED
                            ? " (a Tekton Results server answers so to a caller without the right, too)"
                            : "");
        }
        if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED && code == Code.INVALID) {
            return "; ask for a smaller page, or raise maxResponseBytes here or the limit of the server";
        }
        if (status.getCode() == Status.Code.UNIMPLEMENTED) {
            return "; the server does not have this call, or has switched it off";
        }
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            return unavailable(status.getCause());
        }
        if (status.getCode() == Status.Code.UNKNOWN) {
            return " (a Tekton Results server answers so when its database fails)";
        }
        return "";
    }

    /** The transport's own words are "io exception"; what was wrong is in the causes. */
    private static String unavailable(@Nullable Throwable cause) {
        Throwable root = cause;
        boolean tls = false;
        for (int depth = 0; root != null && depth < 20; depth++) {
            tls |= root instanceof SSLException;
            if (root.getCause() == null) {
                break;
            }
            root = root.getCause();
        }
        if (root == null || root.getMessage() == null) {
            return "";
        }
        String reason = " (" + Escaped.of(root.getMessage()) + ")";
        return tls
                ? reason
                        + "; client and server do not agree on TLS: check that the server has it, that its certificate is of a"
                        + " trusted authority and for this name, and the certificate of the client"
                : reason;
    }
}
