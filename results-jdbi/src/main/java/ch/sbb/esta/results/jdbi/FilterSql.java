package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.filter.Term;
import ch.sbb.esta.results.filter.Term.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * A filter as a condition of SQL. Text of the filter is bound, never written into the statement. No part of it can fail for a row: what
 * cannot be had is NULL, which goes through comparisons and {@code NOT}, and which {@code AND} and {@code OR} absorb, as an unknown of
 * the filter language does.
 */
final class FilterSql {

    /** Terms that need an operand more than once write it more than once; nested, that grows fast. */
    private static final int MAX_LENGTH = 200_000;

    private static final String FIRST_TIME = "timestamptz '0001-01-01 00:00:00+00'";
    private static final String LAST_TIME = "timestamptz '9999-12-31 23:59:59.999999+00'";
    private static final BigInteger FIRST_MICROS = BigInteger.valueOf(-62_135_596_800_000_000L);
    private static final BigInteger LAST_MICROS = BigInteger.valueOf(253_402_300_799_999_999L);

    /** Who else writes to these tables writes a JSON null for an empty map. */
    private static final String MAP = "coalesce(nullif(%s, 'null'), '{}')";

    private static final Map<String, String> COLUMNS = Map.ofEntries(
            Map.entry("parent", "r.parent"),
            Map.entry("uid", "r.id"),
            Map.entry("annotations", MAP.formatted("r.annotations")),
            Map.entry("create_time", "r.created_time"),
            Map.entry("update_time", "r.updated_time"),
            Map.entry("summary.record", "r.recordsummary_record"),
            Map.entry("summary.type", "r.recordsummary_type"),
            Map.entry("summary.start_time", "r.recordsummary_start_time"),
            Map.entry("summary.end_time", "r.recordsummary_end_time"),
            Map.entry("summary.status", "r.recordsummary_status"),
            Map.entry(
                    "summary.annotations",
                    "(CASE WHEN r.recordsummary_record <> '' THEN " + MAP.formatted("r.recordsummary_annotations")
                            + " END)"),
            Map.entry("result_name", "r.result_name"),
            Map.entry("name", "r.name"),
            Map.entry("data_type", "r.type"),
            Map.entry("data", "r.data"));

    private final Map<Object, String> names = new HashMap<>();
    private final Map<String, Object> values = new HashMap<>();
    private final IndexHints hints = new IndexHints(this::bound);
    private final List<Part> parts = new ArrayList<>();

    /** A part that must be true for the whole, and the hints that it gave. */
    private record Part(String sql, IndexHints.Gave gave) {}

    private FilterSql(Filter filter) {
        take(filter.condition());
    }

    private void take(Term term) {
        if (term instanceof Term.And and) {
            take(and.left());
            take(and.right());
        } else {
            parts.add(new Part(contained(term).orElseGet(() -> sql(term)), hints.read(term)));
        }
    }

    /** A text at a path of keys, looked for in one go: each further look into a row decompresses its data again. */
    private Optional<String> contained(Term term) {
        if (!(term instanceof Term.Compare compare) || compare.comparison() != Term.Comparison.EQUAL) {
            return Optional.empty();
        }
        return contained(compare.left(), compare.right()).or(() -> contained(compare.right(), compare.left()));
    }

    private Optional<String> contained(Term term, Term value) {
        if (!(term instanceof Term.As as)
                || as.kind() != Kind.TEXT
                || !(value instanceof Term.Constant constant)
                || !(constant.value() instanceof String text)) {
            return Optional.empty();
        }
        List<String> keys = new ArrayList<>();
        Term at = as.of();
        while (at instanceof Term.Member member) {
            keys.add(0, member.key());
            at = member.of();
        }
        return at instanceof Term.Field field && !keys.isEmpty()
                ? Optional.of(
                        "(" + field(field) + " @> CAST(" + bound(AnnotationJson.write(keys, text)) + " AS jsonb))")
                : Optional.empty();
    }

    static FilterSql of(Filter filter) {
        return new FilterSql(filter);
    }

    /** The condition on the row {@code r}, alone. */
    String condition() {
        return parts.stream().map(Part::sql).collect(Collectors.joining(" AND "));
    }

