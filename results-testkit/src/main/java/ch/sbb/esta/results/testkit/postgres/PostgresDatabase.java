package ch.sbb.esta.results.testkit.postgres;

import java.util.Objects;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database with a login.
 *
 * @param jdbcUrl where it is; without user and password
 * @param user the login
 * @param password its password
 */
public record PostgresDatabase(String jdbcUrl, String user, String password) {

    /**
     * Checks that no component is null.
     *
     * @param jdbcUrl where it is; without user and password
     * @param user the login
     * @param password its password
     */
    public PostgresDatabase {
        Objects.requireNonNull(jdbcUrl, "jdbcUrl");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
    }

    /**
     * Connections without a pool: each is opened when asked for.
     *
     * @return a new data source
     */
    public DataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(jdbcUrl);
        dataSource.setUser(user);
        dataSource.setPassword(password);
        return dataSource;
    }

    /**
     * Returns the same database with one more property of the driver in its URL.
     *
     * @param property for example {@code prepareThreshold}
     * @param value its value
     * @return a copy
     */
    public PostgresDatabase with(String property, String value) {
        String separator = jdbcUrl.contains("?") ? "&" : "?";
        return new PostgresDatabase(jdbcUrl + separator + property + "=" + value, user, password);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return jdbcUrl + " as " + user;
    }
}
