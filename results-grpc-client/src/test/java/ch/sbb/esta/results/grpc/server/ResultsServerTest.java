package ch.sbb.esta.results.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.AccessDecision;
import ch.sbb.esta.results.AccessRequest;
import ch.sbb.esta.results.Caller;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.grpc.v1alpha2.Any;
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
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummaryRequest;
import ch.sbb.esta.results.grpc.v1alpha2.RecordSummary;
import ch.sbb.esta.results.grpc.v1alpha2.Result;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc.ResultsBlockingStub;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateResultRequest;
import ch.sbb.esta.results.memory.InMemoryRecordStatistics;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the protocol, asked with its own messages over a real socket. */
class ResultsServerTest {

    private static final String RECORD = "ci/results/p1/records/t1";

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final List<AccessRequest> asked = new CopyOnWriteArrayList<>();
    private final Authorizer onlyCi = request -> {
        asked.add(request);
        if (request.caller().bearerToken().isEmpty()) {
            return AccessDecision.unauthenticated("no token was sent");
        }
        return request.parent().equals("ci") ? AccessDecision.allow() : AccessDecision.deny("not yours");
    };
    private final Served open = Served.plaintext(ResultsServices.builder(store, Authorizer.allowAll())
            .statistics(new InMemoryRecordStatistics(store))
            .build());
    private final Served guarded =
            Served.plaintext(ResultsServices.builder(store, onlyCi).build());
    private final ResultsBlockingStub calls = ResultsGrpc.newBlockingStub(open.channel());

    @AfterEach
    void stop() throws InterruptedException {
        open.close();
        guarded.close();
    }

    private static Status.Code code(Supplier<?> call) {
        return failure(call).getCode();
    }