    /**
     * The condition beside the hints. The planner takes every part for one that few rows pass. Where the hints stand beside it, that
     * is reckoned twice, and it would rather sort all rows than read them in order; so there it is told that nearly all pass. A part that
     * a hint says already is left out.
     *
     * @param byRun whether the hints on the row of the run stand beside it
     */
    List<String> besideHints(boolean byRun) {
        return parts.stream()
                .filter(part -> !stands(part.gave, byRun) || !part.gave.isWhole())
                .map(part ->
                        stands(part.gave, byRun) ? "(CASE WHEN " + part.sql + " THEN 1 ELSE 0 END) <> 0" : part.sql)
                .toList();
    }

    private static boolean stands(IndexHints.Gave gave, boolean byRun) {
        return switch (gave) {
            case NOTHING -> false;
            case ON_ROW, WHOLE_ON_ROW -> true;
            case ON_RUN, WHOLE_ON_RUN -> byRun;
        };
    }

    /** What follows from the condition and helps an index. */
    IndexHints hints() {
        return hints;
    }

    void bindTo(SqlStatement<?> statement) {
        values.forEach(statement::bind);
    }

    /** The same value is bound once. */
    private String bound(Object value) {
        return names.computeIfAbsent(value, fresh -> {
            String name = "filter" + values.size();
            values.put(name, fresh);
            return ":" + name;
        });
    }

    private String text(String value) {
        return "CAST(" + bound(value) + " AS text)";
    }

    private String number(Number value) {
        return "CAST(" + bound(value instanceof BigInteger whole ? new BigDecimal(whole) : value) + " AS numeric)";
    }

    private String sql(Term term) {
        String sql = write(term);
        if (sql.length() > MAX_LENGTH) {
            throw ResultsException.invalid("this filter is too deeply nested; take it apart");
        }
        return sql;
    }

    private String write(Term term) {
        if (term instanceof Term.Constant constant) {
            return constant(constant);
        } else if (term instanceof Term.Field field) {
            return field(field);
        } else if (term instanceof Term.Not not) {
            return "(NOT " + sql(not.of()) + ")";
        } else if (term instanceof Term.And and) {
            return "(" + sql(and.left()) + " AND " + sql(and.right()) + ")";
        } else if (term instanceof Term.Or or) {
            return "(" + sql(or.left()) + " OR " + sql(or.right()) + ")";
        } else if (term instanceof Term.Has has) {
            return "(" + sql(has.path()) + " IS NOT NULL)";
        } else if (term instanceof Term.Compare compare) {
            return compare(compare);
        } else if (term instanceof Term.Arithmetic arithmetic) {
            return arithmetic.kind() == Kind.TIME ? time(arithmetic) : compute(arithmetic);
        } else if (term instanceof Term.Joined joined) {
            return "(" + sql(joined.left()) + " || " + sql(joined.right()) + ")";
        } else {
            return function(term);
        }
    }

    private String function(Term term) {
        if (term instanceof Term.Member || term instanceof Term.Item) {
            return path(term);
        } else if (term instanceof Term.Entry entry) {
            return "(" + sql(entry.of()) + " ->> " + text(entry.key()) + ")";
        } else if (term instanceof Term.As as) {
            return as(as.kind(), sql(as.of()));
        } else if (term instanceof Term.Parsed parsed) {
            return parsed.kind() == Kind.TIME ? parsedTime(sql(parsed.of())) : parsedSpan(sql(parsed.of()));
        } else if (term instanceof Term.Shown shown) {
            return shown(shown.of());
        } else if (term instanceof Term.Holds holds) {
            return holds(holds);
        } else if (term instanceof Term.Mentions mentions) {
            return mentions(mentions);
        } else if (term instanceof Term.Matches matches) {
            return "(" + sql(matches.text()) + " COLLATE \"C\" ~ "
                    + text(matches.regex().postgres()) + ")";
        } else if (term instanceof Term.Contained contained) {
            return contained(contained);
        } else if (term instanceof Term.Size size) {
            return size(size.of());
        } else if (term instanceof Term.Part part) {
            return part(part);
        }
        throw new IllegalArgumentException("no such term: " + term.getClass());
    }

    private String constant(Term.Constant constant) {
        Object value = constant.value();
        if (value == null) {
            return "CAST(NULL AS " + type(constant.kind()) + ")";
        } else if (value instanceof String text) {
            return text(text);
        } else if (value instanceof Boolean truth) {
            return truth ? "true" : "false";
        } else if (constant.kind() == Kind.TIME) {
            return timestamp((BigInteger) value, this::bound).orElse("CAST(NULL AS timestamptz)");
        }
        return number((Number) value);
    }

    private static String type(Kind kind) {
        return switch (kind) {
            case TRUTH -> "boolean";
            case TEXT -> "text";
            case NUMBER, SPAN -> "numeric";
            case TIME -> "timestamptz";
            case JSON, TEXTS -> "jsonb";
        };
    }

