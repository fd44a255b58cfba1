package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.filter.Term.Arithmetic;
import ch.sbb.esta.results.filter.Term.Calendar;
import ch.sbb.esta.results.filter.Term.Comparison;
import ch.sbb.esta.results.filter.Term.Constant;
import ch.sbb.esta.results.filter.Term.Field;
import ch.sbb.esta.results.filter.Term.Kind;
import ch.sbb.esta.results.filter.Term.Operation;
import ch.sbb.esta.results.filter.Term.Place;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.SimpleType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes terms of a checked tree of CEL. What CEL leaves to the moment of evaluation, which kind a value of JSON has to be, is decided here,
 * from what it is combined with. What follows from constants alone becomes a constant.
 */
final class CelTerms {

    private static final Constant UNKNOWN = new Constant(Kind.TRUTH, null);
    private static final Constant NULL = new Constant(Kind.JSON, null);

    private static final Map<String, Comparison> COMPARISONS = Map.of(
            "_==_", Comparison.EQUAL,
            "_!=_", Comparison.NOT_EQUAL,
            "_<_", Comparison.LESS,
            "_<=_", Comparison.LESS_OR_EQUAL,
            "_>_", Comparison.GREATER,
            "_>=_", Comparison.GREATER_OR_EQUAL);

    private static final Map<String, Operation> OPERATIONS = Map.of(
            "_+_", Operation.ADD,
            "_-_", Operation.SUBTRACT,
            "_*_", Operation.MULTIPLY,
            "_/_", Operation.DIVIDE,
            "_%_", Operation.REMAINDER);

    private static final Map<String, Place> PLACES =
            Map.of("startsWith", Place.START, "endsWith", Place.END, "contains", Place.ANYWHERE);

    private static final Map<String, Calendar> PARTS = Map.of(
            "getFullYear", Calendar.YEAR,
            "getMonth", Calendar.MONTH,
            "getDate", Calendar.DATE,
            "getDayOfMonth", Calendar.DAY_OF_MONTH,
            "getDayOfYear", Calendar.DAY_OF_YEAR,
            "getDayOfWeek", Calendar.DAY_OF_WEEK,
            "getHours", Calendar.HOURS,
            "getMinutes", Calendar.MINUTES,
            "getSeconds", Calendar.SECONDS,
            "getMilliseconds", Calendar.MILLISECONDS);

    private final CelAbstractSyntaxTree tree;
    private final Map<String, Term> names;
    private final String text;

    CelTerms(CelAbstractSyntaxTree tree, Map<String, Term> names, String text) {
        this.tree = tree;
        this.names = names;
        this.text = text;
    }

    /**
     * What an expression of CEL means.
     *
     * @param at the expression
     * @param term its term
     * @param span its term where it is to be a span; null where it cannot be one or is one already
     */
    private record Operand(CelExpr at, Term term, @Nullable Term span) {
        Kind kind() {
            return term.kind();
        }
    }

    Term condition() {
        return as(Kind.TRUTH, operand(tree.getExpr()));
    }

    private Term term(CelExpr expression) {
        return operand(expression).term;
    }

    private Operand operand(CelExpr expression) {
        if (expression.getKind() == CelExpr.ExprKind.Kind.CALL
                && OPERATIONS.containsKey(expression.call().function())
                && expression.call().args().size() == 2) {
            return arithmetic(expression);
        }
        Term term = switch (expression.getKind()) {
            case CONSTANT -> literal(expression, expression.constant());
            case IDENT -> named(expression, expression.ident().name());
            case SELECT -> select(expression);
            case CALL -> call(expression);
            case LIST -> throw refused(expression, "a list stands on the right side of `in` only");
            default ->
                throw refused(expression, "maps, messages and macros other than has() are not part of the language");
        };
        return new Operand(expression, term, null);
    }

