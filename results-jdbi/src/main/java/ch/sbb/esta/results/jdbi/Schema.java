package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The one place where a schema becomes SQL text. Statements name tables and functions as {@code {records}}; what they become is quoted and
 * qualified, so that nothing depends on the search path of a session.
 */
final class Schema {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_$-]{0,62}");
    private static final List<String> NAMES = List.of(
            "results",
            "records",
            "esta_quarantine",
            "esta_schema_version",
            "esta_expiries",
            "esta_tombstones",
            "esta_runs",
            "esta_runs_correlated",
            "esta_filling",
            "esta_keep_runs",
            "esta_forget_digest",
            "esta_parse_time",
            "esta_time",
            "esta_text");

    private final String name;

    Schema(String name) {
        findFault(name).ifPresent(fault -> {
            throw ResultsException.invalid(fault);
        });
        this.name = name;
    }

    static Optional<String> findFault(String name) {
        if (NAME.matcher(name).matches() && !name.startsWith("pg_") && !name.equals("information_schema")) {
            return Optional.empty();
        }
        return Optional.of(
                "schema " + Escaped.of(name)
                        + " is not usable: it takes 1 to 63 characters of letters, digits, _, $ and -, and is none of Postgres's own");
    }

    String name() {
        return name;
    }

    String quoted() {
        return Identifiers.quote(name);
    }

    /** Puts the qualified names into a statement of ours. */
    String sql(String statement) {
        String sql = statement.replace("{schema}", quoted());
        for (String known : NAMES) {
            sql = sql.replace("{" + known + "}", quoted() + '.' + Identifiers.quote(known));
        }
        return sql;
    }
}