    private static String field(Term.Field field) {
        String column = COLUMNS.get(field.name());
        if (column == null) {
            throw new IllegalArgumentException("no column for " + field);
        }
        return column;
    }

    /** Keys are strung together as far as {@code #>} would not take one for the index of an array. */
    private String path(Term term) {
        List<String> keys = new ArrayList<>();
        Term at = term;
        while (at instanceof Term.Member member && !member.key().matches("-?[0-9]+")) {
            keys.add(0, text(member.key()));
            at = member.of();
        }
        if (!keys.isEmpty()) {
            return "(" + sql(at) + " #> ARRAY[" + String.join(", ", keys) + "])";
        } else if (at instanceof Term.Member member) {
            return "(" + sql(member.of()) + " -> " + text(member.key()) + ")";
        } else if (at instanceof Term.Item item) {
            // Not by the operator ->, to which a scalar is an array of one.
            return "jsonb_path_query_first(" + sql(item.of()) + ", 'strict $[" + item.index() + "]', '{}', true)";
        }
        throw new IllegalArgumentException("no path: " + term.getClass());
    }

    private static String as(Kind kind, String json) {
        String text = "(" + json + " #>> '{}')";
        String typed = "CASE WHEN jsonb_typeof(" + json + ")";
        return switch (kind) {
            case TEXT -> "(" + typed + " = 'string' THEN " + text + " END)";
            case TRUTH -> "(" + typed + " = 'boolean' THEN CAST(" + text + " AS boolean) END)";
            case NUMBER -> {
                String number = "CAST(" + text + " AS numeric)";
                String tooLarge = "CAST('1e" + Term.As.MAX_NUMBER_DIGITS + "' AS numeric)";
                yield "(CASE WHEN jsonb_typeof(" + json + ") = 'number' THEN CASE WHEN abs(" + number + ") < "
                        + tooLarge
                        + " AND min_scale(" + number + ") <= " + Term.As.MAX_NUMBER_DIGITS + " THEN " + number
                        + " END END)";
            }
            default -> throw new IllegalArgumentException("JSON is never " + kind);
        };
    }

    private String parsedTime(String text) {
        return "(CASE WHEN " + text + " ~ " + text(Term.Parsed.TIME_PATTERN) + " THEN CAST(regexp_replace(" + text
                + ", " + text("(\\.[0-9]{6})[0-9]+") + ", " + text("\\1") + ") AS timestamptz) END)";
    }

    private String parsedSpan(String text) {
        return "(CASE WHEN " + text + " ~ " + text(Term.Parsed.SPAN_PATTERN) + " THEN (CASE WHEN starts_with(" + text
                + ", '-') THEN -1 ELSE 1 END) * trunc("
                + amount(text, "h", "3600000000") + " + "
                + amount(text, "m(?!s)", "60000000") + " + "
                + amount(text, "s", "1000000") + " + "
                + amount(text, "ms", "1000") + " + "
                + amount(text, "us", "1") + " + "
                + amount(text, "ns", "0.001") + ") END)";
    }

    private String amount(String text, String unit, String micros) {
        return "coalesce(CAST(substring(" + text + " FROM " + text("([0-9.]+)" + unit) + ") AS numeric), 0) * "
                + micros;
    }

    private String shown(Term of) {
        String sql = sql(of);
        return switch (of.kind()) {
            case TRUTH -> "CAST(" + sql + " AS text)";
            case TEXT -> sql;
            case NUMBER -> plain(sql);
            case SPAN -> "(" + plain("(" + sql + " * 0.000001)") + " || 's')";
            case TIME ->
                "(CASE WHEN " + sql + " BETWEEN " + FIRST_TIME + " AND " + LAST_TIME
                        + " THEN rtrim(rtrim(to_char(" + sql
                        + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z' END)";
            case JSON ->
                "(CASE jsonb_typeof(" + sql + ") WHEN 'string' THEN " + as(Kind.TEXT, sql) + " WHEN 'number' THEN "
                        + plain(as(Kind.NUMBER, sql)) + " WHEN 'boolean' THEN (" + sql + " #>> '{}') END)";
            case TEXTS -> throw new IllegalArgumentException("maps are not shown");
        };
    }

    private static String plain(String number) {
        return "CAST(trim_scale(" + number + ") AS text)";
    }