    private Constant literal(CelExpr expression, CelConstant constant) {
        return switch (constant.getKind()) {
            case STRING_VALUE -> new Constant(Kind.TEXT, storable(expression, constant.stringValue()));
            case INT64_VALUE -> new Constant(Kind.NUMBER, BigDecimal.valueOf(constant.int64Value()));
            case DOUBLE_VALUE -> new Constant(Kind.NUMBER, finite(expression, constant.doubleValue()));
            case BOOLEAN_VALUE -> new Constant(Kind.TRUTH, constant.booleanValue());
            case NULL_VALUE -> NULL;
            default -> throw refused(expression, "unsigned numbers and bytes are not part of the language");
        };
    }

    private String storable(CelExpr expression, String value) {
        boolean unfit = value.codePoints()
                .anyMatch(c -> c == 0 || (Character.isBmpCodePoint(c) && Character.isSurrogate((char) c)));
        if (unfit) {
            throw refused(expression, "a text with U+0000 or half a surrogate pair is nowhere stored");
        }
        return value;
    }

    private BigDecimal finite(CelExpr expression, double value) {
        if (!Double.isFinite(value)) {
            throw refused(expression, "this number is too large");
        }
        return BigDecimal.valueOf(value);
    }

    /** Names of types, such as {@code int}, are identifiers of CEL too. */
    private Term named(CelExpr expression, String written) {
        String name = tree.getReference(expression.id())
                .map(CelReference::name)
                .filter(known -> !known.isEmpty())
                .orElse(written);
        return Optional.ofNullable(names.get(name))
                .orElseThrow(() -> refused(expression, "there is no field " + Escaped.of(name)));
    }

    private Term select(CelExpr expression) {
        if (tree.getReference(expression.id()).isPresent()) {
            return named(expression, "");
        }
        CelExpr.CelSelect select = expression.select();
        Term path = member(expression, term(select.operand()), select.field());
        return select.testOnly() ? new Term.Has(path) : path;
    }

    private Term member(CelExpr expression, Term of, String key) {
        return switch (of.kind()) {
            case JSON -> new Term.Member(of, storable(expression, key));
            case TEXTS -> new Term.Entry(of, storable(expression, key));
            default -> throw refused(expression, "only maps and lists have something inside");
        };
    }

    private Term index(CelExpr expression, CelExpr of, CelExpr key) {
        Term inner = term(of);
        Optional<CelConstant> constant =
                key.getKind() == CelExpr.ExprKind.Kind.CONSTANT ? Optional.of(key.constant()) : Optional.empty();
        if (constant.isPresent() && constant.get().getKind() == CelConstant.Kind.STRING_VALUE) {
            return member(expression, inner, constant.get().stringValue());
        }
        if (constant.isPresent()
                && constant.get().getKind() == CelConstant.Kind.INT64_VALUE
                && inner.kind() == Kind.JSON) {
            long number = constant.get().int64Value();
            if (number < 0 || number > Integer.MAX_VALUE) {
                throw refused(key, "an index is a number from 0 to " + Integer.MAX_VALUE);
            }
            return new Term.Item(inner, (int) number);
        }
        throw refused(key, "between brackets stands a key in quotes or a number");
    }

    private Term call(CelExpr expression) {
        CelExpr.CelCall call = expression.call();
        String function = call.function();
        List<CelExpr> operands = call.target().isPresent()
                ? Stream.concat(call.target().stream(), call.args().stream()).toList()
                : call.args();
        if (COMPARISONS.containsKey(function)) {
            return compare(expression, COMPARISONS.get(function), operand(operands.get(0)), operand(operands.get(1)));
        }
        Term known = operands.size() == 1
                ? ofOne(function, operands.get(0))
                : operands.size() == 2 ? ofTwo(expression, function, operands.get(0), operands.get(1)) : null;
        if (known == null) {
            throw refused(expression, "there is no " + Escaped.of(function) + " with these operands");
        }
        return known;
    }

    private @Nullable Term ofOne(String function, CelExpr of) {
        Operand operand = operand(of);
        if (PARTS.containsKey(function)) {
            return part(PARTS.get(function), operand);
        }
        return switch (function) {
            case "!_" -> folded(as(Kind.TRUTH, operand), Term.Not::new);
            case "-_" -> negated(operand);
            case "size" -> size(operand);
            case "timestamp" -> operand.kind() == Kind.TIME ? operand.term : parsed(Kind.TIME, operand);
            case "duration" -> operand.kind() == Kind.SPAN ? operand.term : parsed(Kind.SPAN, operand);
            case "string" -> operand.kind() == Kind.TEXT ? operand.term : folded(operand.term, Term.Shown::new);
            default -> null;
        };
    }

