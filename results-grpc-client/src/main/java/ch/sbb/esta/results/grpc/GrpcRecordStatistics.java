package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummary;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummaryRequest;
import ch.sbb.esta.results.spi.RecordStatistics;
import com.google.protobuf.Struct;
import io.grpc.Channel;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Asks a Tekton Results API server for its summaries.
 *
 * <p>It answers what that server can: the totals, the last start and the durations of Tekton Results, counts by state only with
 * {@link Counting#UPSTREAM}, grouped by a time or by namespace, with {@link Counting#UPSTREAM} also by pipeline and repository. Everything
 * else, such as percentiles, labels and time zones, ends with {@code INVALID} before anything is sent. The server cuts days and weeks in
 * the time zone of its database session, which it does not tell and which is taken for UTC here.
 *
 * <p><b>Concurrency.</b> Thread-safe.
 *
 * <p><b>Ordering.</b> The server sends all groups; they are sorted and cut here.
 *
 * <p><b>Tenancy.</b> What the server allows the token.
 *
 * <p><b>Failure.</b> As {@link GrpcResultsClient}. A server whose database fails may answer a summary without groups; a query that is not
 * grouped then ends with {@code INTERNAL}, one that is cannot be told from one over no runs.
 *
 * <p><b>Lifecycle.</b> The channel is not closed.
 */
public final class GrpcRecordStatistics implements RecordStatistics {

    private static final Set<Aggregate> COUNTED_BY_REASON =
            Set.of(Aggregate.SUCCEEDED, Aggregate.FAILED, Aggregate.CANCELLED, Aggregate.RUNNING, Aggregate.OTHERS);

    private final GrpcResultsClient client;

    /**
     * Creates statistics; calls nothing.
     *
     * @param channel leads to the server, with TLS unless its maker decided otherwise; not closed
     * @param options timeouts, of which the one of lists holds here, sizes and token
     */
    public GrpcRecordStatistics(Channel channel, GrpcOptions options) {
        this.client = new GrpcResultsClient(channel, options);
    }

    @Override
    public RunStatistics summarize(StatisticsQuery query) {
        requireAnswerable(query);
        RecordListSummary answer = client.summarize(request(query));
        List<StatisticsRow> rows = new ArrayList<>();
        for (Struct summary : answer.getSummaryList()) {
            rows.add(SummaryValues.row(summary, query));
        }
        if (query.grouping().isEmpty() && rows.size() != 1) {
            throw new ResultsException(
                    ResultsException.Code.INTERNAL,
                    "the server answered " + rows.size()
                            + " summaries of one set of records, probably because its database" + " failed");
        }
        List<StatisticsRow> shown =
                rows.stream().sorted(query.rowOrder()).limit(query.limit()).toList();
        return new RunStatistics(shown, rows.size());
    }

    private static void requireAnswerable(StatisticsQuery query) {
        List<String> faults = new ArrayList<>();
        boolean byState = query.counting() == Counting.BY_STATE;
        for (Aggregate aggregate : query.aggregates()) {
            if (!aggregate.isOfTektonResults()) {
                faults.add("it does not know " + aggregate.text());
            } else if (byState && COUNTED_BY_REASON.contains(aggregate)) {
                faults.add("it counts " + aggregate.text() + " by the reason alone; ask with Counting.UPSTREAM");
            }
        }
        query.grouping().ifPresent(grouping -> {
            if (grouping instanceof Grouping.ByLabel
                    || grouping == Grouping.ByField.STATE
                    || grouping == Grouping.ByField.TASK) {
                faults.add("it does not group by " + grouping);
            } else if (byState && (grouping == Grouping.ByField.PIPELINE || grouping == Grouping.ByField.REPOSITORY)) {
                faults.add("it groups by " + grouping + " in its own way; ask with Counting.UPSTREAM");
            }
        });
        if (!query.zone().normalized().equals(ZoneOffset.UTC)) {
            faults.add("it takes no time zone");
        }
        if (!faults.isEmpty()) {
            throw ResultsException.invalid("a Tekton Results server cannot answer this: " + String.join("; ", faults));
        }
    }

    private static RecordListSummaryRequest request(StatisticsQuery query) {
        RecordListSummaryRequest.Builder request = RecordListSummaryRequest.newBuilder()
                .setParent(query.parent().orElse("-") + "/results/"
                        + query.result().orElse("-"))
                .setSummary(query.aggregates().stream().map(Aggregate::text).collect(Collectors.joining(",")))
                .setFilter(filter(query));
        query.grouping().ifPresent(grouping -> request.setGroupBy(grouping.toString()));
        return request.build();
    }

    private static String filter(StatisticsQuery query) {
        List<String> conditions = new ArrayList<>();
        if (!query.kinds().isEmpty()) {
            conditions.add(query.kinds().stream()
                    .map(RunKind::recordType)
                    .map(type -> "data_type == \"" + type + "\"")
                    .collect(Collectors.joining(" || ")));
        }
        query.span().ifPresent(span -> {
            String field = field(span.moment());
            conditions.add(field + " >= timestamp(\"" + span.from() + "\") && " + field + " < timestamp(\""
                    + span.until() + "\")");
        });
        query.filter().ifPresent(conditions::add);
        return conditions.size() == 1
                ? conditions.get(0)
                : conditions.stream().map(condition -> "(" + condition + ")").collect(Collectors.joining(" && "));
    }

    private static String field(RunMoment moment) {
        return switch (moment) {
            case CREATED -> "data.metadata.creationTimestamp";
            case STARTED -> "data.status.startTime";
            case ENDED -> "data.status.completionTime";
        };
    }
}
