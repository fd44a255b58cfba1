package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates terms for one row. Values are {@code Boolean}, {@code String}, {@code BigDecimal}, {@code BigInteger} for times and spans,
 * {@code JsonNode} and {@code Map}; null is unknown.
 */
final class Evaluation {

    private static final int DECIMALS_OF_QUOTIENTS = 9;

    private static final DateTimeFormatter RFC_3339 = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");

    private final Function<String, @Nullable Object> fields;

    Evaluation(Function<String, @Nullable Object> fields) {
        this.fields = fields;
    }

    /** Whether a term holds for the row; one that is unknown does not. */
    boolean holds(Term condition) {
        return Boolean.TRUE.equals(value(condition));
    }

    /** The value of a term, or null. */
    @Nullable
    Object value(Term term) {
        if (term instanceof Term.Constant constant) {
            return constant.value();
        } else if (term instanceof Term.Field field) {
            return fields.apply(field.name());
        } else if (term instanceof Term.Not not) {
            Object value = value(not.of());
            return value == null ? null : !(Boolean) value;
        } else if (term instanceof Term.And and) {
            return both(value(and.left()), and.right(), false);
        } else if (term instanceof Term.Or or) {
            return both(value(or.left()), or.right(), true);
        } else if (term instanceof Term.Has has) {
            return value(has.path()) != null;
        } else if (term instanceof Term.Compare compare) {
            return compare(compare);
        } else if (term instanceof Term.Arithmetic arithmetic) {
            return compute(arithmetic);
        } else if (term instanceof Term.Contained contained) {
            return contained(value(contained.item()), value(contained.in()));
        } else {
            return inner(term);
        }
    }

    /** Terms that are unknown where what they are made of is. */
    private @Nullable Object inner(Term term) {
        if (term instanceof Term.Member member) {
            return value(member.of()) instanceof JsonNode node ? node.get(member.key()) : null;
        } else if (term instanceof Term.Item item) {
            return (value(item.of()) instanceof JsonNode node && node.isArray()) ? node.get(item.index()) : null;
        } else if (term instanceof Term.Entry entry) {
            return value(entry.of()) instanceof Map<?, ?> map ? map.get(entry.key()) : null;
        } else if (term instanceof Term.As as) {
            return value(as.of()) instanceof JsonNode node ? as(as.kind(), node) : null;
        } else if (term instanceof Term.Parsed parsed) {
            return value(parsed.of()) instanceof String text ? parsed(parsed.kind(), text) : null;
        } else if (term instanceof Term.Shown shown) {
            Object value = value(shown.of());
            return value == null ? null : shown(shown.of().kind(), value);
        } else if (term instanceof Term.Size size) {
            return size(value(size.of()));
        } else if (term instanceof Term.Part part) {
            return value(part.of()) instanceof BigInteger micros ? part(part, micros) : null;
        } else if (term instanceof Term.Joined joined) {
            return (value(joined.left()) instanceof String left && value(joined.right()) instanceof String right)
                    ? left + right
                    : null;
        } else if (term instanceof Term.Holds holds) {
            return (value(holds.text()) instanceof String text && value(holds.part()) instanceof String part)
                    ? holds(holds.place(), text, part)
                    : null;
        } else if (term instanceof Term.Mentions mentions) {
            return value(mentions.part()) instanceof String part ? mentions(value(mentions.of()), part) : null;
        } else if (term instanceof Term.Matches matches) {
            return value(matches.text()) instanceof String text
                    ? matches.regex().compile().matcher(text).find()
                    : null;
        }
        throw new IllegalArgumentException("no such term: " + term.getClass());
    }

    private @Nullable Boolean both(@Nullable Object left, Term rightTerm, boolean absorbing) {
        if (left != null && (Boolean) left == absorbing) {
            return absorbing;
        }
        Object right = value(rightTerm);
        if (right != null && (Boolean) right == absorbing) {
            return absorbing;
        }
        return (left == null || right == null) ? null : !absorbing;
    }

