package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.grpc.v1alpha2.CreateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.CreateResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.ListResultsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListResultsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummary;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummaryRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc.ResultsBlockingStub;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateResultRequest;
import ch.sbb.esta.results.spi.ResultsReader;
import com.google.protobuf.Empty;
import com.google.protobuf.MessageLite;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls a Tekton Results API server: the protocol's calls on Results and Records, one by one, in our values. To archive runs use
 * {@link GrpcResultsStore}.
 *
 * <p><b>Concurrency.</b> Thread-safe.
 *
 * <p><b>Idempotency.</b> Creating is not: a call that failed as {@code TIMEOUT} or {@code UNAVAILABLE} may have been done.
 *
 * <p><b>Ordering.</b> Pages come in the order of the server. It lists by id ascending, by create time and by update time, and takes
 * pages of 5 to 10,000 items; smaller ones are cut here out of larger ones. A page token is the server's, unread, or in the middle of
 * such a larger page its place beside it. A page that does not fit into {@link GrpcOptions.Builder#maxResponseBytes} is asked for in
 * halves, so that a page may hold fewer items than asked for. In the view {@link ListQuery.View#BASIC} the server is asked for Records
 * without data; one that does not have partial responses switched on sends them nevertheless, and they are dropped here.
 *
 * <p><b>Tenancy.</b> What the server allows the token.
 *
 * <p><b>Failure.</b> {@link ResultsException}: {@code INVALID}, {@code NOT_FOUND}, {@code ALREADY_EXISTS}, {@code CONFLICT} for
 * another etag or a missing Result, {@code DENIED}, {@code UNAVAILABLE}, {@code TIMEOUT}, and {@code INTERNAL} for every other status;
 * Tekton Results answers {@code UNKNOWN}, hence {@code INTERNAL}, when its database fails. Nothing is retried here, but the channel may
 * do so, as that of a {@link GrpcConnection} does. A call of an interrupted thread ends at once and leaves the flag set.
 *
 * <p><b>Lifecycle.</b> The channel is not closed.
 */
public final class GrpcResultsClient implements ResultsReader {

    private final ResultsBlockingStub stub;
    private final GrpcOptions options;
    private final GrpcFailures failures;
    private final @Nullable DataFields fields;

    /**
     * Creates a client; calls nothing.
     *
     * @param channel leads to the server, with TLS unless its maker decided otherwise; not closed
     * @param options timeouts, sizes and token
     */
    public GrpcResultsClient(Channel channel, GrpcOptions options) {
        this.options = Objects.requireNonNull(options, "options");
        this.failures = new GrpcFailures(options);
        this.stub = options.applyTo(ResultsGrpc.newBlockingStub(Objects.requireNonNull(channel, "channel")));
        this.fields = null;
    }

    private GrpcResultsClient(GrpcResultsClient whole, DataFields fields) {
        this.options = whole.options;
        this.failures = whole.failures;
        this.stub = whole.stub;
        this.fields = fields;
    }

    /**
     * A client that finds and lists Records with a part of their data only, which saves most of the transfer. A server that does not know
     * partial responses, or has them switched off, sends the whole data.
     *
     * @param paths what is kept of the data, for example {@code metadata.name} and {@code status.conditions}: keys separated by dots,
     *     not into arrays. What a Record lacks is {@code null} in the answer
     * @return a client of the same server
     * @throws ResultsException {@code INVALID} when there is no path, or one is malformed
     */
    public GrpcResultsClient withDataFields(List<String> paths) {
        return new GrpcResultsClient(this, new DataFields(paths));
    }

    /**
     * Creates a Result.
     *
     * @param name its name
     * @param annotations its annotations
     * @param summary what it says of its top-level run, or null
     * @return the Result as the server keeps it
     * @throws ResultsException {@code ALREADY_EXISTS}, {@code INVALID}, also where an annotation holds half of a surrogate pair, which the
     *     protocol cannot carry
     */
    public Result createResult(ResultName name, Map<String, String> annotations, @Nullable RecordSummary summary) {
        Objects.requireNonNull(name, "name");
        ProtoTexts.check(name, annotations, summary);
        CreateResultRequest request = CreateResultRequest.newBuilder()
                .setParent(name.parent())
                .setResult(ProtoMapping.message(name, annotations, summary))
                .build();
        return ProtoMapping.result(call("CreateResult", name, request, ResultsBlockingStub::createResult));
    }

    /**
     * Creates a Record.
     *
     * @param name its name; the Result must exist
     * @param type the type of the data, for example {@code tekton.dev/v1.TaskRun}
     * @param data a JSON object in UTF-8
     * @return the Record as the server keeps it
     * @throws ResultsException {@code ALREADY_EXISTS}, {@code CONFLICT} when the Result does not exist, {@code INVALID} when the data
     *     is not JSON or too large
     */
    public Record createRecord(RecordName name, String type, byte[] data) {
        Objects.requireNonNull(name, "name");
        requireJson(name, data);
        CreateRecordRequest request = CreateRecordRequest.newBuilder()
                .setParent(name.result().toString())
                .setRecord(ProtoMapping.message(name, Objects.requireNonNull(type, "type"), data))
                .build();
        return ProtoMapping.record(call("CreateRecord", name, request, ResultsBlockingStub::createRecord));
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        GetResultRequest request =
                GetResultRequest.newBuilder().setName(name.toString()).build();
        return find(() -> ProtoMapping.result(call("GetResult", name, request, ResultsBlockingStub::getResult)));
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        GetRecordRequest request =
                GetRecordRequest.newBuilder().setName(name.toString()).build();
        return find(() -> ProtoMapping.record(call(
                "GetRecord",
                name,
                request,
                (all, asked) -> DataFields.ofOne(fields, all).getRecord(asked))));
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RESULTS);
        String parent = query.parent().orElse("-");
        String orderBy = orderBy(query.order());
        RemotePages<Result> pages = new RemotePages<>(query, Result::stored, (size, token) -> {
            ListResultsRequest request = ListResultsRequest.newBuilder()
                    .setParent(parent)
                    .setFilter(query.filter().orElse(""))
                    .setPageSize(size)
                    .setPageToken(token)
                    .setOrderBy(orderBy)
                    .build();
            ListResultsResponse answer = call("ListResults", parent, request, ResultsBlockingStub::listResults);
            return page(
                    answer.getResultsList().stream().map(ProtoMapping::result).toList(), answer.getNextPageToken());
        });
        return withToken(query, pages::page);
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RECORDS);
        String parent =
                query.parent().orElse("-") + "/results/" + query.result().orElse("-");
        String orderBy = orderBy(query.order());
        boolean basic = query.view() == ListQuery.View.BASIC;
        RemotePages<Record> pages = new RemotePages<>(query, Record::stored, (size, token) -> {
            ListRecordsRequest request = ListRecordsRequest.newBuilder()
                    .setParent(parent)
                    .setFilter(query.filter().orElse(""))
                    .setPageSize(size)
                    .setPageToken(token)
                    .setOrderBy(orderBy)
                    .build();
            ListRecordsResponse answer = call(
                    "ListRecords",
                    parent,
                    request,
                    (all, asked) -> DataFields.ofList(basic ? DataFields.NONE : fields, all)
                            .listRecords(asked));
            return page(
                    answer.getRecordsList().stream()
                            .map(ProtoMapping::record)
                            .map(record -> basic ? record.withoutData() : record)
                            .toList(),
                    answer.getNextPageToken());
        });
        return withToken(query, pages::page);
    }

    /**
     * Replaces annotations and summary of a Result whole.
     *
     * @param name the Result
     * @param annotations the new annotations
     * @param summary the new summary, or null to clear it
     * @param etag the etag that the Result must have
     * @return the Result as it is now
     * @throws ResultsException {@code NOT_FOUND}, {@code CONFLICT} when the etag is another, or {@code INVALID} where an annotation
     *     holds half of a surrogate pair, which the protocol cannot carry
     */
    public Result updateResult(
            ResultName name, Map<String, String> annotations, @Nullable RecordSummary summary, String etag) {
        ProtoTexts.check(name, annotations, summary);
        return withEtag(name, etag, () -> replaceResult(name, annotations, summary, etag));
    }

    /**
     * Replaces the data of a Record.
     *
     * @param name the Record
     * @param type the type of the new data
     * @param data the new object as UTF-8 JSON
     * @param etag the etag that the Record must have
     * @return the Record as it is now
     * @throws ResultsException {@code NOT_FOUND}, {@code CONFLICT} when the etag is another, {@code INVALID} when the data is not JSON
     *     or too large
     */
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        requireJson(name, data);
        return withEtag(name, etag, () -> replaceRecord(name, type, data, etag));
    }

    /**
     * Deletes a Result with all its Records; no effect when there is none.
     *
     * @param name the Result
     */
    public void deleteResult(ResultName name) {
        DeleteResultRequest request =
                DeleteResultRequest.newBuilder().setName(name.toString()).build();
        Optional<Empty> unused = find(() -> call("DeleteResult", name, request, ResultsBlockingStub::deleteResult));
    }

    /**
     * Deletes a Record; no effect when there is none.
     *
     * @param name the Record
     */
    public void deleteRecord(RecordName name) {
        DeleteRecordRequest request =
                DeleteRecordRequest.newBuilder().setName(name.toString()).build();
        Optional<Empty> unused = find(() -> call("DeleteRecord", name, request, ResultsBlockingStub::deleteRecord));
    }

    /** An empty etag makes the server check none, as it must be for a row that has none. */
    Result replaceResult(
            ResultName name, Map<String, String> annotations, @Nullable RecordSummary summary, String etag) {
        UpdateResultRequest request = UpdateResultRequest.newBuilder()
                .setName(name.toString())
                .setResult(ProtoMapping.message(name, annotations, summary))
                .setEtag(etag)
                .build();
        return ProtoMapping.result(call("UpdateResult", name, request, ResultsBlockingStub::updateResult));
    }

    /** An empty etag makes the server check none, as it must be for a row that has none. */
    Record replaceRecord(RecordName name, String type, byte[] data, String etag) {
        UpdateRecordRequest request = UpdateRecordRequest.newBuilder()
                .setRecord(ProtoMapping.message(name, type, data))
                .setEtag(etag)
                .build();
        return ProtoMapping.record(call("UpdateRecord", name, request, ResultsBlockingStub::updateRecord));
    }

    /** One summary, unread. */
    RecordListSummary summarize(RecordListSummaryRequest request) {
        return call("GetRecordListSummary", request.getParent(), request, ResultsBlockingStub::getRecordListSummary);
    }

    private static <T> T withEtag(Object name, String etag, Supplier<T> update) {
        if (etag.isEmpty()) {
            throw new ResultsException(
                            ResultsException.Code.CONFLICT,
                            "the etag is empty, which would overwrite whatever is there; read it and use its etag")
                    .about(name);
        }
        try {
            return update.get();
        } catch (ResultsException e) {
            if (e.code() != ResultsException.Code.CONFLICT) {
                throw e;
            }
            String message = "the etag is not " + Escaped.of(etag) + " any more; read it again and repeat the change";
            throw new ResultsException(e.code(), message, e).about(name);
        }
    }

    /** Servers do not say which part of a list request they mean; next to a token it is mostly the token. */
    static <T> Page<T> withToken(ListQuery query, Supplier<Page<T>> list) {
        try {
            return list.get();
        } catch (ResultsException e) {
            Optional<String> token = query.pageToken();
            if (e.code() != ResultsException.Code.INVALID || token.isEmpty()) {
                throw e;
            }
            throw ResultsException.invalid("page token " + Escaped.of(token.get())
                    + " is mangled, or belongs to a list with another parent or order: " + e.getMessage());
        }
    }

    /** A server whose database refuses the text says so with a status that cannot be told from an outage. */
    private static void requireJson(RecordName name, byte[] data) {
        try {
            JsonText.check(data);
        } catch (ResultsException e) {
            throw e.about(name);
        }
    }

    static String orderBy(ListOrder order) {
        if (order.equals(ListOrder.BY_ID)) {
            return "";
        }
        if (order.field() == ListOrder.Field.ID) {
            throw ResultsException.invalid("order " + order + ": a Tekton Results server lists by id ascending only;"
                    + " order by create time descending instead");
        }
        if (order.field().isOfRun()) {
            throw ResultsException.invalid(
                    "order " + order + ": a Tekton Results server loses Results without that time"
                            + " between two pages, and does not sort Records by it; order by create_time instead");
        }
        return order.toString();
    }

    private static <T> Page<T> page(List<T> items, String nextToken) {
        return new Page<>(items, nextToken.isEmpty() ? null : nextToken);
    }

    private static <T> Optional<T> find(Supplier<T> call) {
        try {
            return Optional.of(call.get());
        } catch (ResultsException e) {
            if (e.code() == ResultsException.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private <Q extends MessageLite, A> A call(
            String method, Object about, Q request, BiFunction<ResultsBlockingStub, Q, A> call) {
        int bytes = request.getSerializedSize();
        if (bytes > options.maxRequestBytes()) {
            throw ResultsException.invalid(method + " would send " + bytes + " bytes, the limit is "
                            + options.maxRequestBytes()
                            + "; raise the limit of the server and then maxRequestBytes")
                    .about(about);
        }
        Duration timeout = method.contains("List") ? options.listTimeout() : options.callTimeout();
        try {
            return call.apply(stub.withDeadlineAfter(timeout), request);
        } catch (StatusRuntimeException e) {
            throw failures.of(e, method, about);
        }
    }
}
