package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.grpc.server.GrpcResultsServer;
import ch.sbb.esta.results.grpc.server.ResultsServices;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;

/** A durable Postgres with empty tables, our gRPC service over it, and a client of that. */
final class ServedTables implements AutoCloseable {

    private static final int CONNECTIONS = 16;

    private final PostgresServer postgres;
    private final HikariDataSource dataSource;
    private final JdbiResultsStore direct;
    private final GrpcResultsServer server;
    private final ManagedChannel channel;

    private ServedTables(PostgresServer postgres, HikariDataSource dataSource) {
        this.postgres = postgres;
        this.dataSource = dataSource;
        direct = JdbiResultsStore.builder(dataSource, "results").build();
        server = GrpcResultsServer.builder(
                        ResultsServices.builder(direct, Authorizer.allowAll()).build())
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .plaintext()
                .start();
        channel = Grpc.newChannelBuilder("localhost:" + server.port(), InsecureChannelCredentials.create())
                .build();
    }

    static ServedTables open() throws IOException {
        PostgresServer postgres = PostgresServer.builder()
                .durability(PostgresServer.Durability.DURABLE)
                .start();
        PostgresDatabase database = postgres.newDatabase();
        HikariConfig pool = new HikariConfig();
        pool.setMaximumPoolSize(CONNECTIONS);
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        HikariDataSource dataSource = new HikariDataSource(pool);
        new Migrations(dataSource, "results").migrate();
        return new ServedTables(postgres, dataSource);
    }

    JdbiResultsStore direct() {
        return direct;
    }

    GrpcResultsStore remote() {
        InstantSource clock = InstantSource.system();
        return new GrpcResultsStore(channel, GrpcOptions.defaults(), new InMemoryResultsStore(clock), clock);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
        dataSource.close();
        postgres.close();
    }
}
