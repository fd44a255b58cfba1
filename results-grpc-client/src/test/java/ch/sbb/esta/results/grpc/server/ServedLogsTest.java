package ch.sbb.esta.results.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.Log;
import ch.sbb.esta.results.grpc.v1alpha2.LogSummary;
import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogWriter;
import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Logs through both services, over a real socket. */
class ServedLogsTest {

    private static final String RUN = "ci/results/p1/logs/t1";
    private static final ContainerLogId STEP = new ContainerLogId("ci", "t1", "pod-1", "step-build", 0);

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final AtomicInteger opened = new AtomicInteger();
    private final Served served = Served.plaintext(ResultsServices.builder(store, Authorizer.allowAll())
            .logs(logs)
            .logUploads(new CountedSink())
            .logDeletion(logs)
            .build());
    private final LogsGrpc.LogsBlockingStub calls = LogsGrpc.newBlockingStub(served.channel());

    /** An upload shows in the logs when it is flushed; that it has begun shows here. */
    private final class CountedSink implements LogSink {

        @Override
        public LogWriter open(ContainerLogId id) {
            LogWriter writer = logs.open(id);
            opened.incrementAndGet();
            return writer;
        }

        @Override
        public void close() {}
    }

    @BeforeEach
    void archive() {
        store.archive(List.of(ServedRuns.pipelineRun("ci", "p1"), ServedRuns.taskRun("ci", "t1", "p1")));
    }

    @AfterEach
    void stop() throws InterruptedException {
        served.close();
    }

    private LogWriter write(ContainerLogId id, String text) {
        LogWriter writer = logs.open(id);
        for (String line : text.split("(?<=\n)", -1)) {
            if (!line.isEmpty()) {
                byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
                writer.beginLine(Instant.parse("2026-11-01T08:00:00Z"));
                writer.append(bytes, 0, bytes.length);
            }
        }
        return writer;
    }

    private static String text(Iterator<HttpBody> pieces) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        while (pieces.hasNext()) {
            HttpBody piece = pieces.next();
            assertThat(piece.getContentType()).isEqualTo("text/plain");
            assertThat(piece.getData().size()).isLessThanOrEqualTo(LogText.CHUNK_BYTES);
            text.writeBytes(piece.getData().toByteArray());
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private String read(String name) {
        return text(calls.getLog(GetLogRequest.newBuilder().setName(name).build()));
    }

    private static Status failure(Supplier<?> call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call::get);
        assertThat(thrown).as("the call succeeded").isNotNull();
        return thrown.getStatus();
    }

    private RecordName describe() {
        return new LogRecords(store, store, logs, "S3")
                .refresh(RecordName.parse("ci/results/p1/records/t1"))
                .orElseThrow()
                .name();
    }

    @Test
    void aSealedLogIsReadByTheRunAndByItsRecordThroughBothServices() {
        String text = "line of the build\n".repeat(10_000);
        LogInfo unused = write(STEP, text).seal();
        RecordName described = describe();

        String expected = "==> task-t1 / step-build <==\n" + text;
        assertThat(read(RUN)).isEqualTo(expected);
        assertThat(read("ci/results/p1/logs/" + described.record())).isEqualTo(expected);
        assertThat(text(ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.newBlockingStub(served.channel())
                        .getLog(ch.sbb.esta.results.grpc.v1alpha3.GetLogRequest.newBuilder()
                                .setName(RUN)
                                .build())))
                .isEqualTo(expected);
        assertThat(read("ci/results/p1/logs/p1")).isEqualTo(expected);
        assertThat(calls.listLogs(ListRecordsRequest.newBuilder()
                                .setParent("ci/results/-")
                                .setPageSize(1)
                                .setOrderBy("created_time desc")
                                .setFilter("data.status.isStored == true // or so")
                                .build())
                        .getRecordsList())
                .extracting(ch.sbb.esta.results.grpc.v1alpha2.Record::getName)
                .containsExactly(described.toString());
    }

