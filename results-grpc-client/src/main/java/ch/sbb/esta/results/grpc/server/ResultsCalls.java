package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.AccessRequest.Resource;
import ch.sbb.esta.results.AccessRequest.Verb;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
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
import ch.sbb.esta.results.grpc.v1alpha2.Record;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummary;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummaryRequest;
import ch.sbb.esta.results.grpc.v1alpha2.Result;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateResultRequest;
import ch.sbb.esta.results.spi.RecordStatistics;
import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** The service {@code tekton.results.v1alpha2.Results} over a store. */
final class ResultsCalls extends ResultsGrpc.ResultsImplBase {

    /** What a Result takes in memory besides its annotations, roughly. */
    private static final int RESULT_BYTES = 500;

    private final ServedStore store;
    private final @Nullable RecordStatistics statistics;
    private final Gate gate;
    private final Listing listing;

    ResultsCalls(ServedStore store, @Nullable RecordStatistics statistics, Gate gate, Listing listing) {
        this.store = store;
        this.statistics = statistics;
        this.gate = gate;
        this.listing = listing;
    }

    @Override
    public void createResult(CreateResultRequest request, StreamObserver<Result> caller) {
        Calls.answer("CreateResult", caller, () -> {
            ResultName name = ResultName.parse(request.getResult().getName());
            requireFit(request.getParent(), name.parent(), name);
            gate.require(Verb.CREATE, Resource.RESULTS, name.parent());
            return Messages.of(store.createResult(
                    name, request.getResult().getAnnotationsMap(), Messages.summary(request.getResult())));
        });
    }

    @Override
    public void updateResult(UpdateResultRequest request, StreamObserver<Result> caller) {
        Calls.answer("UpdateResult", caller, () -> {
            ResultName name = ResultName.parse(request.getName());
            String inBody = request.getResult().getName();
            if (!inBody.isEmpty() && !inBody.equals(request.getName())) {
                throw ResultsException.invalid("the body names another Result than " + name
                        + ", which cannot be renamed; leave the name out or use the same");
            }
            gate.require(Verb.UPDATE, Resource.RESULTS, name.parent());
            return Messages.of(store.updateResult(
                    name,
                    request.getResult().getAnnotationsMap(),
                    Messages.summary(request.getResult()),
                    request.getEtag()));
        });
    }

    @Override
    public void getResult(GetResultRequest request, StreamObserver<Result> caller) {
        Calls.answer("GetResult", caller, () -> {
            ResultName name = ResultName.parse(request.getName());
            gate.require(Verb.GET, Resource.RESULTS, name.parent());
            return Messages.of(store.reader().findResult(name).orElseThrow(() -> ResultsException.notFound(name)));
        });
    }

