package ch.sbb.esta.results.jdbi;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections that break at a certain statement or commit, counted over all, before or after it has taken effect, and at every one
 * behind it. Not thread-safe.
 */
final class DyingDataSource implements DataSource {

    private final DataSource connections;
    private final int at;
    private final boolean afterEffect;
    private final @Nullable Runnable cut;
    private int calls;

    /** @param at the call at which it breaks, from 1 on */
    DyingDataSource(DataSource connections, int at, boolean afterEffect) {
        this(connections, at, afterEffect, null);
    }

    private DyingDataSource(DataSource connections, int at, boolean afterEffect, @Nullable Runnable cut) {
        this.connections = connections;
        this.at = at;
        this.afterEffect = afterEffect;
        this.cut = cut;
    }

    /**
     * Connections that fail by themselves from a call on.
     *
     * @param at the call before which something is cut, from 1 on
     * @param cut cuts it
     */
    static DyingDataSource cutting(DataSource connections, int at, Runnable cut) {
        return new DyingDataSource(connections, at, true, cut);
    }

    boolean isDead() {
        return calls >= at;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = connections.getConnection();
        return proxy(Connection.class, (method, arguments) -> {
            String name = method.getName();
            Object result = name.equals("commit")
                    ? counted(() -> invoke(connection, method, arguments))
                    : invoke(connection, method, arguments);
            return result instanceof PreparedStatement statement ? dying(statement) : result;
        });
    }

    private PreparedStatement dying(PreparedStatement statement) {
        return proxy(
                PreparedStatement.class,
                (method, arguments) -> method.getName().startsWith("execute")
                        ? counted(() -> invoke(statement, method, arguments))
                        : invoke(statement, method, arguments));
    }

    private interface Handler {
        @Nullable
        Object handle(Method method, @Nullable Object @Nullable [] arguments) throws Throwable;
    }

    private interface Call {
        @Nullable
        Object call() throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> handler.handle(method, arguments)));
    }

    private @Nullable Object counted(Call call) throws Throwable {
        calls++;
        if (calls > at || (calls == at && !afterEffect)) {
            throw new SQLException("the connection was made to break", "08006");
        }
        if (calls == at && cut != null) {
            cut.run();
        }
        Object result = call.call();
        if (calls == at && cut == null) {
            throw new SQLException("the connection was made to break afterwards", "08006");
        }
        return result;
    }

    private static @Nullable Object invoke(Object target, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("only the pool's own user");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        connections.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        connections.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return connections.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return connections.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return connections.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return connections.isWrapperFor(type);
    }
}