    @Test
    void whatIsNotWholeIsNotFound() {
        assertThat(failure(() -> read(RUN)).toString()).contains("NOT_FOUND", "no log is stored");
        assertThat(failure(() -> read("ci/results/p1/logs/none")).toString()).contains("NOT_FOUND");
        assertThat(failure(() -> read("ci/results/p1/records/t1")).toString()).contains("INVALID_ARGUMENT");
        try (LogWriter writer = write(STEP, "begun\n")) {
            writer.flush();
            assertThat(failure(() -> read(RUN)).toString()).contains("NOT_FOUND", "still being written");
        }
    }

    @Test
    void noRecordLeadsIntoTheLogsOfAnotherNamespace() {
        LogInfo unused = write(new ContainerLogId("cd", "t9", "pod-9", "step-secret", 0), "secret\n")
                .seal();
        String run = "{\"metadata\": {\"namespace\": \"cd\", \"name\": \"x\", \"uid\": \"t9\"}}";
        String log = "{\"spec\": {\"resource\": {\"kind\": \"TaskRun\", \"namespace\": \"cd\", \"uid\": \"t9\"}}}";
        var evil =
                store.createRecord(RecordName.parse("ci/results/p1/records/evil"), "tekton.dev/v1.TaskRun", bytes(run));
        var worse = store.createRecord(RecordName.parse("ci/results/p1/records/worse"), LogRecords.TYPE, bytes(log));

        for (RecordName name : List.of(evil.name(), worse.name())) {
            assertThat(failure(() -> read("ci/results/p1/logs/" + name.record()))
                            .toString())
                    .contains("NOT_FOUND")
                    .doesNotContain("secret\n");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** What came of an upload. */
    private static final class Answer implements StreamObserver<LogSummary> {

        private final CompletableFuture<LogSummary> summary = new CompletableFuture<>();

        @Override
        public void onNext(LogSummary value) {
            summary.complete(value);
        }

        @Override
        public void onError(Throwable failure) {
            summary.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {}

        Status status() throws Exception {
            try {
                LogSummary unused = summary.get(60, TimeUnit.SECONDS);
                return Status.OK;
            } catch (java.util.concurrent.ExecutionException e) {
                return Status.fromThrowable(Objects.requireNonNull(e.getCause()));
            }
        }
    }

    private String logRecord() {
        return store.createRecord(
                        RecordName.parse("ci/results/p1/records/log-1"),
                        LogRecords.TYPE,
                        bytes("{\"metadata\": {\"name\": \"t-log\"}, \"spec\": {\"type\": \"S3\", \"resource\":"
                                + " {\"kind\": \"TaskRun\", \"namespace\": \"ci\", \"name\": \"t\", \"uid\": \"t1\"}},"
                                + " \"status\": {\"size\": 0, \"isStored\": false, \"errorOnStoreMsg\": \"early\"}}"))
                .name()
                .record();
    }

    private static Log piece(String name, String text) {
        return Log.newBuilder()
                .setName(name)
                .setData(ByteString.copyFromUtf8(text))
                .build();
    }

    @Test
    void anUploadIsReadBackAsItCameAndItsRecordSaysSo() throws Exception {
        String name = "ci/results/p1/logs/" + logRecord();
        Answer answer = new Answer();
        StreamObserver<Log> upload = LogsGrpc.newStub(served.channel()).updateLog(answer);
        upload.onNext(piece(name, "first li"));
        upload.onNext(piece(name, "ne\nsecond\n\nlast without end"));
        upload.onCompleted();

        LogSummary summary = answer.summary.get(60, TimeUnit.SECONDS);
        assertThat(summary.getRecord()).isEqualTo("ci/results/p1/records/log-1");
        assertThat(summary.getBytesReceived()).isEqualTo(35);
        assertThat(read(name)).isEqualTo("first line\nsecond\n\nlast without end");
        assertThat(read(RUN)).isEqualTo("first line\nsecond\n\nlast without end");
        assertThat(new String(
                        store.findRecord(RecordName.parse(summary.getRecord()))
                                .orElseThrow()
                                .data(),
                        StandardCharsets.UTF_8))
                .contains("\"isStored\":true", "\"size\":35")
                .doesNotContain("early");

        Answer again = new Answer();
        LogsGrpc.newStub(served.channel()).updateLog(again).onNext(piece(name, "other"));
        assertThat(again.status().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);

        var unused = calls.deleteLog(DeleteLogRequest.newBuilder().setName(name).build());
        assertThat(logs.list("ci", "t1")).isEmpty();
        assertThat(failure(() -> read(name)).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void anUploadThatBrokeOffIsNeverTakenForTheWholeAndTheNextOneIs() throws Exception {
        String name = "ci/results/p1/logs/" + logRecord();
        Answer cut = new Answer();
        StreamObserver<Log> upload = LogsGrpc.newStub(served.channel()).updateLog(cut);
        upload.onNext(piece(name, "half of it\n"));
        Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> opened.get() == 1);
        upload.onError(new IOException("gone"));
        Awaitility.await()
                .atMost(Durations.ONE_MINUTE)
                .until(() -> logs.list("ci", "t1").stream().anyMatch(info -> info.state() == LogState.PARTIAL));
        assertThat(failure(() -> read(name)).toString()).contains("NOT_FOUND", "did not come to an end");

        Answer mixed = new Answer();
        StreamObserver<Log> wrong = LogsGrpc.newStub(served.channel()).updateLog(mixed);
        wrong.onNext(piece(name, "a"));
        wrong.onNext(piece("ci/results/p1/logs/log-2", "b"));
        assertThat(mixed.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);

        Answer done = new Answer();
        StreamObserver<Log> whole = LogsGrpc.newStub(served.channel()).updateLog(done);
        whole.onNext(piece(name, "all of it\n"));
        whole.onCompleted();
        assertThat(done.status()).isEqualTo(Status.OK);
        assertThat(read(name)).isEqualTo("all of it\n");
    }

    @Test
    void uploadsWithoutALogRecordAreRefused() throws Exception {
        Answer absent = new Answer();
        LogsGrpc.newStub(served.channel()).updateLog(absent).onNext(piece("ci/results/p1/logs/none", "x"));
        assertThat(absent.status().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        Answer run = new Answer();
        LogsGrpc.newStub(served.channel()).updateLog(run).onNext(piece(RUN, "x"));
        assertThat(run.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void aCallerThatReadsSlowlyIsSentNoMoreThanItTakesAndOneThatHangsUpNothing() {
        LogInfo unused = write(STEP, ("x".repeat(1023) + "\n").repeat(40_000)).seal();
        AtomicInteger pieces = new AtomicInteger();
        CompletableFuture<ClientCallStreamObserver<GetLogRequest>> call = new CompletableFuture<>();
        LogsGrpc.newStub(served.channel())
                .getLog(
                        GetLogRequest.newBuilder().setName(RUN).build(),
                        new ClientResponseObserver<GetLogRequest, HttpBody>() {
                            @Override
                            public void beforeStart(ClientCallStreamObserver<GetLogRequest> stream) {
                                stream.disableAutoRequestWithInitial(3);
                                call.complete(stream);
                            }

                            @Override
                            public void onNext(HttpBody piece) {
                                pieces.incrementAndGet();
                            }

                            @Override
                            public void onError(@Nullable Throwable failure) {}

                            @Override
                            public void onCompleted() {}
                        });
        Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> pieces.get() == 3);
        // While this caller waits, others are served: no thread of the server is held.
        assertThat(failure(() -> read("ci/results/p1/logs/none")).getCode()).isEqualTo(Status.Code.NOT_FOUND);
        call.join().request(2);
        Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> pieces.get() == 5);
        call.join().cancel("enough", null);
        Awaitility.await()
                .during(Duration.ofMillis(100))
                .atMost(Durations.ONE_MINUTE)
                .until(() -> pieces.get() == 5);
    }
}