    private @Nullable Boolean compare(Term.Compare term) {
        Object left = value(term.left());
        Object right = value(term.right());
        if (left == null || right == null) {
            return null;
        }
        if (left instanceof JsonNode one) {
            return compareJson(term.comparison(), one, (JsonNode) right);
        }
        return decide(term.comparison(), compare(left, right));
    }

    private static @Nullable Boolean compareJson(Term.Comparison comparison, JsonNode left, JsonNode right) {
        if (left.getNodeType() != right.getNodeType() || left.isNull()) {
            return null;
        }
        if (left.isNumber()) {
            return decide(comparison, left.decimalValue().compareTo(right.decimalValue()));
        }
        if (left.isTextual()) {
            return decide(comparison, compare(left.textValue(), right.textValue()));
        }
        return switch (comparison) {
            case EQUAL -> JsonTree.isSame(left, right);
            case NOT_EQUAL -> !JsonTree.isSame(left, right);
            default -> null;
        };
    }

    private static int compare(Object left, Object right) {
        if (left instanceof String one) {
            return compareCodePoints(one, (String) right);
        } else if (left instanceof BigDecimal one) {
            return one.compareTo((BigDecimal) right);
        } else if (left instanceof BigInteger one) {
            return one.compareTo((BigInteger) right);
        }
        return Boolean.compare((Boolean) left, (Boolean) right);
    }

    /** The order of {@code COLLATE "C"}, which is that of UTF-8, not that of UTF-16. */
    private static int compareCodePoints(String left, String right) {
        Iterator<Integer> one = left.codePoints().iterator();
        Iterator<Integer> other = right.codePoints().iterator();
        while (one.hasNext() && other.hasNext()) {
            int order = Integer.compare(one.next(), other.next());
            if (order != 0) {
                return order;
            }
        }
        return Boolean.compare(one.hasNext(), other.hasNext());
    }

