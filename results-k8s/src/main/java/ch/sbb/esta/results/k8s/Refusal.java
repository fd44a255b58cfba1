package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why a list or a watch did not go on.
 *
 * @param status the HTTP status, or the one of a Status object in the stream; 0 without an answer
 * @param retryAfter what the server asks for; zero without
 */
record Refusal(int status, ResultsException failure, Duration retryAfter) {

    private static final JsonMapper MAPPER = JsonMapper.builder(RawJson.FACTORY).build();
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,6}");

    static Refusal of(@Nullable HttpResponse<?> response, byte @Nullable [] body, @Nullable Throwable thrown) {
        if (thrown != null) {
            return new Refusal(0, ApiFailures.of(thrown), Duration.ZERO);
        }
        if (response == null) {
            return new Refusal(0, ApiFailures.of(new CancellationException("no answer")), Duration.ZERO);
        }
        String after = response.header("Retry-After");
        return new Refusal(
                response.code(),
                ApiFailures.ofStatus(response.code(), body == null ? new byte[0] : body),
                after != null && SECONDS.matcher(after).matches()
                        ? Duration.ofSeconds(Long.parseLong(after))
                        : Duration.ZERO);
    }

    /** A Status object in place of an event. */
    static Refusal ofStatus(byte[] json) {
        int code = statusCode(json);
        return new Refusal(code, ApiFailures.ofStatus(code, json), Duration.ZERO);
    }

    /** The code of a Status object; 0 for anything else. */
    static int statusCode(byte[] json) {
        try {
            JsonNode node = MAPPER.readTree(json);
            return node.path("kind").asText().equals("Status")
                    ? node.path("code").asInt()
                    : 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