    private @Nullable Term ofTwo(CelExpr expression, String function, CelExpr left, CelExpr right) {
        if (PLACES.containsKey(function)) {
            return holds(PLACES.get(function), operand(left), operand(right));
        }
        return switch (function) {
            case "_&&_" -> folded(as(Kind.TRUTH, operand(left)), as(Kind.TRUTH, operand(right)), Term.And::new);
            case "_||_" -> folded(as(Kind.TRUTH, operand(left)), as(Kind.TRUTH, operand(right)), Term.Or::new);
            case "_[_]" -> index(expression, left, right);
            case "@in" ->
                right.getKind() == CelExpr.ExprKind.Kind.LIST
                        ? oneOf(expression, operand(left), right)
                        : contained(expression, operand(left), term(right));
            case "matches" -> matches(operand(left), right);
            default -> null;
        };
    }

    private Term negated(Operand operand) {
        if (operand.kind() == Kind.SPAN) {
            return made(Operation.SUBTRACT, Kind.SPAN, new Constant(Kind.SPAN, BigInteger.ZERO), operand.term);
        }
        return made(
                Operation.SUBTRACT, Kind.NUMBER, new Constant(Kind.NUMBER, BigDecimal.ZERO), as(Kind.NUMBER, operand));
    }

    private Term size(Operand operand) {
        return switch (operand.kind()) {
            case TEXT, JSON, TEXTS -> folded(operand.term, Term.Size::new);
            default -> throw refused(operand.at, "only texts, maps and lists have a size");
        };
    }

    private Term parsed(Kind kind, Operand operand) {
        Term written = as(Kind.TEXT, operand);
        Term term = folded(written, of -> new Term.Parsed(kind, of));
        if (term instanceof Constant constant && constant.value() == null && written instanceof Constant) {
            throw refused(
                    operand.at,
                    kind == Kind.TIME
                            ? "this is no time of RFC 3339, such as 2026-11-21T08:30:00Z"
                            : "this is no duration, such as 1h30m or 2.5s: the larger unit first, units h, m, s, ms, us, ns");
        }
        return term;
    }

    private Term part(Calendar part, Operand operand) {
        if (operand.kind() != Kind.SPAN) {
            return folded(as(Kind.TIME, operand), of -> new Term.Part(part, of));
        }
        if (part == Calendar.HOURS || part == Calendar.MINUTES || part == Calendar.SECONDS) {
            return folded(operand.term, of -> new Term.Part(part, of));
        }
        throw refused(operand.at, "a duration has hours, minutes and seconds only");
    }

    private Term holds(Place place, Operand in, Operand part) {
        Term text = as(Kind.TEXT, part);
        if (place == Place.ANYWHERE && (in.kind() == Kind.TEXTS || in.kind() == Kind.JSON)) {
            return new Term.Mentions(in.term, text);
        }
        return folded(as(Kind.TEXT, in), text, (whole, sought) -> new Term.Holds(place, whole, sought));
    }

    private Term matches(Operand in, CelExpr regex) {
        if (regex.getKind() != CelExpr.ExprKind.Kind.CONSTANT) {
            throw refused(regex, "a regular expression is written out, in quotes");
        }
        String written = storable(regex, regex.constant().stringValue());
        try {
            Regex read = RegexReader.read(written);
            return folded(as(Kind.TEXT, in), of -> new Term.Matches(of, read));
        } catch (RegexReader.Refused e) {
            throw refused(
                    regex,
                    "character " + e.position() + " of the regular expression " + Escaped.of(written) + ": "
                            + e.getMessage());
        }
    }

    private Term oneOf(CelExpr expression, Operand item, CelExpr list) {
        Term any = new Constant(Kind.TRUTH, false);
        for (CelExpr element : list.list().elements()) {
            Term equal = compare(expression, Comparison.EQUAL, item, operand(element));
            any = any instanceof Constant constant && Boolean.FALSE.equals(constant.value())
                    ? equal
                    : folded(any, equal, Term.Or::new);
        }
        return any;
    }

