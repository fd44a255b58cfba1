package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.filter.Term.Constant;
import ch.sbb.esta.results.filter.Term.Field;
import ch.sbb.esta.results.filter.Term.Kind;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a filter on Results and one on Records may name. */
final class FilterFields {

    /** The constants for types, which people also write in quotes. */
    static final Map<String, String> TYPES =
            Map.of("PIPELINE_RUN", "tekton.dev/v1.PipelineRun", "TASK_RUN", "tekton.dev/v1.TaskRun");

    /** The fields that hold a type. */
    static final Set<String> TYPE_FIELDS = Set.of("data_type", "summary.type");

    static final CelFilters RESULTS = new CelFilters(names(Map.ofEntries(
            Map.entry("parent", Kind.TEXT),
            Map.entry("uid", Kind.TEXT),
            Map.entry("annotations", Kind.TEXTS),
            Map.entry("create_time", Kind.TIME),
            Map.entry("update_time", Kind.TIME),
            Map.entry("summary.record", Kind.TEXT),
            Map.entry("summary.type", Kind.TEXT),
            Map.entry("summary.start_time", Kind.TIME),
            Map.entry("summary.end_time", Kind.TIME),
            Map.entry("summary.status", Kind.NUMBER),
            Map.entry("summary.annotations", Kind.TEXTS))));

    static final CelFilters RECORDS = new CelFilters(names(Map.of(
            "parent", Kind.TEXT,
            "result_name", Kind.TEXT,
            "name", Kind.TEXT,
            "data_type", Kind.TEXT,
            "data", Kind.JSON)));

    private FilterFields() {}

    private static Map<String, Term> names(Map<String, Kind> fields) {
        Map<String, Term> names = new HashMap<>();
        fields.forEach((name, kind) -> names.put(name, new Field(name, kind)));
        TYPES.forEach((name, type) -> names.put(name, new Constant(Kind.TEXT, type)));
        if (fields.containsKey("summary.status")) {
            List<String> statuses = List.of("UNKNOWN", "SUCCESS", "FAILURE", "TIMEOUT", "CANCELLED");
            for (int code = 0; code < statuses.size(); code++) {
                names.put(statuses.get(code), new Constant(Kind.NUMBER, BigDecimal.valueOf(code)));
            }
        }
        return names;
    }
}