    private String compare(Term.Compare term) {
        String operator = switch (term.comparison()) {
            case EQUAL -> "=";
            case NOT_EQUAL -> "<>";
            case LESS -> "<";
            case LESS_OR_EQUAL -> "<=";
            case GREATER -> ">";
            case GREATER_OR_EQUAL -> ">=";
        };
        boolean ordered = term.comparison() != Term.Comparison.EQUAL && term.comparison() != Term.Comparison.NOT_EQUAL;
        Kind kind = term.left().kind();
        if (kind == Kind.JSON) {
            return compareJson(operator, ordered, sql(term.left()), sql(term.right()));
        }
        if (kind == Kind.TIME && (isComputed(term.left()) || isComputed(term.right()))) {
            return "(" + micros(term.left()) + " " + operator + " " + micros(term.right()) + ")";
        }
        String collation = kind == Kind.TEXT && ordered ? " COLLATE \"C\"" : "";
        return "(" + sql(term.left()) + " " + operator + " " + sql(term.right()) + collation + ")";
    }

    static String operator(Term.Comparison comparison) {
        return switch (comparison) {
            case EQUAL -> "=";
            case NOT_EQUAL -> "<>";
            case LESS -> "<";
            case LESS_OR_EQUAL -> "<=";
            case GREATER -> ">";
            case GREATER_OR_EQUAL -> ">=";
        };
    }

    private static String compareJson(String operator, boolean ordered, String left, String right) {
        String equal = ordered
                ? ""
                : " WHEN 'boolean' THEN " + left + " " + operator + " " + right + " WHEN 'array' THEN " + left + " "
                        + operator + " " + right + " WHEN 'object' THEN " + left + " " + operator + " " + right;
        return "(CASE WHEN jsonb_typeof(" + left + ") = jsonb_typeof(" + right + ") THEN CASE jsonb_typeof(" + left
                + ") WHEN 'number' THEN CAST(" + left + " #>> '{}' AS numeric) " + operator + " CAST(" + right
                + " #>> '{}' AS numeric) WHEN 'string' THEN (" + left + " #>> '{}') " + operator + " (" + right
                + " #>> '{}')" + (ordered ? " COLLATE \"C\"" : "") + equal + " END END)";
    }

    private static boolean isComputed(Term term) {
        return term instanceof Term.Arithmetic
                || (term instanceof Term.Constant constant
                        && constant.value() instanceof BigInteger micros
                        && isOutOfBounds(micros));
    }

    /** A time as a number, which no sum takes out of bounds. */
    private String micros(Term term) {
        if (term instanceof Term.Constant constant && constant.value() instanceof BigInteger micros) {
            return number(micros);
        }
        return term instanceof Term.Arithmetic computed
                ? compute(computed)
                : "(extract(epoch FROM " + sql(term) + ") * 1000000)";
    }

    /** Microseconds as a bound time; empty out of bounds. */
    static Optional<String> timestamp(BigInteger micros, Function<Object, String> bound) {
        if (isOutOfBounds(micros)) {
            return Optional.empty();
        }
        Instant time = Instant.EPOCH.plus(micros.longValueExact(), ChronoUnit.MICROS);
        return Optional.of("CAST(" + bound.apply(time.atOffset(ZoneOffset.UTC)) + " AS timestamptz)");
    }

    private static boolean isOutOfBounds(BigInteger micros) {
        return micros.compareTo(FIRST_MICROS) < 0 || micros.compareTo(LAST_MICROS) > 0;
    }

    /** A number as a time; NULL out of bounds. */
    private String time(Term term) {
        String micros = micros(term);
        return "(CASE WHEN " + micros + " BETWEEN " + number(FIRST_MICROS) + " AND " + number(LAST_MICROS)
                + " THEN timestamptz '1970-01-01 00:00:00+00' + CAST(div(" + micros
                + ", 1000000) AS double precision) * interval '1 second' + CAST(mod(" + micros
                + ", 1000000) AS double precision) * interval '1 microsecond' END)";
    }

    private String compute(Term.Arithmetic term) {
        String left = operand(term.left());
        String right = operand(term.right());
        return switch (term.operation()) {
            case ADD -> "(" + left + " + " + right + ")";
            case SUBTRACT -> "(" + left + " - " + right + ")";
            case MULTIPLY -> "(" + left + " * " + right + ")";
            case DIVIDE -> "(div(" + left + " * 1000000000, nullif(" + right + ", 0)) * 0.000000001)";
            case DIVIDE_WHOLE -> "div(" + left + ", nullif(" + right + ", 0))";
            case REMAINDER -> "mod(" + left + ", nullif(" + right + ", 0))";
        };
    }

