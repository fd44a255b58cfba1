package ch.sbb.esta.results.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/** A pool on a database of its own; each test gets a schema of its own. The server ends with the JVM. */
final class SchemaPool implements AutoCloseable {

    private final HikariDataSource pool;
    private int schemas;

    SchemaPool() {
        PostgresDatabase database = OnlyServer.SERVER.newDatabase();
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.jdbcUrl());
        config.setUsername(database.user());
        config.setPassword(database.password());
        config.setMaximumPoolSize(12);
        pool = new HikariDataSource(config);
    }

    HikariDataSource pool() {
        return pool;
    }

    String newSchema() {
        String schema = "tenant-" + ++schemas;
        new Migrations(pool, schema).migrate();
        return schema;
    }

    @Override
    public void close() {
        int active = pool.getHikariPoolMXBean().getActiveConnections();
        pool.close();
        assertThat(active).as("connections that were not given back").isZero();
    }

    private static final class OnlyServer {
        static final PostgresServer SERVER = PostgresServer.open();
    }
}
