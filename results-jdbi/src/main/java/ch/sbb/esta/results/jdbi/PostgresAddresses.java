package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One database on one server or several.
 *
 * @param hosts each with a port, or on 5432
 * @param database its name
 */
record PostgresAddresses(List<String> hosts, String database) {

    private static final Pattern HOST =
            Pattern.compile("(?:[A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(?::([0-9]{1,5}))?");
    private static final int LARGEST_PORT = 65535;
    private static final int LONGEST_NAME = 63;

    PostgresAddresses {
        hosts = List.copyOf(hosts);
    }

    List<String> faults() {
        List<String> faults = new ArrayList<>();
        for (String host : hosts) {
            if (!isHost(host)) {
                faults.add("host " + Escaped.of(host) + " is not NAME or NAME:PORT; IPv6 addresses stand in brackets");
            }
        }
        if (database.isEmpty()
                || database.indexOf('\0') >= 0
                || database.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            faults.add("database " + Escaped.of(database) + " is not a name of 1 to " + LONGEST_NAME + " bytes");
        }
        return faults;
    }

    private static boolean isHost(String host) {
        var matcher = HOST.matcher(host);
        if (!matcher.matches()) {
            return false;
        }
        String port = matcher.group(1);
        return port == null || (Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= LARGEST_PORT);
    }

    boolean isSingle() {
        return hosts.size() == 1;
    }

    String url() {
        String name = URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
        return "jdbc:postgresql://" + String.join(",", hosts) + "/" + name;
    }

    @Override
    public String toString() {
        return Escaped.of(database) + " on " + String.join(", ", hosts);
    }
}
