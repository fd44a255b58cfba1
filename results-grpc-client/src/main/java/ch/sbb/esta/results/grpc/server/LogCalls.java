package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.AccessRequest.Resource;
import ch.sbb.esta.results.AccessRequest.Verb;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.Log;
import ch.sbb.esta.results.grpc.v1alpha2.LogSummary;
import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.spi.LogDeletion;
import com.google.api.HttpBody;
import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** The services {@code tekton.results.v1alpha2.Logs} and, for reading, {@code tekton.results.v1alpha3.Logs}. */
final class LogCalls extends LogsGrpc.LogsImplBase {

    private static final String IS_LOG = "data_type == \"" + LogRecords.TYPE + "\"";

    private final ServedStore store;
    private final ServedLogs logs;
    private final @Nullable LogDeletion deletion;
    private final LogUpload.@Nullable UploadParts uploads;
    private final Gate gate;
    private final Listing listing;

    LogCalls(ServedStore store, ServedLogs logs, Writing writing, Gate gate, Listing listing) {
        this.store = store;
        this.logs = logs;
        this.deletion = writing.deletion();
        this.uploads = writing.uploads();
        this.gate = gate;
        this.listing = listing;
    }

    /** What a caller may change of logs, as far as this server was built for it. */
    record Writing(@Nullable LogDeletion deletion, LogUpload.@Nullable UploadParts uploads) {}

    @Override
    public void getLog(GetLogRequest request, StreamObserver<HttpBody> caller) {
        getLog(request.getName(), caller);
    }

    private void getLog(String text, StreamObserver<HttpBody> caller) {
        LogText.send((ServerCallStreamObserver<HttpBody>) caller, () -> {
            LogName name = LogName.parse(text);
            gate.require(Verb.GET, Resource.LOGS, name.result().parent());
            return logs.open(name);
        });
    }

    @Override
    public void listLogs(ListRecordsRequest request, StreamObserver<ListRecordsResponse> caller) {
        Calls.answer("ListLogs", caller, () -> {
            ListQuery query = ListQuery.of(request.getParent())
                    .requireCollection(ListQuery.Collection.RECORDS)
                    .filter(filter(request.getFilter()))
                    .orderBy(ListOrder.parse(orderBy(request.getOrderBy())))
                    .pageSize(Math.min(request.getPageSize(), ListQuery.MAX_PAGE_SIZE))
                    .pageToken(request.getPageToken());
            gate.require(Verb.LIST, Resource.LOGS, query.parent().orElse("-"));
            return ResultsCalls.records(
                    listing.page(query, store.reader()::listRecords, record -> record.data().length));
        });
    }

    /** The caller's filter is parsed alone first, so that it cannot end what stands around it. */
    private static String filter(String asked) {
        if (asked.isBlank()) {
            return IS_LOG;
        }
        return IS_LOG + " && (\n" + Filter.forRecords(asked).text() + "\n)";
    }

    /** This one call of the protocol has the older names. */
    private static String orderBy(String asked) {
        return asked.strip()
                .replaceFirst("^created_time\\b", "create_time")
                .replaceFirst("^updated_time\\b", "update_time");
    }

    @Override
    public StreamObserver<Log> updateLog(StreamObserver<LogSummary> caller) {
        Calls.ignoreCancelling(caller);
        return new UploadStream(caller, gate, name -> {
            if (uploads == null) {
                throw unable("takes no uploads of logs");
            }
            return LogUpload.begin(name, logs, uploads);
        });
    }

    @Override
    public void deleteLog(DeleteLogRequest request, StreamObserver<Empty> caller) {
        Calls.answer("DeleteLog", caller, () -> {
            LogName name = LogName.parse(request.getName());
            gate.require(Verb.DELETE, Resource.LOGS, name.result().parent());
            if (deletion == null) {
                throw unable("deletes no logs");
            }
            logs.delete(name, deletion, store);
            return Empty.getDefaultInstance();
        });
    }

    private static RuntimeException unable(String what) {
        return Status.UNIMPLEMENTED.withDescription("this server " + what).asRuntimeException();
    }

    /** The newer service, which only reads. */
    ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.LogsImplBase newer() {
        return new ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.LogsImplBase() {
            @Override
            public void getLog(
                    ch.sbb.esta.results.grpc.v1alpha3.GetLogRequest request, StreamObserver<HttpBody> caller) {
                LogCalls.this.getLog(request.getName(), caller);
            }
        };
    }
}
