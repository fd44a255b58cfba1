package ch.sbb.esta.results.jdbi;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** Asks one data source after the other for a connection; the last one for all that follow. */
final class LentInTurn {

    private LentInTurn() {}

    static DataSource of(DataSource... sources) {
        List<DataSource> all = List.of(sources);
        AtomicInteger asked = new AtomicInteger();
        return (DataSource) Proxy.newProxyInstance(
                LentInTurn.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("getConnection")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return all.get(Math.min(asked.getAndIncrement(), all.size() - 1))
                            .getConnection();
                });
    }
}
