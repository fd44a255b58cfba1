package ch.sbb.esta.results;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant shall be like. It is the whole wish: what is not set is as by default, also where an earlier request had set it; only the
 * schema stays what it is.
 *
 * <p>Immutable and thread-safe.
 */
public final class TenantRequest {

    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(1);

    private final String namespace;
    private final @Nullable String schema;
    private final @Nullable Integer connectionLimit;
    private final @Nullable Duration statementTimeout;

    private TenantRequest(
            String namespace,
            @Nullable String schema,
            @Nullable Integer connectionLimit,
            @Nullable Duration statementTimeout) {
        this.namespace = namespace;
        this.schema = schema;
        this.connectionLimit = connectionLimit;
        this.statementTimeout = statementTimeout;
    }

    /**
     * Asks for a tenant with everything as by default.
     *
     * @param namespace the Tekton namespace
     * @return the request
     * @throws ResultsException {@code INVALID} when the namespace is malformed
     */
    public static TenantRequest of(String namespace) {
        Names.single("namespace", Objects.requireNonNull(namespace, "namespace"));
        return new TenantRequest(namespace, null, null, null);
    }

    /**
     * Returns the same request with a schema of that name.
     *
     * @param schema the name, for a tenant that is new; of one that is there it must be the name that it has. By default made from cluster
     *     id and namespace ({@link TenantNames})
     * @return a copy
     */
    public TenantRequest schema(String schema) {
        return new TenantRequest(
                namespace, Objects.requireNonNull(schema, "schema"), connectionLimit, statementTimeout);
    }

    /**
     * Returns the same request with a limit on connections.
     *
     * @param connections how many each of the two logins may have open at once, at least 1; no limit by default
     * @return a copy
     * @throws ResultsException {@code INVALID} for less than 1
     */
    public TenantRequest connectionLimit(int connections) {
        if (connections < 1) {
            throw ResultsException.invalid("connection limit " + connections + " is less than 1");
        }
        return new TenantRequest(namespace, schema, connections, statementTimeout);
    }

    /**
     * Returns the same request with a limit on the time that a statement of the tenant's logins may take. It guards against mistakes: a
     * session may set another one.
     *
     * @param timeout 1 millisecond to 1 day, cut to milliseconds; by default that of the database
     * @return a copy
     * @throws ResultsException {@code INVALID} for any other duration
     */
    public TenantRequest statementTimeout(Duration timeout) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
            throw ResultsException.invalid("statement timeout " + timeout + " is not between 1 ms and 1 day");
        }
        return new TenantRequest(namespace, schema, connectionLimit, Duration.ofMillis(timeout.toMillis()));
    }

    /**
     * The Tekton namespace.
     *
     * @return the namespace
     */
    public String namespace() {
        return namespace;
    }

    /**
     * The name of the schema.
     *
     * @return the name, or empty for the one that it has or gets by default
     */
    public Optional<String> schema() {
        return Optional.ofNullable(schema);
    }

    /**
     * How many connections each login may have.
     *
     * @return the limit, or empty for none
     */
    public OptionalInt connectionLimit() {
        return connectionLimit == null ? OptionalInt.empty() : OptionalInt.of(connectionLimit);
    }

    /**
     * How long a statement may take.
     *
     * @return the limit in whole milliseconds, or empty for that of the database
     */
    public Optional<Duration> statementTimeout() {
        return Optional.ofNullable(statementTimeout);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TenantRequest that
                && namespace.equals(that.namespace)
                && Objects.equals(schema, that.schema)
                && Objects.equals(connectionLimit, that.connectionLimit)
                && Objects.equals(statementTimeout, that.statementTimeout);
    }

    @Override
    public int hashCode() {
        return Objects.hash(namespace, schema, connectionLimit, statementTimeout);
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        parts.add("namespace " + namespace);
        if (schema != null) {
            parts.add("schema " + Escaped.of(schema));
        }
        if (connectionLimit != null) {
            parts.add("connection limit " + connectionLimit);
        }
        if (statementTimeout != null) {
            parts.add("statement timeout " + statementTimeout);
        }
        return String.join(", ", parts);
    }
}
