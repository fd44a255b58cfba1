package ch.sbb.esta.results.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpFullResponse;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;

/** The SDK's real HTTP client, of which single exchanges go wrong as told; also notes what was sent. */
final class FaultyHttpClient implements SdkHttpClient {

    private final SdkHttpClient real;
    private final List<Rule> rules = new ArrayList<>();
    private final List<SdkHttpRequest> sent = new CopyOnWriteArrayList<>();

    FaultyHttpClient(SdkHttpClient real) {
        this.real = real;
    }

    /** What happens instead of an exchange. */
    interface Fault {
        HttpExecuteResponse exchange(HttpExecuteRequest request, ExecutableHttpRequest real) throws IOException;
    }

    static Predicate<SdkHttpRequest> put() {
        return r -> r.method() == SdkHttpMethod.PUT;
    }

    static Predicate<SdkHttpRequest> part(int number) {
        return r -> r.method() == SdkHttpMethod.PUT
                && r.firstMatchingRawQueryParameter("partNumber")
                        .filter(String.valueOf(number)::equals)
                        .isPresent();
    }

    static Predicate<SdkHttpRequest> completion() {
        return r -> r.method() == SdkHttpMethod.POST
                && r.firstMatchingRawQueryParameter("uploadId").isPresent();
    }

    static Predicate<SdkHttpRequest> abortion() {
        return r -> r.method() == SdkHttpMethod.DELETE
                && r.firstMatchingRawQueryParameter("uploadId").isPresent();
    }

    static Predicate<SdkHttpRequest> method(SdkHttpMethod method) {
        return r -> r.method() == method;
    }

    static Fault answer(int status, String code) {
        String body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>as told</Message>"
                + "<RequestId>R1</RequestId></Error>";
        return (request, real) -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            return HttpExecuteResponse.builder()
                    .response(SdkHttpFullResponse.builder()
                            .statusCode(status)
                            .putHeader("Content-Type", "application/xml")
                            .putHeader("Content-Length", String.valueOf(bytes.length))
                            .build())
                    .responseBody(AbortableInputStream.create(new ByteArrayInputStream(bytes)))
                    .build();
        };
    }

    /** The store does what it was asked for, but the answer is lost. */
    static Fault loseAnswer() {
        return (request, real) -> {
            real.call();
            throw new IOException("the answer was lost");
        };
    }

    static Fault loseRequest() {
        return (request, real) -> {
            throw new IOException("the request was lost");
        };
    }

    /** The next {@code times} requests of a kind go wrong. */
    synchronized FaultyHttpClient fail(Predicate<SdkHttpRequest> which, int times, Fault fault) {
        rules.add(new Rule(which, fault, times));
        return this;
    }

    List<SdkHttpRequest> sent(Predicate<SdkHttpRequest> which) {
        return sent.stream().filter(which).toList();
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        ExecutableHttpRequest exchange = real.prepareRequest(request);
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                sent.add(request.httpRequest());
                Fault fault = next(request.httpRequest());
                return fault == null ? exchange.call() : fault.exchange(request, exchange);
            }

            @Override
            public void abort() {
                exchange.abort();
            }
        };
    }

    private synchronized @Nullable Fault next(SdkHttpRequest request) {
        for (Rule rule : rules) {
            if (rule.left > 0 && rule.which.test(request)) {
                rule.left--;
                return rule.fault;
            }
        }
        return null;
    }

    @Override
    public void close() {
        real.close();
    }

    private static final class Rule {
        private final Predicate<SdkHttpRequest> which;
        private final Fault fault;
        private int left;

        Rule(Predicate<SdkHttpRequest> which, Fault fault, int left) {
            this.which = which;
            this.fault = fault;
            this.left = left;
        }
    }
}
