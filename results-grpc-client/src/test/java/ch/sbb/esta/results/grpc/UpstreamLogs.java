package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.Log;
import ch.sbb.esta.results.grpc.v1alpha2.LogSummary;
import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc;
import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The logs of a Tekton Results API server: one text for each Record that describes one, in chunks of 32 KiB. */
final class UpstreamLogs extends LogsGrpc.LogsImplBase {

    private static final int CHUNK = 32_768;

    private final UpstreamResults rows;
    private final Map<String, ByteString> texts = new ConcurrentHashMap<>();

    UpstreamLogs(UpstreamResults rows) {
        this.rows = rows;
    }

    /** Keeps a text under the name of the Record that describes it. */
    void plant(RecordName name, String text) {
        texts.put(name.toString(), ByteString.copyFromUtf8(text));
    }

    Map<String, ByteString> texts() {
        return texts;
    }

    @Override
    public void getLog(GetLogRequest request, StreamObserver<HttpBody> answer) {
        send(texts.get(request.getName().replace("/logs/", "/records/")), answer);
    }

    static void send(@Nullable ByteString text, StreamObserver<HttpBody> answer) {
        if (text == null) {
            answer.onError(Status.NOT_FOUND.withDescription("no such log").asRuntimeException());
            return;
        }
        ServerCallStreamObserver<HttpBody> call = (ServerCallStreamObserver<HttpBody>) answer;
        int[] at = {0};
        call.setOnReadyHandler(() -> {
            while (call.isReady() && at[0] < text.size()) {
                ByteString chunk = text.substring(at[0], Math.min(text.size(), at[0] + CHUNK));
                at[0] += chunk.size();
                call.onNext(HttpBody.newBuilder()
                        .setContentType("text/plain")
                        .setData(chunk)
                        .build());
                if (at[0] == text.size()) {
                    call.onCompleted();
                }
            }
        });
    }

    @Override
    public void listLogs(ListRecordsRequest request, StreamObserver<ListRecordsResponse> answer) {
        answer.onNext(ListRecordsResponse.newBuilder()
                .addAllRecords(rows.ofType(".Log"))
                .build());
        answer.onCompleted();
    }

    @Override
    public StreamObserver<Log> updateLog(StreamObserver<LogSummary> answer) {
        return new StreamObserver<>() {

            private ByteString text = ByteString.EMPTY;
            private String record = "";

            @Override
            public void onNext(Log piece) {
                record = piece.getName().replace("/logs/", "/records/");
                text = text.concat(piece.getData());
                if (rows.find(record).isEmpty()) {
                    answer.onError(Status.NOT_FOUND.withDescription("no record").asRuntimeException());
                }
            }

            @Override
            public void onError(Throwable cause) {
                texts.remove(record);
            }

            @Override
            public void onCompleted() {
                texts.put(record, text);
                answer.onNext(LogSummary.newBuilder()
                        .setRecord(record)
                        .setBytesReceived(text.size())
                        .build());
                answer.onCompleted();
            }
        };
    }

    @Override
    public void deleteLog(DeleteLogRequest request, StreamObserver<Empty> answer) {
        if (texts.remove(request.getName().replace("/logs/", "/records/")) == null) {
            answer.onError(Status.NOT_FOUND.asRuntimeException());
            return;
        }
        answer.onNext(Empty.getDefaultInstance());
        answer.onCompleted();
    }
}
