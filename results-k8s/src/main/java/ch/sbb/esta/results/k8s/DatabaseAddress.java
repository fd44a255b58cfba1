package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Where tenants find the database, as it is told to them in their Secrets. It may differ from the way of the operator, who needs a direct
 * connection.
 *
 * @param host a host name or an address; of version 6 in brackets
 * @param port 1 to 65535
 * @param name the database
 * @param parameters further parameters of the JDBC URL, such as {@code sslmode}; no user and no password
 */
public record DatabaseAddress(String host, int port, String name, Map<String, String> parameters) {

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}]");

    /**
     * Checks that the address can be written as a JDBC URL.
     *
     * @param host a host name or an address; of version 6 in brackets
     * @param port 1 to 65535
     * @param name the database
     * @param parameters further parameters of the JDBC URL, such as {@code sslmode}; no user and no password
     * @throws ResultsException {@code INVALID} when it cannot
     */
    public DatabaseAddress {
        if (!HOST.matcher(host).matches()) {
            throw ResultsException.invalid("the database's host is no host name and no address; several hosts, user and"
                    + " password do not belong here");
        }
        if (port < 1 || port > 65_535) {
            throw ResultsException.invalid("port " + port + " is not between 1 and 65535");
        }
        if (name.isEmpty()) {
            throw ResultsException.invalid("the database has no name");
        }
        parameters = Map.copyOf(parameters);
        if (parameters.containsKey("user") || parameters.containsKey("password")) {
            throw ResultsException.invalid("user and password of the JDBC URL come from the tenant");
        }
    }

    /**
     * An address without further parameters.
     *
     * @param host a host name or an address; of version 6 in brackets
     * @param port 1 to 65535
     * @param name the database
     * @return the address
     * @throws ResultsException {@code INVALID} when it cannot be written as a JDBC URL
     */
    public static DatabaseAddress of(String host, int port, String name) {
        return new DatabaseAddress(host, port, name, Map.of());
    }

    /** The JDBC URL of one tenant. */
    String jdbcUrl(String schema) {
        Map<String, String> all = new TreeMap<>(parameters);
        all.put("currentSchema", Objects.requireNonNull(schema));
        StringBuilder url = new StringBuilder("jdbc:postgresql://")
                .append(host)
                .append(':')
                .append(port)
                .append('/')
                .append(encode(name));
        char separator = '?';
        for (Map.Entry<String, String> parameter : all.entrySet()) {
            url.append(separator).append(encode(parameter.getKey())).append('=').append(encode(parameter.getValue()));
            separator = '&';
        }
        return url.toString();
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
