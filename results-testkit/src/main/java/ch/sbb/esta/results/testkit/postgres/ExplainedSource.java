package ch.sbb.esta.results.testkit.postgres;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections that let the server explain each query before it is carried out, with the same arguments and in the same transaction, so
 * that it can be seen what the code under test really asks and what that costs. Everything is carried out twice: for queries only.
 *
 * <p>Thread-safe; it does not tell the queries of one thread from those of another.
 */
public final class ExplainedSource {

    private static final String EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ";

    private final DataSource source;
    private final List<TouchedPages> explained = new ArrayList<>();

    /**
     * Wraps connections.
     *
     * @param source where they come from; not closed
     */
    public ExplainedSource(DataSource source) {
        this.source = Objects.requireNonNull(source, "source");
    }

    /**
     * The connections whose queries are explained.
     *
     * @return a view of the source, not to be closed
     */
    public DataSource dataSource() {
        return proxy(
                DataSource.class,
                (method, arguments) -> method.getName().equals("getConnection")
                        ? connection((Connection) Objects.requireNonNull(call(source, method, arguments)))
                        : call(source, method, arguments));
    }

    /**
     * What was touched since the last call.
     *
     * @return the pages of all queries since, the rows and the plan of the last one
     * @throws IllegalStateException when there was none
     */
    public synchronized TouchedPages take() {
        TouchedPages all = explained.stream()
                .reduce((before, next) -> next.after(before))
                .orElseThrow(() -> new IllegalStateException("nothing was asked"));
        explained.clear();
        return all;
    }

    private synchronized void add(TouchedPages pages) {
        explained.add(pages);
    }

    private Connection connection(Connection connection) {
        return proxy(Connection.class, (method, arguments) -> {
            Object made = call(connection, method, arguments);
            if (method.getName().equals("prepareStatement")
                    && arguments[0] instanceof String sql
                    && sql.stripLeading().startsWith("SELECT")) {
                PreparedStatement explain = connection.prepareStatement(EXPLAIN + sql);
                return statement((PreparedStatement) Objects.requireNonNull(made), explain);
            }
            return made;
        });
    }

    private PreparedStatement statement(PreparedStatement statement, PreparedStatement explain) {
        return proxy(PreparedStatement.class, (method, arguments) -> {
            String name = method.getName();
            if (name.startsWith("set") || name.equals("close")) {
                call(explain, method, arguments);
            } else if (name.startsWith("execute")) {
                add(explain(explain));
            }
            return call(statement, method, arguments);
        });
    }

    private static TouchedPages explain(PreparedStatement explain) throws SQLException {
        try (ResultSet plan = explain.executeQuery()) {
            plan.next();
            return TouchedPages.of(plan.getString(1));
        }
    }

    /** A call on a proxy. */
    private interface Call {
        @Nullable
        Object handle(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        InvocationHandler handler =
                (proxy, method, arguments) -> call.handle(method, arguments == null ? new Object[0] : arguments);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