    private Term contained(CelExpr expression, Operand item, Term in) {
        if (in.kind() == Kind.TEXTS) {
            return new Term.Contained(as(Kind.TEXT, item), in);
        }
        boolean scalar = switch (item.kind()) {
            case TEXT, NUMBER, TRUTH, JSON -> true;
            case TIME, SPAN, TEXTS -> false;
        };
        if (in.kind() != Kind.JSON || !scalar) {
            throw refused(
                    expression,
                    "on the right side of `in` stands a list or a map, on the left a text, a number or a truth value");
        }
        return new Term.Contained(item.term, in);
    }

    private Term compare(CelExpr expression, Comparison comparison, Operand left, Operand right) {
        if (isNull(left.term) || isNull(right.term)) {
            return UNKNOWN;
        }
        if (left.span != null && right.span != null) {
            throw refused(
                    expression,
                    "nobody can tell whether these are differences of numbers or of times: write timestamp() around the times");
        }
        Kind kind = common(expression, left, right);
        Term one = constantType(as(kind, left), right.term);
        Term other = constantType(as(kind, right), left.term);
        return folded(one, other, (a, b) -> new Term.Compare(comparison, a, b));
    }

    private static boolean isNull(Term term) {
        return term instanceof Constant constant && constant.kind() == Kind.JSON && constant.value() == null;
    }

    private Kind common(CelExpr expression, Operand left, Operand right) {
        if (left.kind() == Kind.SPAN || right.kind() == Kind.SPAN) {
            return Kind.SPAN;
        }
        if (left.kind() == Kind.TEXTS || right.kind() == Kind.TEXTS) {
            throw refused(expression, "maps cannot be compared");
        }
        return left.kind() == Kind.JSON ? right.kind() : left.kind();
    }

    /** People write the constants for types in quotes too. */
    private static Term constantType(Term term, Term other) {
        if (term instanceof Constant constant
                && constant.value() instanceof String written
                && other instanceof Field field
                && FilterFields.TYPE_FIELDS.contains(field.name())) {
            return new Constant(Kind.TEXT, FilterFields.TYPES.getOrDefault(written, written));
        }
        return term;
    }

    private Operand arithmetic(CelExpr expression) {
        Operation operation =
                Objects.requireNonNull(OPERATIONS.get(expression.call().function()));
        CelExpr first = expression.call().args().get(0);
        CelExpr second = expression.call().args().get(1);
        Operand left = operand(first);
        Operand right = operand(second);
        if (isNull(left.term) || isNull(right.term)) {
            throw refused(expression, "null is nothing to compute with");
        }
        if (operation == Operation.ADD || operation == Operation.SUBTRACT) {
            return sum(expression, operation, left, right);
        }
        boolean whole = operation == Operation.DIVIDE && isWhole(expression);
        Operation exact = whole ? Operation.DIVIDE_WHOLE : operation;
        return new Operand(expression, made(exact, Kind.NUMBER, as(Kind.NUMBER, left), as(Kind.NUMBER, right)), null);
    }

    private boolean isWhole(CelExpr expression) {
        return tree.getType(expression.id()).filter(SimpleType.INT::equals).isPresent();
    }