    private static boolean decide(Term.Comparison comparison, int order) {
        return switch (comparison) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case LESS -> order < 0;
            case LESS_OR_EQUAL -> order <= 0;
            case GREATER -> order > 0;
            case GREATER_OR_EQUAL -> order >= 0;
        };
    }

    private @Nullable Object compute(Term.Arithmetic term) {
        Object left = value(term.left());
        Object right = value(term.right());
        if (left == null || right == null) {
            return null;
        }
        if (term.kind() == Term.Kind.NUMBER) {
            return compute(term.operation(), (BigDecimal) left, (BigDecimal) right);
        }
        BigInteger one = (BigInteger) left;
        BigInteger other = (BigInteger) right;
        return term.operation() == Term.Operation.ADD ? one.add(other) : one.subtract(other);
    }

    private static @Nullable BigDecimal compute(Term.Operation operation, BigDecimal left, BigDecimal right) {
        return switch (operation) {
            case ADD -> left.add(right);
            case SUBTRACT -> left.subtract(right);
            case MULTIPLY -> left.multiply(right);
            case DIVIDE -> right.signum() == 0 ? null : left.divide(right, DECIMALS_OF_QUOTIENTS, RoundingMode.DOWN);
            case DIVIDE_WHOLE -> right.signum() == 0 ? null : left.divide(right, 0, RoundingMode.DOWN);
            case REMAINDER -> right.signum() == 0 ? null : left.remainder(right);
        };
    }

    private static @Nullable Object as(Term.Kind kind, JsonNode node) {
        return switch (kind) {
            case TEXT -> node.textValue();
            case TRUTH -> node.isBoolean() ? node.booleanValue() : null;
            case NUMBER -> node.isNumber() ? number(node) : null;
            default -> throw new IllegalArgumentException("JSON is never " + kind);
        };
    }

    private static @Nullable BigDecimal number(JsonNode node) {
        BigDecimal number = node.decimalValue().stripTrailingZeros();
        return number.precision() - number.scale() <= Term.As.MAX_NUMBER_DIGITS
                        && number.scale() <= Term.As.MAX_NUMBER_DIGITS
                ? number
                : null;
    }

    private static @Nullable BigInteger parsed(Term.Kind kind, String text) {
        return kind == Term.Kind.TIME ? Moments.time(text) : Moments.span(text);
    }

    private static @Nullable String shown(Term.Kind kind, Object value) {
        return switch (kind) {
            case JSON -> shown((JsonNode) value);
            case NUMBER -> plain((BigDecimal) value);
            case SPAN -> plain(new BigDecimal((BigInteger) value, 6)) + "s";
            case TIME -> shown(Moments.date((BigInteger) value));
            default -> value.toString();
        };
    }

    private static @Nullable String shown(JsonNode node) {
        if (node.isNumber()) {
            BigDecimal number = number(node);
            return number == null ? null : plain(number);
        }
        return node.isTextual() || node.isBoolean() ? node.asText() : null;
    }

    private static String plain(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }

    private static @Nullable String shown(@Nullable OffsetDateTime date) {
        if (date == null) {
            return null;
        }
        String fraction = String.format("%06d", date.getNano() / 1_000).replaceAll("0+$", "");
        return RFC_3339.format(date) + (fraction.isEmpty() ? "" : "." + fraction) + "Z";
    }

    private static @Nullable BigDecimal size(@Nullable Object value) {
        if (value instanceof String text) {
            return BigDecimal.valueOf(text.codePointCount(0, text.length()));
        } else if (value instanceof Map<?, ?> map) {
            return BigDecimal.valueOf(map.size());
        } else if (value instanceof JsonNode node) {
            return node.isTextual()
                    ? size(node.textValue())
                    : node.isContainerNode() ? BigDecimal.valueOf(node.size()) : null;
        }
        return null;
    }

    private static @Nullable BigDecimal part(Term.Part term, BigInteger micros) {
        if (term.of().kind() == Term.Kind.SPAN) {
            return new BigDecimal(Moments.total(term.part(), micros));
        }
        OffsetDateTime date = Moments.date(micros);
        return date == null ? null : BigDecimal.valueOf(Moments.part(term.part(), date));
    }

    private static boolean holds(Term.Place place, String text, String part) {
        return switch (place) {
            case START -> text.startsWith(part);
            case END -> text.endsWith(part);
            case ANYWHERE -> text.contains(part);
        };
    }

    private static @Nullable Boolean mentions(@Nullable Object of, String part) {
        if (of instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .anyMatch(entry -> entry.getKey().toString().contains(part)
                            || entry.getValue().toString().contains(part));
        }
        if (!(of instanceof JsonNode node)) {
            return null;
        }
        if (node.isTextual()) {
            return node.textValue().contains(part);
        }
        return node.isObject()
                ? (Boolean) node.properties().stream()
                        .anyMatch(entry -> entry.getKey().contains(part)
                                || (entry.getValue().isTextual()
                                        && entry.getValue().textValue().contains(part)))
                : null;
    }

    private static @Nullable Boolean contained(@Nullable Object item, @Nullable Object in) {
        if (item == null || in == null) {
            return null;
        }
        if (in instanceof Map<?, ?> map) {
            return map.containsKey(item);
        }
        JsonNode node = (JsonNode) in;
        Object scalar = item instanceof JsonNode json ? scalar(json) : item;
        if (scalar == null || !node.isContainerNode()) {
            return null;
        }
        if (node.isObject()) {
            return scalar instanceof String key ? (Boolean) node.has(key) : null;
        }
        for (JsonNode element : node) {
            Object other = scalar(element);
            if (other != null && other.getClass() == scalar.getClass() && compare(scalar, other) == 0) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Object scalar(JsonNode node) {
        if (node.isTextual()) {
            return node.textValue();
        } else if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isNumber() ? node.decimalValue() : null;
    }
}
