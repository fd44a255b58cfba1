package ch.sbb.esta.results.testkit.postgres;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListOrder.Field;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.PageToken;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists over {@link SkewedRuns} that a store with indexes answers by touching few pages, also where nothing matches: every order from its
 * beginning, from the middle and among what has no such time, and the filters that people use. Of the largest parent, of the smallest, of
 * one that there is not, and of all.
 */
public final class IndexedQueries {

    /** How many items a page of these lists has. */
    public static final int PAGE_SIZE = 50;

    /** As many runs as a small range of time holds. */
    private static final int LATEST = 36;

    private static final String ALL = "-";
    private static final List<String> PARENTS = List.of("team-00", "team-19", "nobody", ALL);
    private static final Instant MIDDLE = Instant.parse("2026-09-10T00:00:00Z");

    private static final List<String> RUNS = List.of(
            "data_type == PIPELINE_RUN",
            "data_type == 'tekton.dev/v1beta1.CustomRun'",
            "data_type == PIPELINE_RUN && data.status.conditions[0].status == 'False'",
            "data_type == TASK_RUN && data.status.conditions[0].status == 'Unknown'",
            "data_type == PIPELINE_RUN && data.metadata.name == 'run-77'",
            "data_type == TASK_RUN && data.metadata.name == 'none'",
            "data_type == PIPELINE_RUN && data.metadata.labels['triggers.tekton.dev/triggers-eventid'] == '%s'"
                    .formatted("28f9ebc7d5c0e3eb0e6b4a9b8bd0c3de"),
            "data_type == PIPELINE_RUN && data.status.completionTime >= timestamp('2027-01-01T00:00:00Z')",
            "data.metadata.labels['branch'] == 'branch-7'",
            "data.metadata.labels['branch'] == 'none'");

    private static final List<String> RUNS_OF_ONE_PARENT = List.of(
            "data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-0'",
            "data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'none'",
            "data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-0'"
                    + " && data.status.conditions[0].status == 'False'",
            "'False' == data.status.conditions[0].status && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-1'"
                    + " && data_type == PIPELINE_RUN",
            "data_type == PIPELINE_RUN && data.metadata.creationTimestamp >= timestamp('2027-01-01T00:00:00Z')");

    private static final List<String> RESULTS = List.of(
            "summary.status == FAILURE",
            "summary.status == TIMEOUT && parent != 'x'",
            "summary.status == UNKNOWN",
            "annotations['object.metadata.name'] == 'run-77'",
            "annotations['object.metadata.name'] == 'none'",
            "create_time > timestamp('2026-10-31T20:00:00Z')",
            "create_time > timestamp('2027-01-01T00:00:00Z')");

    private IndexedQueries() {}

    /**
     * The lists.
     *
     * @param runs what the tables hold
     * @return queries for pages of {@value #PAGE_SIZE}, of Results and of Records
     */
    public static List<ListQuery> all(SkewedRuns runs) {
        List<ListQuery> queries = new ArrayList<>();
        String latest = "data_type == PIPELINE_RUN && data.status.startTime > timestamp('%s')"
                .formatted(runs.createTime(Math.max(1, runs.results() - LATEST)));
        for (String parent : PARENTS) {
            String ofRecords = parent + "/results/-";
            for (Direction direction : Direction.values()) {
                for (Field field : Field.values()) {
                    ListOrder order = new ListOrder(field, direction);
                    queries.addAll(positions(ListQuery.of(parent).orderBy(order)));
                    queries.addAll(positions(ListQuery.of(ofRecords).orderBy(order)));
                }
                ListOrder created = new ListOrder(Field.CREATE_TIME, direction);
                List<String> ofRuns = new ArrayList<>(RUNS);
                ofRuns.add(latest);
                if (!parent.equals(ALL)) {
                    ofRuns.addAll(RUNS_OF_ONE_PARENT);
                }
                ofRuns.forEach(filter ->
                        queries.add(ListQuery.of(ofRecords).orderBy(created).filter(filter)));
                RESULTS.forEach(filter ->
                        queries.add(ListQuery.of(parent).orderBy(created).filter(filter)));
            }
        }
        return queries.stream().map(query -> query.pageSize(PAGE_SIZE)).toList();
    }

    private static List<ListQuery> positions(ListQuery query) {
        if (query.order().field() == Field.ID) {
            return List.of(query, query.pageToken(new PageToken(Instant.EPOCH, "7").encode(query)));
        }
        List<ListQuery> all =
                new ArrayList<>(List.of(query, query.pageToken(new PageToken(MIDDLE, "5").encode(query))));
        if (query.order().field().isOfRun()) {
            all.add(query.pageToken(new PageToken(PageToken.LATEST, "5").encode(query)));
        }
        return all;
    }

    /**
     * Says which list it is.
     *
     * @param query one of {@link #all}
     * @return a line of text
     */
    public static String describe(ListQuery query) {
        return query.collection() + " of " + query.parent().orElse("all parents") + " by " + query.order()
                + query.pageToken().map(token -> ", a later page").orElse("")
                + query.filter().map(filter -> ", where " + filter).orElse("");
    }
}