    @Override
    public void deleteResult(DeleteResultRequest request, StreamObserver<Empty> caller) {
        Calls.answer("DeleteResult", caller, () -> {
            ResultName name = ResultName.parse(request.getName());
            gate.require(Verb.DELETE, Resource.RESULTS, name.parent());
            store.deleteResult(name);
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void listResults(ListResultsRequest request, StreamObserver<ListResultsResponse> caller) {
        Calls.answer("ListResults", caller, () -> {
            ListQuery query = ListQuery.of(request.getParent())
                    .requireCollection(ListQuery.Collection.RESULTS)
                    .filter(request.getFilter())
                    .orderBy(ListOrder.parse(request.getOrderBy()))
                    .pageSize(Listing.pageSize(request.getPageSize()))
                    .pageToken(request.getPageToken());
            gate.require(Verb.LIST, Resource.RESULTS, query.parent().orElse("-"));
            Page<ch.sbb.esta.results.Result> page =
                    listing.page(query, store.reader()::listResults, ResultsCalls::size);
            ListResultsResponse.Builder answer = ListResultsResponse.newBuilder();
            page.items().forEach(result -> answer.addResults(Messages.of(result)));
            return answer.setNextPageToken(page.nextPageToken().orElse("")).build();
        });
    }

    private static long size(ch.sbb.esta.results.Result result) {
        long bytes = RESULT_BYTES;
        for (var annotation : result.annotations().entrySet()) {
            bytes += annotation.getKey().length() + annotation.getValue().length();
        }
        return bytes;
    }

    @Override
    public void createRecord(CreateRecordRequest request, StreamObserver<Record> caller) {
        Calls.answer("CreateRecord", caller, () -> {
            RecordName name = RecordName.parse(request.getRecord().getName());
            requireFit(request.getParent(), name.result().toString(), name);
            gate.require(Verb.CREATE, Resource.RECORDS, name.parent());
            return Messages.of(store.createRecord(
                    name,
                    request.getRecord().getData().getType(),
                    request.getRecord().getData().getValue().toByteArray()));
        });
    }

    private static void requireFit(String parent, String expected, Object name) {
        if (!parent.equals(expected)) {
            throw ResultsException.invalid(
                    "the parent of the request is not " + expected + ", in which " + name + " lies");
        }
    }

    @Override
    public void updateRecord(UpdateRecordRequest request, StreamObserver<Record> caller) {
        Calls.answer("UpdateRecord", caller, () -> {
            RecordName name = RecordName.parse(request.getRecord().getName());
            gate.require(Verb.UPDATE, Resource.RECORDS, name.parent());
            return Messages.of(store.updateRecord(
                    name,
                    request.getRecord().getData().getType(),
                    request.getRecord().getData().getValue().toByteArray(),
                    request.getEtag()));
        });
    }

    @Override
    public void getRecord(GetRecordRequest request, StreamObserver<Record> caller) {
        Calls.answer("GetRecord", caller, () -> {
            RecordName name = RecordName.parse(request.getName());
            gate.require(Verb.GET, Resource.RECORDS, name.parent());
            return Messages.of(store.reader().findRecord(name).orElseThrow(() -> ResultsException.notFound(name)));
        });
    }

    @Override
    public void deleteRecord(DeleteRecordRequest request, StreamObserver<Empty> caller) {
        Calls.answer("DeleteRecord", caller, () -> {
            RecordName name = RecordName.parse(request.getName());
            gate.require(Verb.DELETE, Resource.RECORDS, name.parent());
            store.deleteRecord(name);
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void listRecords(ListRecordsRequest request, StreamObserver<ListRecordsResponse> caller) {
        Calls.answer("ListRecords", caller, () -> {
            ListQuery query = ListQuery.of(request.getParent())
                    .requireCollection(ListQuery.Collection.RECORDS)
                    .filter(request.getFilter())
                    .orderBy(ListOrder.parse(request.getOrderBy()))
                    .pageSize(Listing.pageSize(request.getPageSize()))
                    .pageToken(request.getPageToken());
            gate.require(Verb.LIST, Resource.RECORDS, query.parent().orElse("-"));
            return records(listing.page(query, store.reader()::listRecords, record -> record.data().length));
        });
    }

    static ListRecordsResponse records(Page<ch.sbb.esta.results.Record> page) {
        ListRecordsResponse.Builder answer = ListRecordsResponse.newBuilder();
        page.items().forEach(record -> answer.addRecords(Messages.of(record)));
        return answer.setNextPageToken(page.nextPageToken().orElse("")).build();
    }

    @Override
    public void getRecordListSummary(RecordListSummaryRequest request, StreamObserver<RecordListSummary> caller) {
        Calls.answer("GetRecordListSummary", caller, () -> {
            ListQuery parent = ListQuery.of(request.getParent()).requireCollection(ListQuery.Collection.RECORDS);
            gate.require(Verb.GET, Resource.RECORDS, parent.parent().orElse("-"));
            if (statistics == null) {
                throw Status.UNIMPLEMENTED
                        .withDescription("this server was built without statistics")
                        .asRuntimeException();
            }
            StatisticsQuery query = StatisticsQuery.parse(
                            request.getParent(), request.getSummary(), request.getGroupBy(), request.getOrderBy())
                    .filter(request.getFilter())
                    .build();
            RunStatistics found = statistics.summarize(query);
            if (found.isCut()) {
                throw ResultsException.invalid("there are " + found.groups() + " groups, more than "
                        + StatisticsQuery.MAX_LIMIT + "; group coarser or narrow the filter down");
            }
            RecordListSummary.Builder answer = RecordListSummary.newBuilder();
            found.rows().forEach(row -> answer.addSummary(SummaryStructs.of(row, query)));
            return answer.build();
        });
    }
}
