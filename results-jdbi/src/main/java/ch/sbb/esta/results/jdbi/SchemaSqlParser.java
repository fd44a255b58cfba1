package ch.sbb.esta.results.jdbi;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Looks for the parameters of each statement once for all schemas. Jdbi's parser takes milliseconds for a long statement and remembers the
 * last thousand texts; with a schema in it each text is another one for each tenant.
 */
final class SchemaSqlParser implements SqlParser {

    private static final Pattern QUALIFIED = Pattern.compile("\"[A-Za-z0-9_$-]+\"\\.");

    /** No name of a {@link Schema}. */
    private static final String ANY = "\"{schema}\".";

    private final ColonPrefixSqlParser parser;

    SchemaSqlParser(ColonPrefixSqlParser parser) {
        this.parser = parser;
    }

    @Override
    public ParsedSql parse(String sql, StatementContext context) {
        Matcher first = QUALIFIED.matcher(sql);
        if (!first.find()) {
            return parser.parse(sql, context);
        }
        String schema = first.group();
        ParsedSql parsed = parser.parse(sql.replace(schema, ANY), context);
        return ParsedSql.of(parsed.getSql().replace(ANY, schema), parsed.getParameters());
    }

    @Override
    public String nameParameter(String name, StatementContext context) {
        return parser.nameParameter(name, context);
    }
}
