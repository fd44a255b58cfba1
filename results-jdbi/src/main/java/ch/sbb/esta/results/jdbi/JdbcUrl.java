package ch.sbb.esta.results.jdbi;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * The parts of a JDBC URL. No message of ours repeats the URL, for it may hold a secret; one that surely does is not even shown to the
 * driver, which logs what it cannot parse.
 *
 * @param hosts each with its port
 * @param database the name of the database, or empty
 * @param properties what stands behind the question mark
 * @param fault what is wrong, or null
 */
record JdbcUrl(
        List<String> hosts,
        String database,
        Properties properties,
        @Nullable String fault) {

    private static final Pattern LOGIN = Pattern.compile("[?&](?:user|password)=|//[^/?]*@");

    static JdbcUrl parse(String url) {
        if (LOGIN.matcher(url.toLowerCase(Locale.ROOT)).find()) {
            return holdsLogin();
        }
        Properties all = Driver.parseURL(url, null);
        if (all == null) {
            return wrong("the URL is not of the form jdbc:postgresql://HOST:PORT/DATABASE?PROPERTY=VALUE");
        }
        if (all.getProperty(PGProperty.USER.getName()) != null
                || all.getProperty(PGProperty.PASSWORD.getName()) != null) {
            return holdsLogin();
        }
        List<String> names = List.of(
                all.getProperty(PGProperty.PG_HOST.getName(), "localhost").split(",", -1));
        List<String> ports =
                List.of(all.getProperty(PGProperty.PG_PORT.getName(), "5432").split(",", -1));
        List<String> hosts = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            hosts.add(names.get(i) + ":" + ports.get(Math.min(i, ports.size() - 1)));
        }
        Properties further = new Properties();
        for (String name : all.stringPropertyNames()) {
            if (!name.startsWith("PG")) {
                further.setProperty(name, all.getProperty(name));
            }
        }
        return new JdbcUrl(hosts, all.getProperty(PGProperty.PG_DBNAME.getName(), ""), further, null);
    }

    private static JdbcUrl holdsLogin() {
        return wrong("the URL holds a user or a password; give them by login(), which keeps them out of logs");
    }

    private static JdbcUrl wrong(String fault) {
        return new JdbcUrl(List.of(), "", new Properties(), fault);
    }

    PostgresConfig.Builder builder() {
        return new PostgresConfig.Builder(hosts, database, properties, fault);
    }
}
