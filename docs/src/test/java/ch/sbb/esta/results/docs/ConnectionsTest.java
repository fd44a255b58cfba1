package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.jdbi.PoolerMode;
import ch.sbb.esta.results.jdbi.PostgresConfig;
import ch.sbb.esta.results.jdbi.PostgresLogin;
import ch.sbb.esta.results.jdbi.PostgresPool;
import ch.sbb.esta.results.jdbi.PostgresTls;
import ch.sbb.esta.results.jdbi.TargetServer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on Postgres. */
class ConnectionsTest {

    @Test
    void aPoolServesTheStore(@TempDir Path folder) throws Exception {
        try (PostgresServer server = PostgresServer.builder().start()) {
            PostgresDatabase database = server.newDatabase();
            Path passwordFile = Files.writeString(folder.resolve("password"), database.password());
            Supplier<PostgresLogin> login = () -> new PostgresLogin(database.user(), read(passwordFile));

            PostgresConfig config = PostgresConfig.builder("localhost:" + server.port(), database.user())
                    .login(login)
                    .tls(PostgresTls.disabled())
                    .build();
            // snippet: pool
            new Migrations(config.migrations(), "results").migrate();
            try (PostgresPool pool = config.openPool()) {
                JdbiResultsStore store =
                        JdbiResultsStore.builder(pool.dataSource(), "results").build();
                System.out.println(store.listResults(ListQuery.of("shop")).items());
            }
            // end snippet
        }
    }

    @Test
    void aFileOfAuthoritiesThatIsMissingIsNamed() {
        assertThatThrownBy(() -> rds(Path.of("missing.pem"), Path.of("password")))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("missing.pem");
        assertThat(pooled(() -> new PostgresLogin("app", "secret")).migrations())
                .hasToString("jdbc:postgresql://postgres:5432/shop");
    }

    private static PostgresConfig rds(Path authorities, Path passwordFile) {
        // snippet: rds
        PostgresConfig config = PostgresConfig.builder("results.abc.eu-central-1.rds.amazonaws.com", "results")
                .login(() -> new PostgresLogin("results_app", read(passwordFile)))
                .tls(PostgresTls.verifyFull().trusting(authorities))
                .poolSize(20)
                .build();
        // end snippet
        return config;
    }

    private static PostgresConfig pooled(Supplier<PostgresLogin> login) {
        // snippet: pooler
        PostgresConfig config = PostgresConfig.builder("pgbouncer:6432", "shop")
                .directHosts("postgres:5432")
                .pooler(PoolerMode.TRANSACTION)
                .login(login)
                .build();
        // end snippet
        return config;
    }

    static JdbiResultsStore replicated(Supplier<PostgresLogin> login, PostgresPool primary) {
        // snippet: replica
        PostgresPool replica = PostgresConfig.builder("one", "results")
                .failoverHosts("two", "three")
                .target(TargetServer.REPLICA_PREFERRED)
                .login(login)
                .build()
                .openPool();
        JdbiResultsStore store = JdbiResultsStore.builder(primary.dataSource(), "results")
                .readReplica(replica.dataSource())
                .failoverTimeout(Duration.ofSeconds(30))
                .build();
        // end snippet
        return store;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
