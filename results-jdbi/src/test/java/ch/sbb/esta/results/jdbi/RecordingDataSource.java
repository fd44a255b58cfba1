package ch.sbb.esta.results.jdbi;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Notes every statement that is prepared on its connections. */
final class RecordingDataSource {

    private final Queue<String> statements = new ConcurrentLinkedQueue<>();
    private final DataSource proxy;

    RecordingDataSource(DataSource connections) {
        proxy = proxy(
                DataSource.class,
                connections,
                result -> result instanceof Connection connection ? recording(connection) : result);
    }

    private Connection recording(Connection connection) {
        return proxy(Connection.class, connection, result -> result);
    }

    private interface Wrapping {
        @Nullable
        Object wrap(@Nullable Object result);
    }

    private <T> T proxy(Class<T> type, T target, Wrapping wrapping) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (arguments != null
                            && arguments.length > 0
                            && arguments[0] instanceof String text
                            && method.getName().startsWith("prepare")) {
                        statements.add(text.strip());
                    }
                    try {
                        return wrapping.wrap(method.invoke(target, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause() instanceof SQLException cause ? cause : e;
                    }
                }));
    }

    DataSource dataSource() {
        return proxy;
    }

    List<String> statements() {
        return List.copyOf(statements);
    }

    void forget() {
        statements.clear();
    }

    /** What changes anything. */
    List<String> changes() {
        return statements.stream()
                .filter(sql -> !sql.matches("(?s)(SELECT|SET LOCAL|SET TRANSACTION|RESET ROLE|SHOW).*"))
                .toList();
    }
}
