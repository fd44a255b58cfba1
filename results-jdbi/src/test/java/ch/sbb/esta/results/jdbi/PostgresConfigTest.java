package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresConfigTest {

    private static final PostgresLogin LOGIN = new PostgresLogin("app", "hunter2");

    @Test
    void allMistakesAreReportedAtOnce() {
        assertInvalid(
                () -> PostgresConfig.builder("bad host\n", "")
                        .failoverHosts("other:99999")
                        .directHosts("::1")
                        .applicationName("")
                        .connectTimeout(Duration.ZERO)
                        .loginTimeout(Duration.ofDays(2))
                        .socketTimeout(Duration.ofMillis(1))
                        .poolTimeout(Duration.ofSeconds(-1))
                        .poolSize(0)
                        .build(),
                "host \"bad host\\u000a\"",
                "host \"other:99999\"",
                "host \"::1\"",
                "database",
                "login is missing",
                "applicationName",
                "connectTimeout PT0S",
                "loginTimeout PT48H",
                "socketTimeout PT0.001S",
                "poolTimeout PT-1S",
                "poolSize 0");
    }

    @ParameterizedTest
    @CsvSource({
        "db, shop, jdbc:postgresql://db/shop",
        "db.example.com:6432, shop, jdbc:postgresql://db.example.com:6432/shop",
        "[fe80::1]:5433, shop, jdbc:postgresql://[fe80::1]:5433/shop",
        "127.0.0.1, 'a b/?&%ü', jdbc:postgresql://127.0.0.1/a%20b%2F%3F%26%25%C3%BC"
    })
    void hostAndDatabaseBecomeAUrl(String host, String database, String url) {
        PostgresConfig config =
                PostgresConfig.builder(host, database).login(() -> LOGIN).build();

        assertThat(config.connections()).hasToString(url);
        assertThat(config.migrations()).hasToString(url);
    }

    @Test
    void migrationsGoPastThePooler() {
        PostgresConfig config = PostgresConfig.builder("pooler:6432", "shop")
                .directHosts("one", "two:5433")
                .login(() -> LOGIN)
                .build();

        assertThat(config.connections()).hasToString("jdbc:postgresql://pooler:6432/shop");
        assertThat(config.migrations()).hasToString("jdbc:postgresql://one,two:5433/shop");
    }

    @Test
    void theHostsOfAJdbcUrlAreKept() {
        PostgresConfig config = PostgresConfig.builder(
                        "jdbc:postgresql://one:5433,two/the%20shop?sslmode=disable&loggerLevel=OFF")
                .login(() -> LOGIN)
                .build();

        assertThat(config.connections()).hasToString("jdbc:postgresql://one:5433,two:5432/the%20shop");
        assertThat(config).hasToString("\"the shop\" on one:5433, two:5432, TLS disable");
    }

    @Test
    void withoutAnyWordOfItEncryptionIsComplete() {
        assertThat(PostgresConfig.builder("db", "shop").login(() -> LOGIN).build())
                .hasToString("\"shop\" on db, TLS verify-full");
        assertThat(PostgresConfig.builder("jdbc:postgresql://db/shop")
                        .login(() -> LOGIN)
                        .build())
                .hasToString("\"shop\" on db:5432, TLS verify-full");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db/shop?password=hunter2",
                "jdbc:postgresql://db/shop?user=app&PASSWORD=hunter2",
                "jdbc:postgresql://app:hunter2@db/shop",
                "jdbc:postgresql://app:hunter2@db:5432/shop?sslmode=disable"
            })
    void aUrlWithALoginIsRefusedAndNeitherRepeatedNorLogged(String url) {
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                logged.add(line.getMessage()
                        + List.of(line.getParameters() == null ? new Object[0] : line.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger driver = Logger.getLogger("org.postgresql");
        Level before = driver.getLevel();
        driver.addHandler(handler);
        driver.setLevel(Level.ALL);
        try {
            assertThatThrownBy(
                            () -> PostgresConfig.builder(url).login(() -> LOGIN).build())
                    .hasMessageContaining("login()")
                    .hasMessageNotContaining("hunter2");
            assertThat(logged).noneMatch(line -> line.contains("hunter2"));
        } finally {
            driver.setLevel(before);
            driver.removeHandler(handler);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "jdbc:mysql://db/shop", "postgresql://db/shop", "jdbc:postgresql://db:99999/shop"})
    void aUrlOfAnotherKindIsRefused(String url) {
        assertInvalid(
                () -> PostgresConfig.builder(url).login(() -> LOGIN).build(), "jdbc:postgresql://HOST:PORT/DATABASE");
    }

    @Test
    void noTextHoldsThePassword() {
        PostgresConfig config =
                PostgresConfig.builder("localhost:1", "shop").login(() -> LOGIN).build();
        StringWriter text = new StringWriter();
        text.write(LOGIN + " " + config + " " + config.connections() + " " + config.migrations());
        try (PostgresPool pool = config.openPool()) {
            text.write(pool + " " + pool.dataSource());
        }
        assertThatThrownBy(() -> config.connections().getConnection())
                .satisfies(e -> e.printStackTrace(new PrintWriter(text, true)));

        assertThat(text.toString()).contains("app", "localhost:1").doesNotContain("hunter2");
    }

    @Test
    void aSupplierThatFailsIsUnavailableAndOneThatGivesNothingIsNamed() {
        JdbiResultsStore failing = store(() -> {
            throw new IllegalStateException("vault");
        });
        JdbiResultsStore nothing = store(PostgresConfigTest::noLogin);

        assertThatThrownBy(() -> failing.findRecord(Fixture.run("r", "1", "{}").record()))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE))
                .hasRootCauseMessage("vault");
        assertThatThrownBy(() -> nothing.findRecord(Fixture.run("r", "1", "{}").record()))
                .isInstanceOf(ResultsException.class)
                .hasRootCauseMessage("the supplier of the login has given none");
    }

    @SuppressWarnings("NullAway") // what a careless supplier does
    private static PostgresLogin noLogin() {
        return null;
    }

    private static JdbiResultsStore store(java.util.function.Supplier<PostgresLogin> login) {
        PostgresConfig config =
                PostgresConfig.builder("localhost:1", "shop").login(login).build();
        return JdbiResultsStore.builder(config.connections(), "results")
                .failoverTimeout(Duration.ZERO)
                .build();
    }

    private static void assertInvalid(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContainingAll(parts);
    }
}
