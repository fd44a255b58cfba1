package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import org.jspecify.annotations.Nullable;

/** A tenant cannot be made ready: which condition fails, in a word and in words. */
final class TenantSetback extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String condition;
    private final String reason;
    private final boolean passing;

    private TenantSetback(String condition, String reason, String message, boolean passing, @Nullable Throwable cause) {
        super(message, cause);
        this.condition = condition;
        this.reason = reason;
        this.passing = passing;
    }

    static TenantSetback of(String condition, String reason, String message) {
        return new TenantSetback(condition, reason, message, false, null);
    }

    static TenantSetback of(String condition, ResultsException failure) {
        String reason = switch (failure.code()) {
            case UNAVAILABLE, TIMEOUT -> "Unavailable";
            case DENIED -> "Denied";
            case CONFLICT, ALREADY_EXISTS -> "Conflict";
            case INVALID -> "Invalid";
            case NOT_FOUND -> "NotFound";
            case INTERNAL -> "Failed";
        };
        return new TenantSetback(
                condition, reason, String.valueOf(failure.getMessage()), failure.isRetryable(), failure);
    }

    String condition() {
        return condition;
    }

    String reason() {
        return reason;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    /** Whether it says nothing about the tenant: the database or the API server cannot be reached. */
    boolean isPassing() {
        return passing;
    }
}
