package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Who is believed, and what is said of who is not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before all tests
class PostgresTlsIT {

    private final PostgresServer server = PostgresServer.builder().start();
    private final PostgresDatabase database = server.newDatabase();
    private Path folder;
    private Certificates certificates;

    @BeforeAll
    void switchTlsOn(@TempDir Path temporary) throws Exception {
        folder = temporary;
        certificates = new Certificates(folder);
        try (Fixture administrator = new Fixture(server.admin())) {
            administrator.execute("ALTER SYSTEM SET ssl_cert_file = '" + certificates.serverCertificate() + "'");
            administrator.execute("ALTER SYSTEM SET ssl_key_file = '" + certificates.serverKey() + "'");
            administrator.execute("ALTER SYSTEM SET ssl = on");
            administrator.execute("SELECT pg_reload_conf()");
        }
        try (PostgresPool pool = config("localhost", PostgresTls.unverified()).openPool()) {
            org.awaitility.Awaitility.await().ignoreExceptions().until(() -> isEncrypted(pool));
        }
    }

    @AfterAll
    void close() {
        server.close();
    }

    @Test
    void theRightAuthorityAndTheRightNameAreBelieved() throws Exception {
        Path file = Files.writeString(folder.resolve("ca.pem"), certificates.stranger() + certificates.authority());
        for (PostgresTls tls : new PostgresTls[] {
            PostgresTls.verifyFull().trusting(pem(certificates.authority())),
            PostgresTls.verifyFull().trusting(file),
            PostgresTls.verifyAuthority().trusting(file)
        }) {
            PostgresConfig config = config("localhost", tls);
            try (PostgresPool pool = config.openPool()) {
                assertThat(isEncrypted(pool)).isTrue();
                assertThat(new Migrations(config.migrations(), "tls").migrate()).isNotNegative();
            }
        }
    }

    @Test
    void anotherAuthorityIsNotBelieved() throws Exception {
        byte[] stranger = pem(certificates.stranger());
        assertRefused("localhost", PostgresTls.verifyFull().trusting(stranger), "authority");
        assertRefused("localhost", PostgresTls.verifyAuthority().trusting(stranger), "authority");
        assertRefused("localhost", PostgresTls.verifyFull(), "authority");
    }

    @Test
    void anotherNameIsNotBelievedUnlessNobodyAsks() throws Exception {
        byte[] authority = pem(certificates.authority());
        assertRefused("127.0.0.1", PostgresTls.verifyFull().trusting(authority), "connection");
        try (PostgresPool pool = config(
                        "127.0.0.1", PostgresTls.verifyAuthority().trusting(authority))
                .openPool()) {
            assertThat(isEncrypted(pool)).isTrue();
        }
    }

    @Test
    void aServerWithoutTlsIsRefused() throws Exception {
        try (PostgresServer plain = PostgresServer.builder().start()) {
            String host = "localhost:" + plain.port();
            for (PostgresTls tls : new PostgresTls[] {
                PostgresTls.unverified(), PostgresTls.verifyFull().trusting(pem(certificates.authority()))
            }) {
                ResultsException e = failure(config(host, tls));
                assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
                assertThat(e).hasMessageContaining("TLS");
            }
        }
    }

    @Test
    void withoutEncryptionItIsPlain() throws Exception {
        try (PostgresPool pool = config("localhost", PostgresTls.disabled()).openPool()) {
            assertThat(isEncrypted(pool)).isFalse();
        }
    }

    @Test
    void certificatesThatAreNoneAreInvalidAtOnce() {
        for (String text :
                new String[] {"", "secret", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
            assertThatThrownBy(() -> PostgresTls.verifyFull().trusting(pem(text)))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                    .hasMessageContaining("PEM");
        }
        assertThatThrownBy(() -> PostgresTls.verifyFull().trusting(folder.resolve("missing.pem")))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("missing.pem");
        assertThatThrownBy(() -> PostgresTls.unverified().trusting(pem(certificates.authority())))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("verifyFull");
    }

    private void assertRefused(String host, PostgresTls tls, String word) {
        ResultsException e = failure(config(host, tls));
        assertThat(e.code()).as(e.toString()).isEqualTo(Code.UNAVAILABLE);
        assertThat(e).hasMessageContaining(word);
    }

    private static ResultsException failure(PostgresConfig config) {
        try (PostgresPool pool = config.openPool()) {
            JdbiResultsStore store = JdbiResultsStore.builder(pool.dataSource(), "tls")
                    .failoverTimeout(Duration.ZERO)
                    .build();
            return org.assertj.core.api.Assertions.catchThrowableOfType(
                    ResultsException.class,
                    () -> store.findRecord(Fixture.run("r", "1", "{}").record()));
        }
    }

    private PostgresConfig config(String host, PostgresTls tls) {
        String address = host.contains(":") ? host : host + ":" + server.port();
        return PostgresConfig.builder(address, database.user())
                .login(() -> new PostgresLogin(database.user(), database.password()))
                .tls(tls)
                .poolTimeout(Duration.ofSeconds(1))
                .build();
    }

    private static boolean isEncrypted(PostgresPool pool) throws SQLException {
        try (Connection connection = pool.dataSource().getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static byte[] pem(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
