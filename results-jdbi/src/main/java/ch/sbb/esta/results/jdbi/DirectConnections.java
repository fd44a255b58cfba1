package ch.sbb.esta.results.jdbi;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/** Opens a connection each time it is asked for one, with the login of that moment. */
final class DirectConnections implements DataSource {

    private static final Driver DRIVER = new Driver();
    private static final String CANNOT_CONNECT = "08001";

    private final String url;
    private final Properties properties;
    private final Supplier<PostgresLogin> login;

    DirectConnections(String url, Properties properties, Supplier<PostgresLogin> login) {
        this.url = url;
        this.properties = properties;
        this.login = login;
    }

    @Override
    public Connection getConnection() throws SQLException {
        PostgresLogin current = currentLogin();
        return getConnection(current.user(), current.password());
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        Properties all = new Properties();
        all.putAll(properties);
        all.setProperty(PGProperty.USER.getName(), user);
        all.setProperty(PGProperty.PASSWORD.getName(), password);
        Connection connection = DRIVER.connect(url, all);
        if (connection == null) {
            throw new SQLException("the driver does not take the URL " + url, CANNOT_CONNECT);
        }
        return connection;
    }

    private PostgresLogin currentLogin() throws SQLException {
        try {
            PostgresLogin current = login.get();
            if (current != null) {
                return current;
            }
        } catch (RuntimeException e) {
            throw new SQLNonTransientConnectionException(
                    "the supplier of the login has failed: " + e.getClass().getSimpleName(), CANNOT_CONNECT, e);
        }
        throw new SQLNonTransientConnectionException("the supplier of the login has given none", CANNOT_CONNECT);
    }

    @Override
    public int getLoginTimeout() {
        return Integer.parseInt(properties.getProperty(PGProperty.LOGIN_TIMEOUT.getName(), "0"));
    }

    /** Left alone: pools set it unasked, and what the configuration says would be lost. */
    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    /** Left alone: the driver logs by other means. */
    @Override
    public void setLogWriter(@Nullable PrintWriter out) {}

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return DRIVER.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException("this is no wrapper of a " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    /** Without properties, which may hold secrets. */
    @Override
    public String toString() {
        return url;
    }
}
