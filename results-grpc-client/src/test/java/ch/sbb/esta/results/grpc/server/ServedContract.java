package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.grpc.GrpcConnection;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.TestKeys;
import ch.sbb.esta.results.spi.Authorizer;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import io.grpc.Channel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One server and one connection for all tests of a contract: the store behind them is another one for each test. */
final class ServedContract implements AutoCloseable {

    /** A run of five megabytes is part of the contract. */
    private static final int REQUEST_LIMIT = 16 << 20;

    private final GrpcResultsServer server;
    private final GrpcConnection connection;
    private volatile @Nullable ResultsStore store;
    private volatile @Nullable RecordStatistics statistics;

    private ServedContract(@Nullable TestKeys keys) {
        ResultsServices services = ResultsServices.builder(currentStore(), Authorizer.allowAll())
                .statistics(this::summarize)
                .build();
        GrpcResultsServer.Builder builder = GrpcResultsServer.builder(services)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .maxRequestBytes(REQUEST_LIMIT)
                .drainTimeout(Duration.ofSeconds(2));
        server = (keys == null ? builder.plaintext() : builder.tls(keys.certificate(), keys.key())).start();
        GrpcConnection.Builder client = GrpcConnection.builder("localhost:" + server.port());
        connection = (keys == null ? client.insecure() : client.trusting(keys.certificate())).open();
    }

    static ServedContract plaintext() {
        return new ServedContract(null);
    }

    static ServedContract tls() {
        return new ServedContract(TestKeys.of("localhost"));
    }

    void serve(ResultsStore newStore) {
        this.store = newStore;
    }

    void serve(RecordStatistics newStatistics) {
        this.statistics = newStatistics;
    }

    Channel channel() {
        return connection.channel();
    }

    static GrpcOptions options() {
        return GrpcOptions.builder().maxRequestBytes(REQUEST_LIMIT).build();
    }

    private RunStatistics summarize(StatisticsQuery query) {
        return Objects.requireNonNull(statistics).summarize(query);
    }

    private ResultsStore currentStore() {
        return (ResultsStore) Proxy.newProxyInstance(
                ServedContract.class.getClassLoader(),
                new Class<?>[] {ResultsStore.class, ResultCreation.class, RecordCreation.class},
                (proxy, method, arguments) -> {
                    try {
                        return method.invoke(Objects.requireNonNull(store), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public void close() {
        connection.close();
        server.close();
    }
}
