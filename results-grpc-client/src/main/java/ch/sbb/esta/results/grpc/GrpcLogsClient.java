package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.Log;
import ch.sbb.esta.results.grpc.v1alpha2.LogSummary;
import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc.LogsBlockingStub;
import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Calls the Logs API of a Tekton Results API server: reads, lists, uploads and deletes the log of a run, which is one text there.
 *
 * <p>A server has the API of version {@code v1alpha2}, or only the reading call of {@code v1alpha3} when something else stores its logs,
 * or neither. Which one is found out by asking, and remembered.
 *
 * <p><b>Concurrency.</b> Thread-safe; a stream is for one thread at a time.
 *
 * <p><b>Idempotency.</b> An upload replaces what an earlier one left.
 *
 * <p><b>Ordering.</b> Lists come in the order of the server, by id, create time or update time.
 *
 * <p><b>Tenancy.</b> What the server allows the token.
 *
 * <p><b>Failure.</b> As {@link GrpcResultsClient}; {@code INVALID} when the server has no Logs API to read from. The transfer of a log ends within
 * {@link GrpcOptions.Builder#logTimeout}, whatever happens.
 *
 * <p><b>Lifecycle.</b> The channel is not closed. Streams are closed by the caller.
 */
public final class GrpcLogsClient {

    private static final int CHUNK = 64 << 10;

    private final GrpcOptions options;
    private final GrpcFailures failures;
    private final LogsBlockingStub calls;
    private final ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.LogsBlockingStub laterCalls;
    private volatile Version version = Version.V1ALPHA2;

    private enum Version {
        V1ALPHA2,
        V1ALPHA3;

        Version other() {
            return this == V1ALPHA2 ? V1ALPHA3 : V1ALPHA2;
        }
    }

    /**
     * Creates a client; calls nothing.
     *
     * @param channel leads to the server, with TLS unless its maker decided otherwise; not closed
     * @param options timeouts, sizes and token
     */
    public GrpcLogsClient(Channel channel, GrpcOptions options) {
        Objects.requireNonNull(channel, "channel");
        this.options = Objects.requireNonNull(options, "options");
        this.failures = new GrpcFailures(options);
        this.calls = options.applyTo(LogsGrpc.newBlockingStub(channel));
        this.laterCalls = options.applyTo(ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.newBlockingStub(channel));
    }

    /**
     * Opens the text of a log.
     *
     * @param name the log; its last segment is the one of the run's Record, or with {@code v1alpha2} of the Record that describes the log
     * @return the text; a stream that breaks off throws, it never ends early. To be closed
     * @throws ResultsException {@code NOT_FOUND} when the server has no such log or has not yet stored it, {@code INVALID} when it has no
     *     Logs API
     */
    public InputStream open(LogName name) {
        return open(name, -1);
    }

    /** Fails where the text is shorter than the server says that it is; negative for unknown. */
    InputStream open(LogName name, long expectedBytes) {
        Objects.requireNonNull(name, "name");
        Version first = version;
        try {
            return open(first, name, expectedBytes);
        } catch (ResultsException e) {
            if (!isUnimplemented(e)) {
                throw e;
            }
        }
        try {
            InputStream text = open(first.other(), name, expectedBytes);
            version = first.other();
            return text;
        } catch (ResultsException e) {
            if (isUnimplemented(e)) {
                throw new ResultsException(
                                Code.INVALID,
                                "the server has no Logs API, neither v1alpha2 nor v1alpha3; switch it on (LOGS_API=true)",
                                e)
                        .about(name);
            }
            if (e.code() == Code.NOT_FOUND) {
                version = first.other();
            }
            throw e;
        }
    }

    private InputStream open(Version asked, LogName name, long expectedBytes) {
        BlockingClientCall<?, HttpBody> call = switch (asked) {
            case V1ALPHA2 -> {
                LogsBlockingStub stub = timed(calls);
                yield ClientCalls.blockingV2ServerStreamingCall(
                        stub.getChannel(),
                        LogsGrpc.getGetLogMethod(),
                        stub.getCallOptions(),
                        GetLogRequest.newBuilder().setName(name.toString()).build());
            }
            case V1ALPHA3 -> {
                var stub = timed(laterCalls);
                yield ClientCalls.blockingV2ServerStreamingCall(
                        stub.getChannel(),
                        ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.getGetLogMethod(),
                        stub.getCallOptions(),
                        ch.sbb.esta.results.grpc.v1alpha3.GetLogRequest.newBuilder()
                                .setName(name.toString())
                                .build());
            }
        };
        try {
            return new RemoteText(name, call, failures, expectedBytes);
        } catch (StatusException e) {
            throw failures.of(e, "GetLog", name);
        } catch (InterruptedException e) {
            call.cancel("interrupted", e);
            throw interrupted(name, e);
        }
    }

    /**
     * Lists the Records that describe logs.
     *
     * @param query a query whose parent is a result name, each segment possibly {@code -}
     * @return one page
     */
    public Page<Record> list(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RECORDS);
        String parent =
                query.parent().orElse("-") + "/results/" + query.result().orElse("-");
        String orderBy = orderBy(query.order());
        RemotePages<Record> pages = new RemotePages<>(query, Record::stored, (size, token) -> {
            ListRecordsRequest request = ListRecordsRequest.newBuilder()
                    .setParent(parent)
                    .setFilter(query.filter().orElse(""))
                    .setPageSize(size)
                    .setPageToken(token)
                    .setOrderBy(orderBy)
                    .build();
            ListRecordsResponse answer = call(
                    "ListLogs",
                    parent,
                    () -> calls.withDeadlineAfter(options.listTimeout()).listLogs(request));
            List<Record> records =
                    answer.getRecordsList().stream().map(ProtoMapping::record).toList();
            String next = answer.getNextPageToken();
            return new Page<>(records, next.isEmpty() ? null : next);
        });
        return GrpcResultsClient.withToken(query, pages::page);
    }

    /** This call has its own names of the times. */
    private static String orderBy(ListOrder order) {
        return GrpcResultsClient.orderBy(order)
                .replace("create_time", "created_time")
                .replace("update_time", "updated_time");
    }

    /**
     * Uploads the text of a log, from its beginning. The Record that describes it must be there.
     *
     * @param name the log
     * @param text the text, read to its end and not closed
     * @return how many bytes the server has received, which are all
     * @throws IOException when the text cannot be read; the server is told that the upload broke off
     * @throws ResultsException {@code NOT_FOUND} without such a Record. After {@code UNAVAILABLE} and {@code TIMEOUT} the log may be
     *     there in part or whole: upload it again
     */
    public long upload(LogName name, InputStream text) throws IOException {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(name, "name");
        LogsBlockingStub stub = timed(calls);
        BlockingClientCall<Log, LogSummary> call = ClientCalls.blockingClientStreamingCall(
                stub.getChannel(), LogsGrpc.getUpdateLogMethod(), stub.getCallOptions());
        boolean done = false;
        try {
            long sent = send(name, text, call);
            call.halfClose();
            LogSummary summary = call.read();
            if (summary == null || summary.getBytesReceived() != sent) {
                throw new ResultsException(
                                Code.INTERNAL,
                                "the server says that it has received "
                                        + (summary == null ? "nothing" : summary.getBytesReceived() + " bytes")
                                        + (sent < 0 ? " before the end of the text" : ", sent were " + sent)
                                        + "; upload the log again")
                        .about(name);
            }
            done = true;
            return sent;
        } catch (StatusException e) {
            throw failures.of(e, "UpdateLog", name);
        } catch (InterruptedException e) {
            throw interrupted(name, e);
        } finally {
            if (!done) {
                call.cancel("the upload broke off", null);
            }
        }
    }

    /** Negative when the server has ended the call; its answer says why. */
    private static long send(LogName name, InputStream text, BlockingClientCall<Log, LogSummary> call)
            throws IOException, InterruptedException, StatusException {
        long sent = 0;
        byte[] chunk = new byte[CHUNK];
        boolean first = true;
        for (int length = text.readNBytes(chunk, 0, CHUNK);
                length > 0 || first;
                length = text.readNBytes(chunk, 0, CHUNK)) {
            Log message = Log.newBuilder()
                    .setName(name.toString())
                    .setData(ByteString.copyFrom(chunk, 0, length))
                    .build();
            if (!call.write(message)) {
                return -1;
            }
            sent += length;
            first = false;
        }
        return sent;
    }

    /**
     * Deletes a log and the Record that describes it; no effect when there is none.
     *
     * @param name the log
     */
    public void delete(LogName name) {
        DeleteLogRequest request =
                DeleteLogRequest.newBuilder().setName(name.toString()).build();
        try {
            Empty unused = call(
                    "DeleteLog",
                    name,
                    () -> calls.withDeadlineAfter(options.callTimeout()).deleteLog(request));
        } catch (ResultsException e) {
            if (e.code() != Code.NOT_FOUND) {
                throw e;
            }
        }
    }

    private <S extends AbstractStub<S>> S timed(S stub) {
        return stub.withDeadlineAfter(options.logTimeout());
    }

    private <A> A call(String method, Object about, Supplier<A> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            throw failures.of(e, method, about);
        }
    }

    private static boolean isUnimplemented(ResultsException e) {
        return e.getCause() instanceof StatusException cause
                && cause.getStatus().getCode() == Status.Code.UNIMPLEMENTED;
    }

    private static ResultsException interrupted(LogName name, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new ResultsException(Code.UNAVAILABLE, "interrupted during the transfer of a log", e).about(name);
    }
}