    private Operand sum(CelExpr expression, Operation operation, Operand left, Operand right) {
        boolean times = left.kind() == Kind.TIME || right.kind() == Kind.TIME;
        boolean spans = left.kind() == Kind.SPAN || right.kind() == Kind.SPAN;
        boolean minus = operation == Operation.SUBTRACT;
        if (left.kind() == Kind.JSON && right.kind() == Kind.JSON && minus) {
            Term numbers = made(operation, Kind.NUMBER, as(Kind.NUMBER, left), as(Kind.NUMBER, right));
            return new Operand(
                    expression, numbers, made(operation, Kind.SPAN, as(Kind.TIME, left), as(Kind.TIME, right)));
        }
        if (!minus && (left.kind() == Kind.TEXT || right.kind() == Kind.TEXT)) {
            return new Operand(expression, folded(as(Kind.TEXT, left), as(Kind.TEXT, right), Term.Joined::new), null);
        }
        Term term;
        if (times && spans) {
            boolean timeFirst = left.kind() == Kind.TIME;
            if (minus && !timeFirst) {
                throw refused(expression, "a time cannot be taken from a duration");
            }
            term = made(operation, Kind.TIME, left.term, right.term);
        } else if (times && minus) {
            term = made(operation, Kind.SPAN, as(Kind.TIME, left), as(Kind.TIME, right));
        } else if (times) {
            throw refused(expression, "to a time a duration is added: write duration() around it");
        } else if (spans) {
            term = withSpan(operation, left, right);
        } else {
            term = made(operation, Kind.NUMBER, as(Kind.NUMBER, left), as(Kind.NUMBER, right));
        }
        return new Operand(expression, term, null);
    }

    /** JSON beside a span is a time, because JSON has no spans; a difference of JSON is a span then. */
    private Term withSpan(Operation operation, Operand left, Operand right) {
        boolean spans = isSpan(left) && isSpan(right);
        if (spans) {
            return made(operation, Kind.SPAN, as(Kind.SPAN, left), as(Kind.SPAN, right));
        }
        if (operation == Operation.SUBTRACT && isSpan(left)) {
            throw refused(right.at, "a time cannot be taken from a duration");
        }
        return isSpan(left)
                ? made(operation, Kind.TIME, left.term, as(Kind.TIME, right))
                : made(operation, Kind.TIME, as(Kind.TIME, left), right.term);
    }

    private static boolean isSpan(Operand operand) {
        return operand.kind() == Kind.SPAN || operand.span != null;
    }

    private static Term made(Operation operation, Kind kind, Term left, Term right) {
        return folded(left, right, (a, b) -> new Arithmetic(operation, kind, a, b));
    }

    private Term as(Kind kind, Operand operand) {
        if (operand.kind() == kind) {
            return operand.term;
        }
        if (kind == Kind.SPAN && operand.span != null) {
            return operand.span;
        }
        if (operand.kind() == Kind.JSON && (kind == Kind.TRUTH || kind == Kind.TEXT || kind == Kind.NUMBER)) {
            return new Term.As(kind, operand.term);
        }
        if (operand.kind() == Kind.JSON && kind == Kind.TIME) {
            return new Term.Parsed(kind, new Term.As(Kind.TEXT, operand.term));
        }
        if (operand.kind() == Kind.JSON && kind == Kind.SPAN) {
            throw refused(operand.at, "JSON knows no durations: write duration() around it");
        }
        throw refused(operand.at, "this is " + named(operand.kind()) + " where " + named(kind) + " is needed");
    }

    private static String named(Kind kind) {
        return switch (kind) {
            case TRUTH -> "a condition";
            case TEXT -> "a text";
            case NUMBER -> "a number";
            case TIME -> "a time";
            case SPAN -> "a duration";
            case JSON -> "a value of JSON";
            case TEXTS -> "a map";
        };
    }

    /** Postgres may compute constants before it looks at the conditions around them: what is constant is computed here. */
    private static Term folded(Term of, UnaryOperator<Term> make) {
        Term term = make.apply(of);
        return of instanceof Constant ? computed(term) : term;
    }

    private static Term folded(Term left, Term right, BinaryOperator<Term> make) {
        Term term = make.apply(left, right);
        return left instanceof Constant && right instanceof Constant ? computed(term) : term;
    }

    private static Constant computed(Term term) {
        return new Constant(term.kind(), new Evaluation(name -> null).value(term));
    }

    private ResultsException refused(CelExpr expression, String why) {
        int offset = tree.getSource().getPositionsMap().getOrDefault(expression.id(), 0);
        CelSourceLocation location = tree.getSource().getOffsetLocation(offset).orElse(CelSourceLocation.of(1, 0));
        return ResultsException.invalid("filter " + Escaped.of(text) + ", " + CelFilters.place(location) + ": " + why);
    }
}
