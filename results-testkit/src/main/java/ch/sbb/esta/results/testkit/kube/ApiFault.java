package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/**
 * A wrong answer of the API server, or of what stands in front of it. Immutable.
 *
 * @see KubeApiServer#faults()
 */
public final class ApiFault {

    private final KubeApiException answer;
    private final long retryAfterSeconds;

    private ApiFault(KubeApiException answer, long retryAfterSeconds) {
        this.answer = answer;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /**
     * 429 with {@code Retry-After}: the server has no seat for the request.
     *
     * @param retryAfter when to come again, in whole seconds
     * @return the fault
     */
    public static ApiFault tooManyRequests(Duration retryAfter) {
        return later(
                429,
                "TooManyRequests",
                "The server has received too many requests and has asked us to try again later",
                retryAfter);
    }

    /**
     * 503 with {@code Retry-After}: the server starts or stops.
     *
     * @param retryAfter when to come again, in whole seconds
     * @return the fault
     */
    public static ApiFault unavailable(Duration retryAfter) {
        return later(503, "ServiceUnavailable", "the server is currently unable to handle the request", retryAfter);
    }

    /**
     * 500 with a Status: something behind the server has failed, such as etcd or a webhook.
     *
     * @param message what failed
     * @return the fault
     */
    public static ApiFault internalError(String message) {
        return new ApiFault(ApiErrors.internal(requireNonNull(message, "message")), 0);
    }

    /**
     * 504 with a Status: something behind the server took too long; what was asked for may have been done nevertheless.
     *
     * @return the fault
     */
    public static ApiFault timeout() {
        ObjectNode details = Json.object();
        return new ApiFault(
                ApiErrors.failure(
                        504,
                        "Timeout",
                        "Timeout: request did not complete within requested timeout - context deadline exceeded",
                        details),
                0);
    }

    /**
     * 410 as HTTP status: the resourceVersion or the page token is too old, whatever it is.
     *
     * @return the fault
     */
    public static ApiFault expired() {
        return new ApiFault(ApiErrors.expired("The resourceVersion for the provided list is too old."), 0);
    }

    private static ApiFault later(int code, String reason, String message, Duration retryAfter) {
        long seconds = requireNonNull(retryAfter, "retryAfter").toSeconds();
        if (seconds < 1) {
            throw new IllegalArgumentException("retryAfter must be at least a second, was " + retryAfter);
        }
        ObjectNode details = Json.object().put("retryAfterSeconds", seconds);
        return new ApiFault(ApiErrors.failure(code, reason, message, details), seconds);
    }

    KubeApiException answer() {
        return answer;
    }

    /** Zero for none. */
    long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
