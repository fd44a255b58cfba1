package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaSqlParserIT {

    private static final String SELECT =
            "SELECT r.id, ':none' FROM {records} r JOIN {results} p ON p.id = r.result_id WHERE r.parent = :parent AND r.name = :name";

    private final Handle handle = Jdbi.open(Servers.current().newDatabase().dataSource());
    private final StatementContext context = handle.createQuery("SELECT 1").getContext();
    private final SchemaSqlParser parser = new SchemaSqlParser(new ColonPrefixSqlParser());

    @AfterEach
    void close() {
        handle.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "SELECT :a, \"x\" FROM t WHERE \"y\" = :b",
                "SELECT \"esta_text\"(:a) FROM {records} r",
                "DELETE FROM {records} r WHERE r.data = '{\"k\":\"v\"}' AND r.name = :name",
                "SELECT * FROM \"one\".\"records\" WHERE a = :a UNION ALL SELECT * FROM \"other\".\"records\" WHERE b = :b",
                SELECT
            })
    void findsWhatJdbiFinds(String statement) {
        for (String schema : List.of("ci", "schema", "Tenant-1", "a_b$")) {
            String sql = new Schema(schema).sql(statement);

            assertThat(parser.parse(sql, context)).isEqualTo(new ColonPrefixSqlParser().parse(sql, context));
        }
    }

    @Test
    void parsesAStatementOnceForAllSchemas() {
        ParsedSql first = parser.parse(new Schema("first").sql(SELECT), context);
        for (int i = 0; i < 50; i++) {
            ParsedSql parsed = parser.parse(new Schema("tenant-" + i).sql(SELECT), context);

            assertThat(parsed.getSql())
                    .contains("\"tenant-" + i + "\".\"records\"", "\"tenant-" + i + "\".\"results\"");
            assertThat(parsed.getParameters()).isSameAs(first.getParameters());
        }
    }
}
