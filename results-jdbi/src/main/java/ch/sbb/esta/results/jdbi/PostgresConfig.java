package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Where a Postgres is, how to log in to it, and how long to wait for it. From this come a pool for the store
 * ({@link #openPool()}), connections without a pool ({@link #connections()}) and those for migrations ({@link #migrations()}).
 *
 * <p>It is a convenience: everything that takes a {@code DataSource} takes any.
 *
 * <p>Immutable and thread-safe, as long as the supplier of the login is.
 */
public final class PostgresConfig {

    private final PostgresAddresses addresses;
    private final @Nullable PostgresAddresses direct;
    private final Properties properties;
    private final Supplier<PostgresLogin> login;
    private final String applicationName;
    private final int poolSize;
    private final Duration poolTimeout;

    private PostgresConfig(Builder builder, PostgresAddresses addresses, @Nullable PostgresAddresses direct) {
        this.addresses = addresses;
        this.direct = direct;
        properties = builder.properties();
        login = Objects.requireNonNull(builder.login);
        applicationName = properties.getProperty(PGProperty.APPLICATION_NAME.getName());
        poolSize = builder.poolSize;
        poolTimeout = builder.poolTimeout;
    }

    /**
     * Configures connections to a host.
     *
     * @param host a host name or an address (IPv6 in brackets), with {@code :PORT} where that is not 5432
     * @param database the name of the database
     * @return a builder
     */
    public static Builder builder(String host, String database) {
        return new Builder(
                List.of(Objects.requireNonNull(host, "host")),
                Objects.requireNonNull(database, "database"),
                new Properties(),
                null);
    }

    /**
     * Configures connections to the hosts of a JDBC URL. Its further properties go to the driver as they are; what is set by the builder
     * wins over them, they win over the builder's defaults.
     *
     * @param url {@code jdbc:postgresql://HOST:PORT,HOST:PORT/DATABASE?PROPERTY=VALUE}, without user and password
     * @return a builder; what is wrong with the URL is told by {@link Builder#build()}
     */
    public static Builder builder(String url) {
        return JdbcUrl.parse(Objects.requireNonNull(url, "url")).builder();
    }

    /**
     * Opens a pool. Nothing need be there yet to connect to.
     *
     * @return a pool, to be closed
     */
    public PostgresPool openPool() {
        return new PostgresPool(this, connections());
    }

    /**
     * Connections that are opened when asked for and closed for good by {@code close()}; for a pool of your own.
     *
     * @return a data source without state
     */
    public DataSource connections() {
        return new DirectConnections(addresses.url(), properties, login);
    }

    /**
     * Connections for {@link Migrations} and other long work: opened when asked for, past the pooler ({@link Builder#directHosts}), to the
     * server that takes writes, and without a limit on the time that a statement may take before it answers.
     *
     * @return a data source without state
     */
    public DataSource migrations() {
        Properties patient = new Properties();
        patient.putAll(properties);
        patient.remove(PGProperty.SOCKET_TIMEOUT.getName());
        PostgresAddresses hosts = addresses;
        if (direct != null) {
            hosts = direct;
            patient.remove(PGProperty.PREPARE_THRESHOLD.getName());
        }
        TargetServer target = hosts.isSingle() ? TargetServer.ANY : TargetServer.PRIMARY;
        patient.setProperty(PGProperty.TARGET_SERVER_TYPE.getName(), target.driverName());
        return new DirectConnections(hosts.url(), patient, login);
    }

    String applicationName() {
        return applicationName;
    }

    int poolSize() {
        return poolSize;
    }

    Duration poolTimeout() {
        return poolTimeout;
    }

    /** Hosts, database and the kind of TLS; without any secret. */
    @Override
    public String toString() {
        return addresses + ", TLS " + properties.getProperty(PGProperty.SSL_MODE.getName(), "by further properties");
    }

    /** Collects the settings. Not thread-safe. */
    public static final class Builder {

        private static final Duration LONGEST = Duration.ofDays(1);
        private static final int LARGEST_POOL = 1000;

        private final List<String> hosts;
        private final String database;
        private final Properties furtherProperties;
        private final @Nullable String fault;
        private List<String> directHosts = List.of();
        private @Nullable Supplier<PostgresLogin> login;
        private @Nullable PostgresTls tls;
        private @Nullable TargetServer target;
        private @Nullable PoolerMode pooler;
        private @Nullable String applicationName;
        private @Nullable Duration connectTimeout;
        private @Nullable Duration loginTimeout;
        private @Nullable Duration socketTimeout;
        private int poolSize = 10;
        private Duration poolTimeout = Duration.ofSeconds(10);

        Builder(List<String> hosts, String database, Properties furtherProperties, @Nullable String fault) {
            this.hosts = new ArrayList<>(hosts);
            this.database = database;
            this.furtherProperties = furtherProperties;
            this.fault = fault;
        }

        /**
         * Further servers with the same data, tried in this order when the first does not answer or is not {@link #target} of the kind asked
         * for.
         *
         * @param hosts like the host of the builder
         * @return this
         */
        public Builder failoverHosts(String... hosts) {
            this.hosts.addAll(List.of(hosts));
            return this;
        }

        /**
         * Where the servers themselves are when the other hosts are poolers; {@link PostgresConfig#migrations()} connects to them.
         *
         * @param hosts like the host of the builder; none by default, then migrations take the same way as everything
         * @return this
         */
        public Builder directHosts(String... hosts) {
            this.directHosts = List.of(hosts);
            return this;
        }

        /**
         * Who logs in. The supplier is asked before every new connection, so a password may change at any time and a token may be short-lived;
         * connections that are open stay open. It may be called by several threads at once and should answer within a second or so.
         *
         * @param login gives the login of the moment; required
         * @return this
         */
        public Builder login(Supplier<PostgresLogin> login) {
            this.login = Objects.requireNonNull(login, "login");
            return this;
        }

        /**
         * Whether connections are encrypted, and what the server must prove.
         *
         * @param tls {@link PostgresTls#verifyFull()} by default, with the authorities of the JVM
         * @return this
         */
        public Builder tls(PostgresTls tls) {
            this.tls = Objects.requireNonNull(tls, "tls");
            return this;
        }

        /**
         * Which of several servers is wanted.
         *
         * @param target by default {@link TargetServer#PRIMARY} where there are several hosts, else {@link TargetServer#ANY}
         * @return this
         */
        public Builder target(TargetServer target) {
            this.target = Objects.requireNonNull(target, "target");
            return this;
        }

        /**
         * What stands between this process and the server.
         *
         * @param pooler {@link PoolerMode#SESSION} by default
         * @return this
         */
        public Builder pooler(PoolerMode pooler) {
            this.pooler = Objects.requireNonNull(pooler, "pooler");
            return this;
        }

        /**
         * Under which name the server lists the connections; the pool and its threads bear it, too.
         *
         * @param name 1 to 63 printable ASCII characters; {@code esta-results} by default
         * @return this
         */
        public Builder applicationName(String name) {
            this.applicationName = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * How long to wait for one host to take a connection.
         *
         * @param timeout 1 second to 1 day, rounded up to seconds; 5 seconds by default
         * @return this
         */
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How long opening a connection may take in all: every host, TLS, and the login.
         *
         * @param timeout 1 second to 1 day, rounded up to seconds; 15 seconds by default
         * @return this
         */
        public Builder loginTimeout(Duration timeout) {
            this.loginTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How long the server may be silent before a connection counts as broken: what ends a call when the network is dead. Keep it well
         * above the store's statement timeout, or slow statements look like broken connections.
         *
         * @param timeout 1 second to 1 day, rounded up to seconds; 60 seconds by default
         * @return this
         */
        public Builder socketTimeout(Duration timeout) {
            this.socketTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How many connections the pool opens at most.
         *
         * @param connections 1 to 1000; 10 by default
         * @return this
         */
        public Builder poolSize(int connections) {
            this.poolSize = connections;
            return this;
        }

        /**
         * How long a call waits for a connection of the pool, whether all are lent or none can be opened.
         *
         * @param timeout 1 second to 1 day; 10 seconds by default
         * @return this
         */
        public Builder poolTimeout(Duration timeout) {
            this.poolTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Creates the configuration. Nothing is connected to.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public PostgresConfig build() {
            List<String> faults = new ArrayList<>();
            PostgresAddresses addresses = new PostgresAddresses(hosts, database);
            @Nullable
            PostgresAddresses direct = directHosts.isEmpty() ? null : new PostgresAddresses(directHosts, database);
            if (fault == null) {
                faults.addAll(addresses.faults());
            } else {
                faults.add(fault);
            }
            if (direct != null) {
                faults.addAll(direct.faults());
            }
            addFaults(faults);
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(
                        String.join("; ", faults.stream().distinct().toList()));
            }
            return new PostgresConfig(this, addresses, direct);
        }

        private void addFaults(List<String> faults) {
            if (login == null) {
                faults.add("login is missing: give a supplier of user and password");
            }
            if (applicationName != null && !applicationName.matches("[ -~]{1,63}")) {
                faults.add("applicationName " + Escaped.of(applicationName)
                        + " is not 1 to 63 printable ASCII characters");
            }
            addFault(faults, "connectTimeout", connectTimeout);
            addFault(faults, "loginTimeout", loginTimeout);
            addFault(faults, "socketTimeout", socketTimeout);
            addFault(faults, "poolTimeout", poolTimeout);
            if (poolSize < 1 || poolSize > LARGEST_POOL) {
                faults.add("poolSize " + poolSize + " is not between 1 and " + LARGEST_POOL);
            }
        }

        private static void addFault(List<String> faults, String name, @Nullable Duration value) {
            if (value != null && (value.compareTo(Duration.ofSeconds(1)) < 0 || value.compareTo(LONGEST) > 0)) {
                faults.add(name + " " + value + " is not between one second and one day");
            }
        }

        private Properties properties() {
            Properties properties = new Properties();
            // Rows must not get into messages by way of what the server says of them.
            properties.setProperty(PGProperty.LOG_SERVER_ERROR_DETAIL.getName(), "false");
            properties.setProperty(PGProperty.TCP_KEEP_ALIVE.getName(), "true");
            // What was a standby a moment ago may be the primary now.
            properties.setProperty(PGProperty.HOST_RECHECK_SECONDS.getName(), "2");
            properties.setProperty(PGProperty.APPLICATION_NAME.getName(), "esta-results");
            properties.setProperty(PGProperty.CONNECT_TIMEOUT.getName(), "5");
            properties.setProperty(PGProperty.LOGIN_TIMEOUT.getName(), "15");
            properties.setProperty(PGProperty.SOCKET_TIMEOUT.getName(), "60");
            TargetServer usual = hosts.size() > 1 ? TargetServer.PRIMARY : TargetServer.ANY;
            properties.setProperty(PGProperty.TARGET_SERVER_TYPE.getName(), usual.driverName());
            properties.putAll(furtherProperties);
            set(properties, PGProperty.APPLICATION_NAME, applicationName);
            set(properties, PGProperty.CONNECT_TIMEOUT, seconds(connectTimeout));
            set(properties, PGProperty.LOGIN_TIMEOUT, seconds(loginTimeout));
            set(properties, PGProperty.SOCKET_TIMEOUT, seconds(socketTimeout));
            set(properties, PGProperty.TARGET_SERVER_TYPE, target == null ? null : target.driverName());
            if (pooler != null) {
                set(properties, PGProperty.PREPARE_THRESHOLD, pooler == PoolerMode.TRANSACTION ? "0" : "5");
            }
            if (tls != null) {
                tls.apply(properties);
            } else if (furtherProperties.stringPropertyNames().stream().noneMatch(name -> name.startsWith("ssl"))) {
                PostgresTls.verifyFull().apply(properties);
            }
            return properties;
        }

        private static void set(Properties properties, PGProperty property, @Nullable String value) {
            if (value != null) {
                properties.setProperty(property.getName(), value);
            }
        }

        private static @Nullable String seconds(@Nullable Duration duration) {
            return duration == null
                    ? null
                    : Long.toString(duration.plusNanos(999_999_999).toSeconds());
        }
    }
}
