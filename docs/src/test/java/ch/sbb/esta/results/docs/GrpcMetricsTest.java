package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.grpc.GrpcConnection;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsClient;
import ch.sbb.esta.results.grpc.server.GrpcResultsServer;
import ch.sbb.esta.results.grpc.server.ResultsServices;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingClientInterceptor;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.junit.jupiter.api.Test;

/** The programs of the chapter on gRPC that measure calls: what they count is asked for. */
class GrpcMetricsTest {

    private final ResultsServices services = ResultsServices.builder(
                    new InMemoryResultsStore(InstantSource.system()), Authorizer.allowAll())
            .build();
    private final InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void micrometerCountsCallsOnBothSides() {
        MeterRegistry registry = new SimpleMeterRegistry();
        GrpcResultsServer.Builder server = measured(services, registry).address(address);
        try (GrpcResultsServer started = server.plaintext().start();
                GrpcConnection connection = measured("localhost:" + started.port(), registry)
                        .insecure()
                        .open()) {
            call(connection);

            for (String side : new String[] {"grpc.client.processing.duration", "grpc.server.processing.duration"}) {
                Awaitility.await(side).atMost(Durations.ONE_MINUTE).until(() -> {
                    Timer timer = registry.find(side)
                            .tag("method", "GetResult")
                            .tag("statusCode", "NOT_FOUND")
                            .timer();
                    return timer != null && timer.count() == 1;
                });
            }
        }
    }

    private static GrpcConnection.Builder measured(String target, MeterRegistry registry) {
        // snippet: micrometer-client
        GrpcConnection.Builder connection =
                GrpcConnection.builder(target).intercept(new MetricCollectingClientInterceptor(registry));
        // end snippet
        return connection;
    }

    private static GrpcResultsServer.Builder measured(ResultsServices services, MeterRegistry registry) {
        // snippet: micrometer-server
        GrpcResultsServer.Builder server =
                GrpcResultsServer.builder(services).interceptor(new MetricCollectingServerInterceptor(registry));
        // end snippet
        return server;
    }

    @Test
    void openTelemetryCountsCallsOnBothSides() {
        CollectingReader reader = new CollectingReader();
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setMeterProvider(
                        SdkMeterProvider.builder().registerMetricReader(reader).build())
                .build();
        GrpcOpenTelemetry telemetry = telemetry(sdk);
        GrpcResultsServer.Builder server = observed(services, telemetry).address(address);
        try (GrpcResultsServer started = server.plaintext().start();
                GrpcConnection connection = observed("localhost:" + started.port(), telemetry)
                        .insecure()
                        .open()) {
            call(connection);

            Awaitility.await("the client's calls")
                    .atMost(Durations.ONE_MINUTE)
                    .until(() -> reader.calls("grpc.client.call.duration") == 1);
            Awaitility.await("the server's calls")
                    .atMost(Durations.ONE_MINUTE)
                    .until(() -> reader.calls("grpc.server.call.duration") == 1);
        } finally {
            sdk.close();
        }
    }

    private static GrpcOpenTelemetry telemetry(OpenTelemetry sdk) {
        // snippet: opentelemetry
        GrpcOpenTelemetry telemetry = GrpcOpenTelemetry.newBuilder().sdk(sdk).build();
        // end snippet
        return telemetry;
    }

    private static GrpcConnection.Builder observed(String target, GrpcOpenTelemetry telemetry) {
        // snippet: opentelemetry-client
        GrpcConnection.Builder connection =
                GrpcConnection.builder(target).customize(telemetry::configureChannelBuilder);
        // end snippet
        return connection;
    }

    private static GrpcResultsServer.Builder observed(ResultsServices services, GrpcOpenTelemetry telemetry) {
        // snippet: opentelemetry-server
        GrpcResultsServer.Builder server =
                GrpcResultsServer.builder(services).customize(telemetry::configureServerBuilder);
        // end snippet
        return server;
    }

    private static void call(GrpcConnection connection) {
        GrpcResultsClient client = new GrpcResultsClient(connection.channel(), GrpcOptions.defaults());
        assertThat(client.findResult(ResultName.parse("shop/results/0b7f"))).isEmpty();
    }

    /** Reads when it is asked. */
    private static final class CollectingReader implements MetricReader {

        private volatile CollectionRegistration registration = CollectionRegistration.noop();

        long calls(String name) {
            return registration.collectAllMetrics().stream()
                    .filter(metric -> metric.getName().equals(name))
                    .flatMap(metric -> metric.getHistogramData().getPoints().stream())
                    .mapToLong(point -> point.getCount())
                    .sum();
        }

        @Override
        public void register(CollectionRegistration newRegistration) {
            this.registration = newRegistration;
        }

        @Override
        public AggregationTemporality getAggregationTemporality(InstrumentType type) {
            return AggregationTemporality.CUMULATIVE;
        }

        @Override
        public CompletableResultCode forceFlush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
