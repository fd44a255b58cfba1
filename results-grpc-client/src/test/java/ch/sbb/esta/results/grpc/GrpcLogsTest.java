package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.copy.CopyReport;
import ch.sbb.esta.results.copy.RemoteCopy;
import ch.sbb.esta.results.grpc.v1alpha3.GetLogRequest;
import ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.LogLines;
import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over a real socket. */
class GrpcLogsTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/p1");
    private static final RecordName LOG_RECORD = RESULT.record("log-of-t1");
    private static final LogName LOG = LogName.parse("ci/results/p1/logs/log-of-t1");
    private static final ContainerLogId ID = new ContainerLogId("ci", "t1", "log-of-t1", GrpcLogSource.CONTAINER, 0);
    private static final String TEXT = "[prepare] one\n\n[build] two\nthree without end";

    private final UpstreamResults rows = new UpstreamResults(InstantSource.system());
    private final UpstreamLogs texts = new UpstreamLogs(rows);
    private final ResultsServer server = ResultsServer.serving(rows, texts);
    private final GrpcLogsClient client = new GrpcLogsClient(server.channel(), GrpcOptions.defaults());
    private final GrpcLogSource source = new GrpcLogSource(server.channel(), GrpcOptions.defaults());

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void whatIsUploadedIsReadListedAndDeleted() throws Exception {
        describe("File", 3_000_000);
        byte[] text = new byte[3_000_000];
        new Random(1).nextBytes(text);

        assertThat(client.upload(LOG, new ByteArrayInputStream(text))).isEqualTo(text.length);

        try (InputStream read = client.open(LOG)) {
            assertThat(read.readAllBytes()).isEqualTo(text);
        }
        assertThat(client.list(ListQuery.of("ci/results/-")).items())
                .singleElement()
                .satisfies(record -> assertThat(record.name()).isEqualTo(LOG_RECORD));
        client.delete(LOG);
        client.delete(LOG);
        assertNotFound(() -> client.open(LOG));
    }

    @Test
    void anEmptyTextIsUploadedAsOne() throws Exception {
        describe("File", 0);

        assertThat(client.upload(LOG, InputStream.nullInputStream())).isZero();

        assertThat(texts.texts()).containsEntry(LOG_RECORD.toString(), ByteString.EMPTY);
    }

    @Test
    void anUploadWithoutItsRecordIsNotFound() {
        assertNotFound(() -> client.upload(LOG, new ByteArrayInputStream(new byte[1_000_000])));
    }

    @Test
    void aTextThatCannotBeReadLeavesNothingBehind() {
        describe("File", 9);
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(new byte[100_000]), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("bad disk");
            }

            @Override
            public int read(byte[] bytes, int from, int length) throws IOException {
                return read();
            }
        });

        assertThatThrownBy(() -> client.upload(LOG, broken)).hasMessage("bad disk");

        Awaitility.await()
                .atMost(Durations.ONE_MINUTE)
                .until(() -> texts.texts().isEmpty());
    }

    @Test
    void theLaterVersionIsFoundByAskingAndRemembered() throws Exception {
        LaterLogs later = new LaterLogs();
        try (ResultsServer other = ResultsServer.serving(rows, later)) {
            GrpcLogsClient asking = new GrpcLogsClient(other.channel(), GrpcOptions.defaults());
            for (int i = 0; i < 2; i++) {
                try (InputStream read = asking.open(LOG)) {
                    assertThat(new String(read.readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo(TEXT);
                }
            }
            assertThat(later.asked).containsExactly(LOG.toString(), LOG.toString());
        }
    }

    @Test
    void aRunWithoutDescriptionIsReadByItsOwnName() throws Exception {
        LaterLogs later = new LaterLogs();
        try (ResultsServer other = ResultsServer.serving(rows, later)) {
            archiveTaskRun();
            GrpcLogSource asking = new GrpcLogSource(other.channel(), GrpcOptions.defaults());

            LogInfo info = asking.list("ci", "t1").get(0);

            assertThat(info.id().podUid()).isEqualTo("t1");
            assertThat(asking.read(info.id(), 0, 9)).hasContent("[prepare]");
            assertThat(later.asked).containsOnly("ci/results/p1/logs/t1");
        }
    }

    @Test
    void aServerWithoutLogsSaysSo() {
        try (ResultsServer other = ResultsServer.serving(rows)) {
            GrpcLogsClient asking = new GrpcLogsClient(other.channel(), GrpcOptions.defaults());

            ResultsException e = catchThrowableOfType(ResultsException.class, () -> asking.open(LOG));

            assertThat(e.code()).isEqualTo(Code.INVALID);
            assertThat(e).hasMessageContaining("no Logs API");
        }
    }

    @Test
    void aLogIsFoundByItsRunMeasuredAndNeverCalledComplete() {
        archiveTaskRun();
        describe("S3", 7);
        texts.plant(LOG_RECORD, TEXT);

        List<LogInfo> listed = source.list("ci", "t1");

        assertThat(listed).singleElement().satisfies(info -> {
            assertThat(info.id()).isEqualTo(ID);
            assertThat(info.state()).isEqualTo(LogState.PARTIAL);
            assertThat(info.extent().bytes()).isEqualTo(TEXT.length());
            assertThat(info.extent().lines()).isEqualTo(4);
        });
        assertThat(source.find(ID)).contains(listed.get(0));
        assertThat(source.list("ci", "t2")).isEmpty();
        assertThat(source.list("shop", "t1")).isEmpty();
        assertThat(source.find(new ContainerLogId("ci", "t1", "log-of-t1", "step-a", 0)))
                .isEmpty();
        assertThat(source.link(ID, Duration.ofMinutes(1))).isEmpty();
    }

    @Test
    void partsAndLinesAreCutOutOfTheText() throws Exception {
        describe("S3", 7);
        texts.plant(LOG_RECORD, TEXT);

        assertThat(source.read(ID, 10, 3)).hasContent("one");
        assertThat(source.read(ID, TEXT.length() - 3, Long.MAX_VALUE)).hasContent("end");
        assertThat(source.read(ID, 1000, 1)).isEmpty();
        assertThat(new GZIPInputStream(source.openGzip(ID))).hasContent(TEXT);
        assertThat(source.locate(ID, LogSelection.lines(2, 1))).isEqualTo(new LogSpan(15, 12, 2, 1));
        assertThat(source.locate(ID, LogSelection.last(1))).isEqualTo(new LogSpan(27, 17, 3, 1));
        assertThat(source.locate(ID, LogSelection.last(9))).isEqualTo(new LogSpan(0, 44, 0, 4));
        assertThat(source.locate(ID, LogSelection.all())).isEqualTo(new LogSpan(0, 44, 0, 4));
        assertThat(source.locate(ID, LogSelection.lines(9, 1))).isEqualTo(new LogSpan(44, 0, 4, 0));
        List<Long> starts = new ArrayList<>();
        try (LogLines lines = source.lines(ID, 1)) {
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                starts.add(line.offset());
            }
        }
        assertThat(starts).containsExactly(14L, 15L, 27L);
        assertThatThrownBy(() -> source.locate(ID, LogSelection.since(Instant.EPOCH)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
    }

    @Test
    void aTextThatIsNotWholeYetIsNotTakenForIt() {
        describe("File", TEXT.length() + 1);
        texts.plant(LOG_RECORD, TEXT);

        ResultsException e = catchThrowableOfType(ResultsException.class, () -> source.list("ci", "t1"));

        assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(e).hasMessageContaining("read it again");
        assertThatThrownBy(() -> source.read(ID, 0, Long.MAX_VALUE).readAllBytes())
                .isInstanceOf(IOException.class);
    }

    @Test
    void aLogThatIsNotStoredIsNoneAndDeletingItHasNoEffect() {
        describe("S3", 0);

        assertThat(source.list("ci", "t1")).isEmpty();
        assertNotFound(() -> source.read(ID, 0, 1));
        assertThat(source.delete(RESULT.record("t1"), "t1")).isEqualTo(LogVolume.NONE);
    }

    @Test
    void deletingTheLogsOfATaskRunSaysHowMuchItWas() {
        describe("S3", 7);
        texts.plant(LOG_RECORD, TEXT);

        assertThat(source.measure(RESULT.record("t1"), "t1")).isEqualTo(new LogVolume(1, TEXT.length()));
        assertThat(source.delete(RESULT.record("t1"), "t1")).isEqualTo(new LogVolume(1, TEXT.length()));

        assertThat(texts.texts()).isEmpty();
    }

    @Test
    void aWholeServerIsCopiedWithItsLogs() throws Exception {
        archiveTaskRun();
        describe("S3", 7);
        texts.plant(LOG_RECORD, TEXT);
        InMemoryResultsStore target = new InMemoryResultsStore(InstantSource.system());
        InMemoryLogs targetLogs = new InMemoryLogs();

        RemoteCopy copy = RemoteCopy.builder(new GrpcResultsClient(server.channel(), GrpcOptions.defaults()), target)
                .logs(source, targetLogs)
                .build();
        CopyReport report = copy.run();

        assertThat(report.leftBehind()).isEmpty();
        assertThat(report.logs()).isEqualTo(1);
        assertThat(targetLogs.read(ID, 0, Long.MAX_VALUE)).hasContent(TEXT);
        assertThat(targetLogs.find(ID)).isEqualTo(source.find(ID));
        assertThat(copy.compare().isSame()).isTrue();
    }

    private void archiveTaskRun() {
        GrpcResultsStore store = new GrpcResultsStore(
                server.channel(),
                GrpcOptions.defaults(),
                new InMemoryResultsStore(InstantSource.system()),
                InstantSource.system());
        assertThat(store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true), SampleRuns.taskRun("t1", "p1"))))
                .allMatch(outcome -> outcome.isArchived());
    }

    private void describe(String type, long size) {
        GrpcResultsClient results = new GrpcResultsClient(server.channel(), GrpcOptions.defaults());
        if (results.findResult(RESULT).isEmpty()) {
            var unused = results.createResult(RESULT, java.util.Map.of(), null);
        }
        byte[] data = """
                {"apiVersion": "results.tekton.dev/v1alpha3", "kind": "Log",
                 "metadata": {"name": "t1-log", "namespace": "ci", "uid": "log-of-t1"},
                 "spec": {"type": "%s", "resource": {"kind": "TaskRun", "namespace": "ci", "name": "t1", "uid": "t1"}},
                 "status": {"size": %d, "isStored": true}}
                """.formatted(type, size).getBytes(StandardCharsets.UTF_8);
        var unused = results.createRecord(LOG_RECORD, "results.tekton.dev/v1alpha3.Log", data);
    }

    private static void assertNotFound(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        ResultsException e = catchThrowableOfType(ResultsException.class, call);
        assertThat(e.code()).isEqualTo(Code.NOT_FOUND);
    }

    /** What a server has whose logs something else stores. */
    private static final class LaterLogs extends LogsGrpc.LogsImplBase {

        private final List<String> asked = new java.util.concurrent.CopyOnWriteArrayList<>();

        @Override
        public void getLog(GetLogRequest request, StreamObserver<HttpBody> answer) {
            asked.add(request.getName());
            UpstreamLogs.send(ByteString.copyFromUtf8(TEXT), answer);
        }
    }
}
