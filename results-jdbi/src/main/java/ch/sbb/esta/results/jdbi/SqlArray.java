package ch.sbb.esta.results.jdbi;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** One column of many rows as one parameter, which the driver sends in binary form. */
final class SqlArray implements Argument {

    private final String type;
    private final @Nullable Object[] elements;

    private SqlArray(String type, @Nullable Object[] elements) {
        this.type = type;
        this.elements = elements;
    }

    static <R> SqlArray texts(Collection<R> rows, Function<R, @Nullable String> column) {
        @Nullable String[] elements = new String[rows.size()];
        int i = 0;
        for (R row : rows) {
            elements[i++] = column.apply(row);
        }
        return new SqlArray("text", elements);
    }

    static <R> SqlArray bytes(List<R> rows, Function<R, byte[]> column) {
        byte[][] elements = new byte[rows.size()][];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = column.apply(rows.get(i));
        }
        return new SqlArray("bytea", elements);
    }

    static <R> SqlArray flags(List<R> rows, Function<R, Boolean> column) {
        return new SqlArray("bool", rows.stream().map(column).toArray(Boolean[]::new));
    }

    static <R> SqlArray numbers(List<R> rows, Function<R, Integer> column) {
        return new SqlArray("int4", rows.stream().map(column).toArray(Integer[]::new));
    }

    @Override
    public void apply(int position, PreparedStatement statement, StatementContext context) throws SQLException {
        statement.setArray(position, statement.getConnection().createArrayOf(type, elements));
    }

    /** For Jdbi's messages, which must not hold the data. */
    @Override
    public String toString() {
        return type + "[" + elements.length + "]";
    }
}
