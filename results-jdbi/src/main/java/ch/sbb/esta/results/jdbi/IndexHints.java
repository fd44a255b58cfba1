package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.filter.Term;
import ch.sbb.esta.results.filter.Term.Comparison;
import ch.sbb.esta.results.filter.Term.Constant;
import ch.sbb.esta.results.filter.Term.Kind;
import ch.sbb.esta.results.jdbi.SortKey.Reach;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Conditions that follow from a filter and that an index knows. They stand beside the filter: what they let through the filter still
 * decides, unless they say the same, and what they keep out it would have kept out. So only parts that must be true for the whole are looked at,
 * those that {@code &&} joins.
 *
 * <p>Conditions on {@code esta_runs}, as {@code e}, hold for runs only; they count where the filter asks for one type of runs.
 */
final class IndexHints {

    /** What lists can be sorted by, and therefore have an index for. */
    private static final Map<String, ListOrder.Field> TIMES = Map.of(
            "create_time", ListOrder.Field.CREATE_TIME,
            "update_time", ListOrder.Field.UPDATE_TIME,
            "summary.start_time", ListOrder.Field.START_TIME,
            "summary.end_time", ListOrder.Field.END_TIME);

    private static final String ESCAPE_MARK = "\u241b";

    /** Paths below {@code data} whose texts are columns. */
    private static final Map<List<Object>, String> TEXT_COLUMNS = Map.of(
            List.of("metadata", "name"), "name",
            List.of("metadata", "uid"), "uid",
            List.of("metadata", "labels", "tekton.dev/pipeline"), "pipeline",
            List.of("metadata", "labels", "triggers.tekton.dev/triggers-eventid"), "trigger_event",
            List.of("status", "conditions", 0, "status"), "condition_status");

    private static final Map<List<Object>, ListOrder.Field> RUN_TIMES = Map.of(
            List.of("status", "startTime"), ListOrder.Field.START_TIME,
            List.of("status", "completionTime"), ListOrder.Field.END_TIME);

    private static final List<Object> CREATION = List.of("metadata", "creationTimestamp");

    private final Function<Object, String> bound;
    private final List<Function<Reach, String>> onRow = new ArrayList<>();
    private final List<Function<Reach, String>> onRun = new ArrayList<>();
    private @Nullable String type;
    private boolean whole;

    /** Which hints a part of a filter gave. */
    enum Gave {
        /** None. */
        NOTHING,
        /** On the row. */
        ON_ROW,
        /** One on the row that says all of it. */
        WHOLE_ON_ROW,
        /** On the row of the run. */
        ON_RUN,
        /** One on the row of the run that says all of it. */
        WHOLE_ON_RUN;

        boolean isWhole() {
            return this == WHOLE_ON_ROW || this == WHOLE_ON_RUN;
        }
    }

    /**
     * Begins without hints.
     *
     * @param bound binds a value and answers its placeholder
     */
    IndexHints(Function<Object, String> bound) {
        this.bound = bound;
    }

    /** Takes what follows from a part of the filter that must be true for the whole. */
    Gave read(Term term) {
        int rows = onRow.size();
        int runs = onRun.size();
        String before = type;
        whole = false;
        if (term instanceof Term.Compare compare) {
            if (compare.right() instanceof Constant constant) {
                read(compare.comparison(), compare.left(), constant);
            } else if (compare.left() instanceof Constant constant) {
                read(mirrored(compare.comparison()), compare.right(), constant);
            }
        }
        if (onRow.size() > rows) {
            return whole ? Gave.WHOLE_ON_ROW : Gave.ON_ROW;
        } else if (onRun.size() > runs) {
            return whole ? Gave.WHOLE_ON_RUN : Gave.ON_RUN;
        }
        return Objects.equals(before, type) ? Gave.NOTHING : Gave.ON_RUN;
    }

    /** Conditions on the row {@code r}. */
    List<String> onRow(Reach reach) {
        return onRow.stream().map(condition -> condition.apply(reach)).toList();
    }

    /**
     * Conditions on the row {@code e} of the run, that on its type first; empty where the filter may select what is no run. They miss no
     * run that the filter selects.
     */
    Optional<List<String>> onRun(Reach reach) {
        return type == null ? Optional.empty() : Optional.of(amongRuns(reach));
    }

    /** Conditions on the row {@code e} of the run where it is known that nothing but runs is looked at. */
    List<String> amongRuns(Reach reach) {
        List<String> all = new ArrayList<>();
        if (type != null) {
            all.add("e.type = " + type);
        }
        onRun.forEach(condition -> all.add(condition.apply(reach)));
        return all;
    }

    private static Comparison mirrored(Comparison comparison) {
        return switch (comparison) {
            case EQUAL, NOT_EQUAL -> comparison;
            case LESS -> Comparison.GREATER;
            case LESS_OR_EQUAL -> Comparison.GREATER_OR_EQUAL;
            case GREATER -> Comparison.LESS;
            case GREATER_OR_EQUAL -> Comparison.LESS_OR_EQUAL;
        };
    }

