package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.spi.RecordStatistics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Counts and measures the runs in the tables of one schema or of several, by one statement in a transaction that only reads; the
 * {@code DataSource} may be one of a replica.
 *
 * <p>It reads the narrow columns that triggers keep of each run. Where those of a schema that was taken over are not filled yet, and for
 * queries over all records or counted as upstream does, it takes the same values out of the JSON of each record: slower, and the same
 * answer.
 *
 * <p>Thread-safe, as long as the {@code DataSource} is; that is not closed.
 */
public final class JdbiRecordStatistics implements RecordStatistics {

    private final Transactions transactions;
    private final List<Schema> schemas;

    private JdbiRecordStatistics(Builder builder) {
        this(
                new Transactions(builder.dataSource, builder.statementTimeout),
                builder.schemas.stream().map(Schema::new).toList());
    }

    JdbiRecordStatistics(Transactions transactions, List<Schema> schemas) {
        this.transactions = transactions;
        this.schemas = schemas;
    }

    /**
     * Configures statistics.
     *
     * @param dataSource connections of a role that may read the tables; not closed
     * @param schema the schema that holds the tables
     * @return a builder
     */
    public static Builder builder(DataSource dataSource, String schema) {
        return new Builder(dataSource, schema);
    }

    @Override
    public RunStatistics summarize(StatisticsQuery query) {
        StatisticsSql sql = new StatisticsSql(query);
        return transactions.read("summarizing records", handle -> summarize(handle, query, sql));
    }

    private RunStatistics summarize(Handle handle, StatisticsQuery query, StatisticsSql sql) {
        List<String> runs = new ArrayList<>();
        for (Schema schema : schemas) {
            runs.add(sql.runs(schema, sql.needsJson() || !new RunsFilling(schema).isFinished(handle)));
        }
        return answer(handle.createQuery(sql.groups(runs)), query, sql);
    }

    /** Runs a statement of {@link StatisticsSql#groups}. */
    static RunStatistics answer(Query statement, StatisticsQuery query, StatisticsSql sql) {
        sql.bindTo(statement);
        List<Answer> answers = statement
                .map((row, context) -> new Answer(row(row, query), row.getLong("all_groups")))
                .list();
        return new RunStatistics(
                answers.stream().map(Answer::row).toList(),
                answers.isEmpty() ? 0 : answers.get(0).groups());
    }

    private record Answer(StatisticsRow row, long groups) {}

    private static StatisticsRow row(ResultSet found, StatisticsQuery query) throws SQLException {
        StatisticsRow.Builder row = StatisticsRow.builder();
        Grouping grouping = query.grouping().orElse(null);
        if (grouping instanceof Grouping.ByTime) {
            row.groupTime(Columns.time(found, "group_value"));
        } else if (grouping == Grouping.ByField.STATE) {
            Long number = number(found, "group_value");
            row.group(
                    number == null ? null : SummaryStatus.of(number.intValue()).name());
        } else if (grouping != null) {
            row.group(found.getString("group_value"));
        }
        for (Aggregate aggregate : query.aggregates()) {
            String column = aggregate.text();
            switch (aggregate.kind()) {
                case COUNT -> row.count(aggregate, found.getLong(column));
                case RATE -> row.rate(aggregate, rate(found, column));
                case TIME -> row.time(aggregate, Columns.time(found, column));
                case DURATION -> row.duration(aggregate, duration(found, column));
            }
        }
        return row.build();
    }

    private static @Nullable Long number(ResultSet row, String column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? null : number;
    }

    private static @Nullable Double rate(ResultSet row, String column) throws SQLException {
        double rate = row.getDouble(column);
        return row.wasNull() ? null : rate;
    }

    private static @Nullable Duration duration(ResultSet row, String column) throws SQLException {
        Long micros = number(row, column);
        return micros == null ? null : Duration.of(micros, ChronoUnit.MICROS);
    }

    /** Collects the settings of statistics. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private final Set<String> schemas = new LinkedHashSet<>();
        private Duration statementTimeout = Duration.ofSeconds(30);

        private Builder(DataSource dataSource, String schema) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
            this.schemas.add(Objects.requireNonNull(schema, "schema"));
        }

        /**
         * Adds the tables of another schema, such as those of another tenant: the runs of all are one set.
         *
         * @param schema the schema
         * @return this
         */
        public Builder schema(String schema) {
            schemas.add(Objects.requireNonNull(schema, "schema"));
            return this;
        }

        /**
         * How long a query may take before it ends with {@code TIMEOUT}.
         *
         * @param timeout one millisecond to one day; 30 seconds by default
         * @return this
         */
        public Builder statementTimeout(Duration timeout) {
            this.statementTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Creates the statistics. Nothing is connected to before the first call.
         *
         * @return the statistics
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public JdbiRecordStatistics build() {
            List<String> faults = new ArrayList<>();
            schemas.forEach(schema -> Schema.findFault(schema).ifPresent(faults::add));
            if (statementTimeout.toMillis() < 1 || statementTimeout.compareTo(Duration.ofDays(1)) > 0) {
                faults.add("statementTimeout " + statementTimeout + " is not between one millisecond and one day");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new JdbiRecordStatistics(this);
        }
    }
}
