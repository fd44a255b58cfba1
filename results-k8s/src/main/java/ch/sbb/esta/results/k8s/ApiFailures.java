package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says in the words of this library what the API server or the way to it answered. */
final class ApiFailures {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** How HTTP clients complain about a header: with its value. */
    private static final Pattern CREDENTIALS =
            Pattern.compile("bearer |basic |authorization|token=", Pattern.CASE_INSENSITIVE);

    private ApiFailures() {}

    /** An answer that is no success. */
    static ResultsException ofStatus(int status, byte[] body) {
        return new ResultsException(code(status, reason(body)), text(status, message(body)));
    }

    /** Something that was thrown on the way. */
    static ResultsException of(Throwable failure) {
        Throwable thrown = failure;
        while ((thrown instanceof ExecutionException || thrown instanceof CompletionException)
                && thrown.getCause() != null) {
            thrown = thrown.getCause();
        }
        if (thrown instanceof ResultsException e) {
            return e;
        }
        Throwable cause = withoutCredentials(thrown);
        if (thrown instanceof KubernetesClientException e && e.getCode() > 0) {
            String reason = e.getStatus() == null ? "" : e.getStatus().getReason();
            String message = e.getStatus() == null ? "" : e.getStatus().getMessage();
            return new ResultsException(
                    code(e.getCode(), reason == null ? "" : reason),
                    text(e.getCode(), message == null ? "" : message),
                    cause);
        }
        if (isTimeout(thrown)) {
            return new ResultsException(Code.TIMEOUT, "the API server did not answer in time", cause);
        }
        if (isIo(thrown)) {
            return new ResultsException(
                    Code.UNAVAILABLE,
                    "the API server cannot be reached: "
                            + cause.getClass().getSimpleName() + " "
                            + Escaped.of(String.valueOf(cause.getMessage())),
                    cause);
        }
        return new ResultsException(
                Code.INTERNAL,
                "the Kubernetes client failed: " + thrown.getClass().getName(),
                cause);
    }

    /** The sentence of a Status, or the text of an answer that is none. */
    static String message(byte[] body) {
        JsonNode status = status(body);
        return status == null
                ? new String(body, StandardCharsets.UTF_8).strip()
                : status.path("message").asText();
    }

    private static String reason(byte[] body) {
        JsonNode status = status(body);
        return status == null ? "" : status.path("reason").asText();
    }

    private static @Nullable JsonNode status(byte[] body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            return node != null && node.isObject() ? node : null;
        } catch (IOException e) {
            return null;
        }
    }

    static String text(int status, String message) {
        return "the API server answered " + status + (message.isEmpty() ? "" : ": " + Escaped.of(message));
    }

    private static Code code(int status, String reason) {
        return switch (status) {
            case 400, 413, 415, 422 -> Code.INVALID;
            case 401, 403 -> Code.DENIED;
            case 404 -> Code.NOT_FOUND;
            case 408 -> Code.TIMEOUT;
            case 409 -> reason.equals("AlreadyExists") ? Code.ALREADY_EXISTS : Code.CONFLICT;
            case 410 -> Code.CONFLICT;
            case 429 -> Code.UNAVAILABLE;
            default -> status >= 500 ? Code.UNAVAILABLE : Code.INTERNAL;
        };
    }

    private static boolean isTimeout(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            // Vert.x and the JDK have timeouts of their own, the latter a kind of IOException.
            if (t instanceof TimeoutException || t.getClass().getSimpleName().contains("Timeout")) {
                return true;
            }
        }
        return false;
    }

    private static boolean isIo(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    private static Throwable withoutCredentials(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t.getMessage() != null && CREDENTIALS.matcher(t.getMessage()).find()) {
                IOException hidden =
                        new IOException(t.getClass().getName() + ", whose message holds credentials and is left out");
                hidden.setStackTrace(t.getStackTrace());
                return hidden;
            }
        }
        return thrown;
    }
}