    private void read(Comparison comparison, Term term, Constant constant) {
        Object value = constant.value();
        if (value == null || comparison == Comparison.NOT_EQUAL) {
            return;
        }
        if (value instanceof BigInteger micros && constant.kind() == Kind.TIME) {
            times(comparison, term, micros);
        } else if (comparison == Comparison.EQUAL && value instanceof String text) {
            texts(term, text);
        } else if (comparison == Comparison.EQUAL
                && value instanceof BigDecimal number
                && term instanceof Term.Field field
                && field.name().equals("summary.status")) {
            status(number);
        }
    }

    private void status(BigDecimal number) {
        try {
            String status = "r.recordsummary_status = CAST(" + bound.apply(number.intValueExact()) + " AS integer)";
            onRow.add(reach -> status);
        } catch (ArithmeticException e) {
            onRow.add(reach -> "false");
        }
    }

    private void times(Comparison comparison, Term term, BigInteger micros) {
        Optional<String> time = FilterSql.timestamp(micros, bound);
        if (time.isEmpty()) {
            return;
        }
        String compared = " " + FilterSql.operator(comparison) + " " + time.get();
        if (term instanceof Term.Field field && TIMES.containsKey(field.name())) {
            String column = SortKey.ofRow(TIMES.get(field.name()));
            onRow.add(reach -> reach.time(column) + compared);
        } else if (term instanceof Term.Parsed parsed && parsed.of() instanceof Term.As as) {
            List<Object> path = path(as.of());
            if (RUN_TIMES.containsKey(path)) {
                String column = SortKey.ofRun(RUN_TIMES.get(path));
                onRun.add(reach -> reach.time(column) + compared);
            } else if (path.equals(CREATION)) {
                onRun.add(reach -> "e.created_time" + compared);
            }
        }
    }

    private void texts(Term term, String text) {
        if (term instanceof Term.Field field && field.name().equals("data_type")) {
            boolean run = text.startsWith(RunColumns.TYPES) && fits(text, RunColumns.LONGEST_TYPE);
            type = run ? text(text) : type;
        } else if (term instanceof Term.Entry entry
                && entry.of() instanceof Term.Field field
                && field.name().equals("annotations")) {
            String annotation = "r.annotations @> " + json(entry.key(), text);
            onRow.add(reach -> rarely(annotation, reach));
        } else if (term instanceof Term.As as && as.kind() == Kind.TEXT) {
            dataTexts(path(as.of()), text);
        }
    }

    private void dataTexts(List<Object> path, String text) {
        String column = TEXT_COLUMNS.get(path);
        if (column != null && fits(text, RunColumns.LONGEST_TEXT)) {
            String condition = "e." + column + " = " + text(text);
            onRun.add(reach -> condition);
            // A run without the label may have its pipeline from elsewhere.
            whole = !column.equals("pipeline");
        } else if (path.size() == 3
                && path.subList(0, 2).equals(List.of("metadata", "labels"))
                && path.get(2) instanceof String key) {
            String label = "(r.data -> 'metadata' -> 'labels') @> " + json(key, text);
            onRow.add(reach -> rarely(label, reach));
            whole = true;
        }
    }

    /**
     * As the inverted indexes have it, with the parent: what many have may be rare in one parent. Over all parents it is said twice. What its
     * sample of a hundred values happens to hold once, and what it has no sample of, the planner takes for one in a hundred, and reads all
     * rows in their order to find the few; said twice it is one in ten thousand, while what all have remains what all have.
     */
    private static String rarely(String condition, Reach reach) {
        return condition
                + (reach == Reach.ONE_PARENT
                        ? " AND ARRAY[r.parent] @> ARRAY[CAST(:parent AS varchar)]"
                        : " AND " + condition);
    }

    /** A text with the mark of the escape may stand in the column as something else. */
    private static boolean fits(String text, int bytes) {
        return text.getBytes(StandardCharsets.UTF_8).length <= bytes && !text.contains(ESCAPE_MARK);
    }

    private String text(String value) {
        return "CAST(" + bound.apply(value) + " AS text)";
    }

    private String json(String key, String value) {
        return "CAST(" + bound.apply(AnnotationJson.write(Map.of(key, value)).text()) + " AS jsonb)";
    }

    /** Keys and indexes below {@code data}; empty for anything else. */
    private static List<Object> path(Term term) {
        List<Object> path = new ArrayList<>();
        Term at = term;
        while (true) {
            if (at instanceof Term.Member member) {
                path.add(0, member.key());
                at = member.of();
            } else if (at instanceof Term.Item item) {
                path.add(0, item.index());
                at = item.of();
            } else {
                return at instanceof Term.Field field && field.name().equals("data") ? path : List.of();
            }
        }
    }
}
