package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ApiFailuresTest {

    @ParameterizedTest
    @CsvSource({
        "400,INVALID",
        "401,DENIED",
        "403,DENIED",
        "404,NOT_FOUND",
        "408,TIMEOUT",
        "409,CONFLICT",
        "410,CONFLICT",
        "413,INVALID",
        "415,INVALID",
        "422,INVALID",
        "429,UNAVAILABLE",
        "500,UNAVAILABLE",
        "502,UNAVAILABLE",
        "503,UNAVAILABLE",
        "504,UNAVAILABLE",
        "302,INTERNAL",
        "418,INTERNAL"
    })
    void everyStatusHasItsCode(int status, Code code) {
        assertThat(ApiFailures.ofStatus(status, new byte[0]).code()).isEqualTo(code);
        assertThat(ApiFailures.of(new KubernetesClientException(
                                "message",
                                status,
                                new StatusBuilder().withMessage("why").build()))
                        .code())
                .isEqualTo(code);
    }

    @Test
    void theSentenceOfTheServerIsEscapedAndBounded() {
        ResultsException failure =
                ApiFailures.ofStatus(403, utf8("{\"message\":\"line\\nbreak " + "x".repeat(500) + "\"}"));
        assertThat(failure.getMessage())
                .startsWith("the API server answered 403: \"line\\u000abreak")
                .hasSizeLessThan(300);
        assertThat(ApiFailures.ofStatus(500, utf8("not json")).getMessage()).contains("not json");
        assertThat(ApiFailures.ofStatus(409, utf8("{\"reason\":\"AlreadyExists\"}"))
                        .code())
                .isEqualTo(Code.ALREADY_EXISTS);
    }

    @Test
    void whatIsThrownOnTheWayIsUnavailableOrATimeout() {
        assertThat(ApiFailures.of(new ExecutionException(new ConnectException("refused")))
                        .code())
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(ApiFailures.of(new KubernetesClientException("x", new IOException("reset")))
                        .code())
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(ApiFailures.of(new TimeoutException("late")).code()).isEqualTo(Code.TIMEOUT);
        assertThat(ApiFailures.of(new IllegalStateException("odd")).code()).isEqualTo(Code.INTERNAL);
    }

    @Test
    void credentialsAreInNoMessage() {
        Throwable thrown = new IllegalArgumentException("invalid header value: \"Bearer s3cret\n\"");
        for (Throwable failure : new Throwable[] {thrown, new ExecutionException(new IOException("wrapped", thrown))}) {
            StringWriter trace = new StringWriter();
            ApiFailures.of(failure).printStackTrace(new PrintWriter(trace));
            assertThat(trace.toString()).doesNotContain("s3cret").contains("IllegalArgumentException");
        }
    }

    @Test
    void whatTheKubeletAnswersWith400IsToldApart() {
        assertThat(log("container \"a\" in pod \"b\" is waiting to start: PodInitializing"))
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(log("previous terminated container \"a\" in pod \"b\" not found"))
                .isEqualTo(Code.NOT_FOUND);
        assertThat(log("container c is not valid for pod b")).isEqualTo(Code.NOT_FOUND);
        assertThat(log("a container name must be specified for pod b, choose one of: [a c]"))
                .isEqualTo(Code.INVALID);
    }

    private static Code log(String message) {
        return LogFailures.of(
                        400, utf8("{\"message\":" + TestCluster.object("{}").textNode(message) + "}"))
                .code();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