    private static Status failure(Supplier<?> call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call::get);
        assertThat(thrown).as("the call succeeded").isNotNull();
        return thrown.getStatus();
    }

    private void archiveOne() {
        store.archive(List.of(ServedRuns.pipelineRun("ci", "p1"), ServedRuns.taskRun("ci", "t1", "p1")));
    }

    private static Any json(String json) {
        return Any.newBuilder()
                .setType("x/v1.Y")
                .setValue(ByteString.copyFromUtf8(json))
                .build();
    }

    private static CreateRecordRequest record(String name, String json) {
        return CreateRecordRequest.newBuilder()
                .setParent(name.substring(0, name.indexOf("/records")))
                .setRecord(ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                        .setName(name)
                        .setData(json(json)))
                .build();
    }

    @Test
    @SuppressWarnings("deprecation")
    void aResultHasItsTimesAndIdUnderTheOldNamesToo() {
        archiveOne();

        Result result = calls.getResult(
                GetResultRequest.newBuilder().setName("ci/results/p1").build());

        assertThat(result.getUid()).isNotEmpty().isEqualTo(result.getId());
        assertThat(result.getCreateTime()).isEqualTo(result.getCreatedTime());
        assertThat(result.getUpdateTime()).isEqualTo(result.getUpdatedTime());
        assertThat(result.getEtag()).isNotEmpty();
        assertThat(result.getSummary().getStatus()).isEqualTo(RecordSummary.Status.SUCCESS);
        assertThat(result.getSummary().getRecord()).isEqualTo("ci/results/p1/records/p1");
        assertThat(result.getAnnotationsMap()).containsEntry("tekton.dev/pipeline", "build");
    }

    @Test
    void whatIsThereIsNotCreatedAgainAndWhatIsNotThereIsNotFound() {
        CreateResultRequest result = CreateResultRequest.newBuilder()
                .setParent("ci")
                .setResult(Result.newBuilder().setName("ci/results/r").putAnnotations("a", "1"))
                .build();
        assertThat(calls.createResult(result).getAnnotationsMap()).containsOnly(Map.entry("a", "1"));
        assertThat(code(() -> calls.createResult(result))).isEqualTo(Status.Code.ALREADY_EXISTS);
        assertThat(calls.createRecord(record("ci/results/r/records/one", "{\"a\": 1}"))
                        .getEtag())
                .isNotEmpty();
        assertThat(code(() -> calls.createRecord(record("ci/results/r/records/one", "{\"a\": 1}"))))
                .isEqualTo(Status.Code.ALREADY_EXISTS);
        assertThat(code(() -> calls.createRecord(record("ci/results/none/records/one", "{}"))))
                .isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(code(() -> calls.createRecord(record("ci/results/r/records/two", "{"))))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        CreateResultRequest elsewhere = result.toBuilder().setParent("other").build();
        assertThat(code(() -> calls.createResult(elsewhere))).isEqualTo(Status.Code.INVALID_ARGUMENT);

        DeleteRecordRequest deleteRecord = DeleteRecordRequest.newBuilder()
                .setName("ci/results/r/records/one")
                .build();
        calls.deleteRecord(deleteRecord);
        assertThat(code(() -> calls.deleteRecord(deleteRecord))).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(code(() -> calls.getRecord(GetRecordRequest.newBuilder()
                        .setName("ci/results/r/records/one")
                        .build())))
                .isEqualTo(Status.Code.NOT_FOUND);
        DeleteResultRequest deleteResult =
                DeleteResultRequest.newBuilder().setName("ci/results/r").build();
        calls.deleteResult(deleteResult);
        assertThat(code(() -> calls.deleteResult(deleteResult))).isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void anUpdateGoesByTheEtagOfTheRequestAndMayComeWithout() {
        archiveOne();
        UpdateRecordRequest update = UpdateRecordRequest.newBuilder()
                .setRecord(ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                        .setName(RECORD)
                        .setEtag("not looked at")
                        .setData(json("{\"new\": true}")))
                .build();
        assertThat(code(() ->
                        calls.updateRecord(update.toBuilder().setEtag("other").build())))
                .isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(calls.updateRecord(update).getData().getValue().toStringUtf8())
                .contains("new");

        Result cleared = calls.updateResult(UpdateResultRequest.newBuilder()
                .setName("ci/results/p1")
                .setResult(Result.newBuilder().putAnnotations("only", "this"))
                .build());
        assertThat(cleared.hasSummary()).isFalse();
        assertThat(cleared.getAnnotationsMap()).containsOnly(Map.entry("only", "this"));
        assertThat(code(() -> calls.updateResult(UpdateResultRequest.newBuilder()
                        .setName("ci/results/p1")
                        .setResult(Result.newBuilder()
                                .setSummary(RecordSummary.newBuilder().setRecord(RECORD)))
                        .build())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 4, 10_001})
    void pageSizesThatTektonResultsRefusesAreRefused(int size) {
        assertThat(failure(() -> calls.listResults(ListResultsRequest.newBuilder()
                                .setParent("-")
                                .setPageSize(size)
                                .build()))
                        .toString())
                .contains("INVALID_ARGUMENT", "page_size " + size);
    }

    @Test
    void pagesOfTenThousandArriveAndTokensBelongToTheirList() {
        List<RunPlacement> runs = new ArrayList<>();
        for (int i = 0; i < 10_050; i++) {
            runs.add(ServedRuns.taskRun("ci", "t" + i, "p1"));
        }
        store.archive(runs);

        ListRecordsRequest request = ListRecordsRequest.newBuilder()
                .setParent("ci/results/-")
                .setPageSize(10_000)
                .build();
        ListRecordsResponse first = calls.listRecords(request);
        ListRecordsResponse last = calls.listRecords(
                request.toBuilder().setPageToken(first.getNextPageToken()).build());

        assertThat(first.getRecordsCount()).isEqualTo(10_000);
        assertThat(last.getRecordsCount()).isEqualTo(50);
        assertThat(last.getNextPageToken()).isEmpty();
        Set<String> names = new HashSet<>();
        first.getRecordsList().forEach(record -> names.add(record.getName()));
        last.getRecordsList().forEach(record -> names.add(record.getName()));
        assertThat(names).hasSize(10_050);
        for (ListRecordsRequest foreign : List.of(
                request.toBuilder().setParent("ci/results/p1").build(),
                request.toBuilder().setFilter("data_type == TASK_RUN").build(),
                request.toBuilder().setOrderBy("update_time desc").build())) {
            assertThat(code(() -> calls.listRecords(foreign.toBuilder()
                            .setPageToken(first.getNextPageToken())
                            .build())))
                    .isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
    }

    @Test
    void aPageEndsWhereItGetsTooLargeAndRecordsLargerThanFourMegabytesArrive() throws Exception {
        for (int i = 0; i < 7; i++) {
            store.archive(List.of(ServedRuns.large("ci", "big" + i, 5_000_000)));
        }
        try (Served small = Served.plaintext(ResultsServices.builder(store, Authorizer.allowAll())
                .maxPageBytes(12_000_000)
                .build())) {
            ResultsBlockingStub stub =
                    ResultsGrpc.newBlockingStub(small.channel()).withMaxInboundMessageSize(64 << 20);
            Set<String> names = new HashSet<>();
            String token = "";
            int pages = 0;
            do {
                ListRecordsResponse page = stub.listRecords(ListRecordsRequest.newBuilder()
                        .setParent("-/results/-")
                        .setPageToken(token)
                        .setPageSize(5)
                        .build());
                page.getRecordsList().forEach(record -> names.add(record.getName()));
                token = page.getNextPageToken();
                pages++;
            } while (!token.isEmpty());
            assertThat(names).hasSize(7);
            assertThat(pages).isBetween(2, 7);
        }
    }

    @Test
    void filtersAndOrdersAreThoseOfTektonResults() {
        archiveOne();
        store.archive(List.of(ServedRuns.pipelineRun("ci", "p2"), ServedRuns.pipelineRun("cd", "p3")));

        ListResultsResponse found = calls.listResults(ListResultsRequest.newBuilder()
                .setParent("-")
                .setFilter("summary.status == SUCCESS && parent == 'ci'")
                .setOrderBy("summary.start_time desc")
                .build());
        assertThat(found.getResultsList())
                .extracting(Result::getName)
                .containsExactlyInAnyOrder("ci/results/p1", "ci/results/p2");
        assertThat(failure(() -> calls.listResults(ListResultsRequest.newBuilder()
                                .setParent("ci")
                                .setFilter("summary.status = SUCCESS")
                                .build()))
                        .toString())
                .contains("INVALID_ARGUMENT", "line 1, column");
        assertThat(code(() -> calls.listRecords(ListRecordsRequest.newBuilder()
                        .setParent("ci/results/-")
                        .setOrderBy("size desc")
                        .build())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(code(() -> calls.listRecords(
                        ListRecordsRequest.newBuilder().setParent("ci").build())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void answersAreCutDownToTheFieldsThatAreNamed() {
        archiveOne();
        ResultsBlockingStub named = ResultsGrpc.newBlockingStub(open.withHeader(
                "fields", "records.name,records.data.value.metadata.name,records.data.value.gone.deep"));

        ListRecordsResponse page = named.listRecords(ListRecordsRequest.newBuilder()
                .setParent("ci/results/p1")
                .setFilter("data_type == TASK_RUN")
                .build());

        assertThat(page.getRecordsList()).hasSize(1);
        assertThat(page.getRecords(0).getName()).isEqualTo(RECORD);
        assertThat(page.getRecords(0).getEtag()).isEmpty();
        assertThat(page.getRecords(0).getData().getValue().toStringUtf8())
                .isEqualTo("{\"metadata\":{\"name\":\"task-t1\"},\"gone\":{\"deep\":null}}");
        ResultsBlockingStub wrong = ResultsGrpc.newBlockingStub(open.withHeader("fields", "records.nmae"));
        assertThat(failure(() -> wrong.listRecords(ListRecordsRequest.newBuilder()
                                .setParent("ci/results/p1")
                                .build()))
                        .toString())
                .contains("INVALID_ARGUMENT", "nmae");
    }

    @Test
    void figuresComeAsNumbersSecondsAndIntervals() {
        archiveOne();

        Struct all = calls.getRecordListSummary(RecordListSummaryRequest.newBuilder()
                        .setParent("ci/results/-")
                        .setSummary("total,succeeded,failed,last_runtime,max_duration")
                        .build())
                .getSummary(0);
        assertThat(all.getFieldsOrThrow("total").getNumberValue()).isEqualTo(2);
        assertThat(all.getFieldsOrThrow("succeeded").getNumberValue()).isEqualTo(1);
        assertThat(all.getFieldsOrThrow("failed").getNumberValue()).isEqualTo(1);
        assertThat(all.getFieldsOrThrow("last_runtime").getNumberValue()).isEqualTo(1793520005);
        assertThat(all.getFieldsOrThrow("max_duration").getStringValue()).isEqualTo("00:01:30");

        List<Struct> groups = calls.getRecordListSummary(RecordListSummaryRequest.newBuilder()
                        .setParent("-/results/-")
                        .setGroupBy("namespace")
                        .build())
                .getSummaryList();
        assertThat(groups).hasSize(1);
        assertThat(groups.get(0).getFieldsOrThrow("group_value").getStringValue())
                .isEqualTo("ci");
        assertThat(groups.get(0).getFieldsOrThrow("total").getNumberValue()).isEqualTo(2);
        assertThat(code(() -> ResultsGrpc.newBlockingStub(guarded.withHeader("authorization", "Bearer t"))
                        .getRecordListSummary(RecordListSummaryRequest.newBuilder()
                                .setParent("ci/results/-")
                                .build())))
                .isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void everyCallIsShownToTheAuthorizerAndRefusalsSayWhyButNotTheToken() {
        archiveOne();
        ResultsBlockingStub nobody = ResultsGrpc.newBlockingStub(guarded.channel());
        ResultsBlockingStub somebody =
                ResultsGrpc.newBlockingStub(guarded.withHeader("authorization", "Bearer s3cr3t"));
        GetRecordRequest get = GetRecordRequest.newBuilder().setName(RECORD).build();

        assertThat(failure(() -> nobody.getRecord(get)).toString()).contains("UNAUTHENTICATED", "no token was sent");
        assertThat(somebody.getRecord(get).getName()).isEqualTo(RECORD);
        Status denied = failure(() -> somebody.listResults(
                ListResultsRequest.newBuilder().setParent("-").build()));
        assertThat(denied.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(denied.getDescription())
                .contains("permission denied", "list results in all namespaces", "not yours")
                .doesNotContain("s3cr3t");
        assertThat(asked).last().satisfies(request -> {
            assertThat(request.caller()).isEqualTo(new Caller("s3cr3t", null));
            assertThat(request.toString()).isEqualTo("list results in all namespaces");
            assertThat(request.caller().toString()).doesNotContain("s3cr3t");
        });
        assertThat(code(() -> somebody.deleteResult(DeleteResultRequest.newBuilder()
                        .setName("other/results/r")
                        .build())))
                .isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void impersonationIsReadOffTheHeaders() {
        ResultsBlockingStub acting = ResultsGrpc.newBlockingStub(guarded.withHeader("authorization", "bearer t"))
                .withInterceptors(io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(headers(
                        "impersonate-user", "ann",
                        "impersonate-group", "dev",
                        "impersonate-group", "ops",
                        "impersonate-extra-project", "one")));
        assertThat(code(() -> acting.getRecord(
                        GetRecordRequest.newBuilder().setName(RECORD).build())))
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(asked.get(0).caller().impersonation()).hasValueSatisfying(as -> {
            assertThat(as.user()).isEqualTo("ann");
            assertThat(as.groups()).containsExactly("dev", "ops");
            assertThat(as.extra()).containsExactly(Map.entry("project", List.of("one")));
        });
        ResultsBlockingStub nameless =
                ResultsGrpc.newBlockingStub(guarded.withHeader("impersonate-group", "system:masters"));
        assertThat(code(() -> nameless.getRecord(
                        GetRecordRequest.newBuilder().setName(RECORD).build())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    private static io.grpc.Metadata headers(String... pairs) {
        io.grpc.Metadata headers = new io.grpc.Metadata();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.put(io.grpc.Metadata.Key.of(pairs[i], io.grpc.Metadata.ASCII_STRING_MARSHALLER), pairs[i + 1]);
        }
        return headers;
    }

    @Test
    void aFaultOfOursHasANumberAndNoDetails() throws Exception {
        Authorizer broken = request -> {
            throw new IllegalStateException("jdbc:postgresql://db/x?password=hunter2");
        };
        try (Served served =
                Served.plaintext(ResultsServices.builder(store, broken).build())) {
            Status status = failure(() -> ResultsGrpc.newBlockingStub(served.channel())
                    .getRecord(GetRecordRequest.newBuilder().setName(RECORD).build()));
            assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(status.getDescription())
                    .contains("GetRecord", "incident ")
                    .doesNotContain("hunter2");
        }
    }

    @Test
    void aListThatNobodyWaitsForStopsReading() throws Exception {
        EndlessRecords endless = new EndlessRecords();
        try (Served served = Served.plaintext(
                ResultsServices.builder(endless, Authorizer.allowAll()).build())) {
            Context.CancellableContext context = Context.current().withCancellation();
            var waiting = new Thread(() -> context.run(() -> {
                Status.Code unused = code(() -> ResultsGrpc.newBlockingStub(served.channel())
                        .listRecords(ListRecordsRequest.newBuilder()
                                .setParent("-/results/-")
                                .setPageSize(10_000)
                                .build()));
            }));
            waiting.start();
            Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> endless.pages.get() > 3);
            context.cancel(null);
            waiting.join(Duration.ofSeconds(10).toMillis());
            Awaitility.await()
                    .during(Duration.ofMillis(200))
                    .atMost(Duration.ofSeconds(60))
                    .until(endless.pages::get, new Still());
        }
    }

    /** True while a number stays what it was when it was first seen. */
    private static final class Still extends org.hamcrest.BaseMatcher<Integer> {

        private int last = -1;

        @Override
        public boolean matches(Object actual) {
            boolean same = last == (Integer) actual;
            last = (Integer) actual;
            return same;
        }

        @Override
        public void describeTo(org.hamcrest.Description description) {
            description.appendText("the same number again");
        }
    }

    @Test
    void healthAndReflectionAreForEverybody() throws Exception {
        var health = HealthGrpc.newBlockingStub(guarded.channel());
        for (String service : List.of("", "tekton.results.v1alpha2.Results")) {
            assertThat(health.check(HealthCheckRequest.newBuilder()
                                    .setService(service)
                                    .build())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
        BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
        StreamObserver<ServerReflectionRequest> reflection = ServerReflectionGrpc.newStub(guarded.channel())
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {
                        answers.add(answer);
                    }

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onCompleted() {}
                });
        reflection.onNext(
                ServerReflectionRequest.newBuilder().setListServices("").build());
        ServerReflectionResponse answer = answers.poll(10, TimeUnit.SECONDS);
        reflection.onCompleted();
        assertThat(answer).isNotNull();
        assertThat(answer.getListServicesResponse().getServiceList())
                .extracting(io.grpc.reflection.v1.ServiceResponse::getName)
                .contains("tekton.results.v1alpha2.Results", "grpc.health.v1.Health");
    }

    /** A store whose lists never end. */
    private static final class EndlessRecords extends ForwardingStore {

        private final AtomicInteger pages = new AtomicInteger();

        EndlessRecords() {
            super(new InMemoryResultsStore(InstantSource.system()));
        }

        @Override
        public Page<Record> listRecords(ListQuery query) {
            pages.incrementAndGet();
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            return new Page<>(List.of(), "more");
        }
    }
}