    private String operand(Term term) {
        if (term.kind() == Kind.TIME) {
            return micros(term);
        }
        boolean column = term instanceof Term.Field && term.kind() == Kind.NUMBER;
        return column ? "CAST(" + sql(term) + " AS numeric)" : sql(term);
    }

    private String holds(Term.Holds term) {
        String text = sql(term.text());
        String part = sql(term.part());
        return switch (term.place()) {
            case START -> "starts_with(" + text + ", " + part + ")";
            case END -> "(right(" + text + ", length(" + part + ")) = " + part + ")";
            case ANYWHERE -> "(strpos(" + text + ", " + part + ") > 0)";
        };
    }

    private String mentions(Term.Mentions term) {
        String of = sql(term.of());
        String part = sql(term.part());
        String inObject = "EXISTS (SELECT FROM jsonb_each(" + of + ") e WHERE strpos(e.key, " + part
                + ") > 0 OR (jsonb_typeof(e.value) = 'string' AND strpos(e.value #>> '{}', " + part + ") > 0))";
        String inText = " WHEN 'string' THEN strpos(" + of + " #>> '{}', " + part + ") > 0";
        return "(CASE WHEN " + part + " IS NOT NULL THEN CASE jsonb_typeof(" + of + ") WHEN 'object' THEN " + inObject
                + (term.of().kind() == Kind.JSON ? inText : "") + " END END)";
    }

    private String contained(Term.Contained term) {
        String in = sql(term.in());
        String item = sql(term.item());
        Kind kind = term.item().kind();
        String key = kind == Kind.JSON ? as(Kind.TEXT, item) : item;
        String inObject = kind == Kind.TEXT || kind == Kind.JSON
                ? " WHEN 'object' THEN CASE WHEN " + key + " IS NOT NULL THEN (" + in + " -> " + key
                        + ") IS NOT NULL END"
                : "";
        String json = kind == Kind.JSON ? item : "to_jsonb(" + operand(term.item()) + ")";
        String scalar = "jsonb_typeof(" + json + ") IN ('string', 'number', 'boolean')";
        String inArray = term.in().kind() == Kind.JSON
                ? " WHEN 'array' THEN CASE WHEN " + scalar + " THEN " + in + " @> " + json + " END"
                : "";
        return "(CASE jsonb_typeof(" + in + ")" + inObject + inArray + " END)";
    }

    private String size(Term of) {
        String sql = sql(of);
        if (of.kind() == Kind.TEXT) {
            return "CAST(length(" + sql + ") AS numeric)";
        }
        String inObject = " WHEN 'object' THEN CAST((SELECT count(*) FROM jsonb_object_keys(" + sql + ")) AS numeric)";
        String others = of.kind() == Kind.JSON
                ? " WHEN 'array' THEN CAST(jsonb_array_length(" + sql + ") AS numeric) WHEN 'string' THEN CAST(length("
                        + sql + " #>> '{}') AS numeric)"
                : "";
        return "(CASE jsonb_typeof(" + sql + ")" + inObject + others + " END)";
    }

    private String part(Term.Part term) {
        String sql = sql(term.of());
        if (term.of().kind() == Kind.SPAN) {
            return switch (term.part()) {
                case HOURS -> "div(" + sql + ", 3600000000)";
                case MINUTES -> "div(" + sql + ", 60000000)";
                case SECONDS -> "div(" + sql + ", 1000000)";
                default -> throw new IllegalArgumentException(term.part() + " is no part of a span");
            };
        }
        String date = sql + " AT TIME ZONE 'UTC')";
        String value = switch (term.part()) {
            case YEAR -> "extract(year FROM " + date;
            case MONTH -> "extract(month FROM " + date + " - 1";
            case DATE -> "extract(day FROM " + date;
            case DAY_OF_MONTH -> "extract(day FROM " + date + " - 1";
            case DAY_OF_YEAR -> "extract(doy FROM " + date + " - 1";
            case DAY_OF_WEEK -> "extract(dow FROM " + date;
            case HOURS -> "extract(hour FROM " + date;
            case MINUTES -> "extract(minute FROM " + date;
            case SECONDS -> "floor(extract(second FROM " + date + ")";
            case MILLISECONDS -> "mod(floor(extract(milliseconds FROM " + date + "), 1000)";
        };
        return "(CASE WHEN " + sql + " BETWEEN " + FIRST_TIME + " AND " + LAST_TIME + " THEN " + value + " END)";
    }
}
