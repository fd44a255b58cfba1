package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.filter.Expression.Text;
import ch.sbb.esta.results.filter.Expression.Whole;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.util.HashMap;
import java.util.Map;

/** What a filter on Results and one on Records may name. */
final class FilterFields {

    private static final MapType TEXTS = MapType.create(SimpleType.STRING, SimpleType.STRING);
    private static final Map<String, Expression> TYPES = Map.of(
            "PIPELINE_RUN", new Text("tekton.dev/v1.PipelineRun"), "TASK_RUN", new Text("tekton.dev/v1.TaskRun"));

    static final CelFilters RESULTS = new CelFilters(
            Map.<String, CelType>ofEntries(
                    Map.entry("parent", SimpleType.STRING),
                    Map.entry("uid", SimpleType.STRING),
                    Map.entry("annotations", TEXTS),
                    Map.entry("create_time", SimpleType.TIMESTAMP),
                    Map.entry("update_time", SimpleType.TIMESTAMP),
                    Map.entry("summary.record", SimpleType.STRING),
                    Map.entry("summary.type", SimpleType.STRING),
                    Map.entry("summary.start_time", SimpleType.TIMESTAMP),
                    Map.entry("summary.end_time", SimpleType.TIMESTAMP),
                    Map.entry("summary.status", SimpleType.INT),
                    Map.entry("summary.annotations", TEXTS)),
            withStatuses());
    static final CelFilters RECORDS = new CelFilters(
            Map.<String, CelType>of(
                    "parent", SimpleType.STRING,
                    "result_name", SimpleType.STRING,
                    "name", SimpleType.STRING,
                    "data_type", SimpleType.STRING,
                    "data", SimpleType.DYN),
            TYPES);

    private FilterFields() {}

    private static Map<String, Expression> withStatuses() {
        Map<String, Expression> all = new HashMap<>(TYPES);
        String[] names = {"UNKNOWN", "SUCCESS", "FAILURE", "TIMEOUT", "CANCELLED"};
        for (int code = 0; code < names.length; code++) {
            all.put(names[code], new Whole(code));
        }
        return all;
    }
}
