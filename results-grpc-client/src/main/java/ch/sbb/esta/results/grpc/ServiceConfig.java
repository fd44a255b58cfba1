package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What gRPC calls a service config: which calls it repeats by itself, how often, and that all addresses of a server are used. */
final class ServiceConfig {

    /** gRPC takes any larger number for this one. */
    static final int MAX_ATTEMPTS = 5;

    /** Each failure takes one token, each call that succeeds gives a tenth back, below a half of all nothing is repeated. */
    private static final double TOKENS = 20;

    private static final double TOKENS_BACK = 0.1;

    private ServiceConfig() {}

    static Map<String, Object> of(int attempts, Duration firstPause, Duration longestPause) {
        Map<String, Object> balancing = Map.of("round_robin", Map.of());
        if (attempts == 1) {
            return Map.of("loadBalancingConfig", List.of(balancing));
        }
        Map<String, Object> retries = Map.of(
                "maxAttempts", (double) attempts,
                "initialBackoff", seconds(firstPause),
                "maxBackoff", seconds(longestPause),
                "backoffMultiplier", 2.0,
                "retryableStatusCodes", List.of("UNAVAILABLE"));
        return Map.of(
                "loadBalancingConfig", List.of(balancing),
                "retryThrottling", Map.of("maxTokens", TOKENS, "tokenRatio", TOKENS_BACK),
                "methodConfig", List.of(Map.of("name", repeatable(), "retryPolicy", retries)));
    }

    /** Repeating a create or an update that was done, but whose answer was lost, would fail, and an upload is too large to be kept. */
    private static List<Map<String, String>> repeatable() {
        List<Map<String, String>> names = new ArrayList<>();
        for (ServiceDescriptor service : List.of(
                ResultsGrpc.getServiceDescriptor(),
                LogsGrpc.getServiceDescriptor(),
                ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.getServiceDescriptor())) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                String name = Objects.requireNonNull(method.getBareMethodName());
                if (name.startsWith("Get") || name.startsWith("List") || name.startsWith("Delete")) {
                    names.add(Map.of("service", service.getName(), "method", name));
                }
            }
        }
        return names;
    }

    private static String seconds(Duration pause) {
        return pause.toSeconds() + "." + String.format(java.util.Locale.ROOT, "%09d", pause.toNanosPart()) + "s";
    }
}
