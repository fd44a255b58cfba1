package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.SummaryStatus;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.InsecureServerCredentials;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over a real socket, against a server that follows the rules of Tekton Results. */
class GrpcResultsClientTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/a");
    private static final RecordName RECORD = RESULT.record("b");
    private static final String TYPE = "tekton.dev/v1.TaskRun";

    private final UpstreamResults upstream = new UpstreamResults(InstantSource.system());
    private final ResultsServer server = ResultsServer.start(InsecureServerCredentials.create(), upstream);
    private final GrpcResultsClient client = new GrpcResultsClient(server.channel(), GrpcOptions.defaults());

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void whatIsCreatedIsFound() {
        RecordSummary summary = new RecordSummary(
                RECORD,
                TYPE,
                Instant.parse("2026-11-01T08:00:00.123456Z"),
                null,
                SummaryStatus.FAILURE,
                Map.of("branch", "main"));

        Result result = client.createResult(RESULT, Map.of("team", "ü"), summary);
        Record record = client.createRecord(RECORD, TYPE, json("{\"kind\":\"TaskRun\"}"));

        assertThat(client.findResult(RESULT)).contains(result);
        assertThat(result.name()).isEqualTo(RESULT);
        assertThat(result.annotations()).containsExactly(Map.entry("team", "ü"));
        assertThat(result.summary()).contains(summary);
        assertThat(client.findRecord(RECORD)).contains(record);
        assertThat(record.type()).isEqualTo(TYPE);
        assertThat(text(record)).isEqualTo("{\"kind\":\"TaskRun\"}");
        assertThat(record.stored().uid()).hasSize(36);
        assertThat(record.stored().etag()).startsWith(record.stored().uid());
        assertThat(record.stored().createTime()).isBetween(Instant.now().minusSeconds(60), Instant.now());
    }

    @Test
    void whatDoesNotExistIsNotFoundAndDeletedWithoutEffect() {
        assertThat(client.findResult(RESULT)).isEmpty();
        assertThat(client.findRecord(RECORD)).isEmpty();
        client.deleteResult(RESULT);
        client.deleteRecord(RECORD);
        assertThat(server.calls()).containsExactly("GetResult", "GetRecord", "DeleteResult", "DeleteRecord");
    }

    @Test
    void creatingTwiceFailsAsAlreadyExisting() {
        client.createResult(RESULT, Map.of(), null);
        client.createRecord(RECORD, TYPE, json("{}"));

        assertCode(Code.ALREADY_EXISTS, () -> client.createResult(RESULT, Map.of(), null));
        assertCode(Code.ALREADY_EXISTS, () -> client.createRecord(RECORD, TYPE, json("{}")));
    }

    @Test
    void aRecordWithoutItsResultFailsAsConflict() {
        assertCode(Code.CONFLICT, () -> client.createRecord(RECORD, TYPE, json("{}")));
    }

    @Test
    void anUpdateReplacesWholeAndChangesTheEtag() {
        Result before = client.createResult(
                RESULT,
                Map.of("old", "1"),
                new RecordSummary(RECORD, TYPE, null, null, SummaryStatus.UNKNOWN, Map.of()));

        Result after = client.updateResult(
                RESULT, Map.of("new", "2"), null, before.stored().etag());

        assertThat(after.annotations()).containsExactly(Map.entry("new", "2"));
        assertThat(after.summary()).isEmpty();
        assertThat(after.stored().etag()).isNotEqualTo(before.stored().etag());
        assertThat(after.stored().uid()).isEqualTo(before.stored().uid());
        assertThat(client.findResult(RESULT)).contains(after);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "another"})
    void anUpdateWithAnotherEtagFailsAsConflictAndChangesNothing(String etag) {
        Result result = client.createResult(RESULT, Map.of(), null);
        Record record = client.createRecord(RECORD, TYPE, json("{}"));

        assertCode(Code.CONFLICT, () -> client.updateResult(RESULT, Map.of("x", "y"), null, etag));
        assertThat(assertCode(Code.CONFLICT, () -> client.updateRecord(RECORD, TYPE, json("{\"a\":1}"), etag)))
                .hasMessageContaining(etag.isEmpty() ? "the etag is empty" : "\"another\"");

        assertThat(client.findResult(RESULT)).contains(result);
        assertThat(client.findRecord(RECORD)).contains(record);
    }

    @Test
    void anUpdateOfWhatDoesNotExistFailsAsNotFound() {
        assertCode(Code.NOT_FOUND, () -> client.updateResult(RESULT, Map.of(), null, "etag"));
        assertCode(Code.NOT_FOUND, () -> client.updateRecord(RECORD, TYPE, json("{}"), "etag"));
    }

    @Test
    void deletingAResultDeletesItsRecords() {
        client.createResult(RESULT, Map.of(), null);
        client.createRecord(RECORD, TYPE, json("{}"));

        client.deleteResult(RESULT);

        assertThat(client.findResult(RESULT)).isEmpty();
        assertThat(client.findRecord(RECORD)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{} {}", "{'a':1}"})
    void dataThatIsNotJsonIsInvalidBeforeItIsSent(String data) {
        assertCode(Code.INVALID, () -> client.createRecord(RECORD, TYPE, json(data)));
        assertCode(Code.INVALID, () -> client.updateRecord(RECORD, TYPE, json(data), "etag"));
        assertThat(server.calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5, 7, 23, 50})
    void pagesOfAnySizeHoldEachRowOnceInTheOrderAskedFor(int size) {
        createResults(23);

        for (String orderBy : List.of("", "create_time", "create_time desc", "update_time asc")) {
            ListQuery query =
                    ListQuery.of("ci").orderBy(ListOrder.parse(orderBy)).pageSize(size);
            List<Page<Result>> pages = walk(query, client::listResults);

            List<Result> all = pages.stream().flatMap(p -> p.items().stream()).toList();
            assertThat(all).hasSize(23).doesNotHaveDuplicates();
            assertThat(all).isEqualTo(client.listResults(query.pageSize(10_000)).items());
            assertThat(pages).hasSize((23 + size - 1) / size);
            assertThat(pages.subList(0, pages.size() - 1))
                    .allSatisfy(page -> assertThat(page.items()).hasSize(size));
        }
    }

    @Test
    void ordersAreThoseOfTheServer() {
        createResults(8);
        ListQuery query = ListQuery.of("ci");

        assertThat(client.listResults(query).items())
                .isSortedAccordingTo(
                        (a, b) -> a.stored().uid().compareTo(b.stored().uid()));
        assertThat(client.listResults(query.orderBy(ListOrder.parse("create_time desc")))
                        .items())
                .isSortedAccordingTo(
                        (a, b) -> b.stored().createTime().compareTo(a.stored().createTime()));
    }

    @Test
    void smallPagesLoseNothingWhenWhatWasSeenIsDeletedMeanwhile() {
        createResults(12);
        ListQuery query = ListQuery.of("ci").pageSize(3);
        List<Result> expected = client.listResults(query.pageSize(100)).items();

        List<Result> seen = new ArrayList<>();
        Optional<String> token = Optional.of("");
        while (token.isPresent()) {
            Page<Result> page = client.listResults(query.pageToken(token.get()));
            seen.addAll(page.items());
            page.items().forEach(result -> client.deleteResult(result.name()));
            token = page.nextPageToken();
        }

        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void theLastPageIsTheLastWhateverItsSize() {
        createResults(10);

        assertThat(walk(ListQuery.of("ci").pageSize(5), client::listResults)).hasSize(2);
        assertThat(walk(ListQuery.of("ci").pageSize(2), client::listResults)).hasSize(5);
        assertThat(client.listResults(ListQuery.of("other")).items()).isEmpty();
    }

    @Test
    void recordsAreListedOfOneResultAndOfAny() {
        client.createResult(RESULT, Map.of(), null);
        ResultName other = ResultName.parse("prod/results/z");
        client.createResult(other, Map.of(), null);
        Record one = client.createRecord(RECORD, TYPE, json("{\"n\":1}"));
        Record two = client.createRecord(other.record("y"), TYPE, json("{\"n\":2}"));

        assertThat(client.listRecords(ListQuery.of("ci/results/a")).items()).containsExactly(one);
        assertThat(client.listRecords(ListQuery.of("prod/results/-")).items()).containsExactly(two);
        assertThat(client.listRecords(ListQuery.of("-/results/-")).items()).containsExactlyInAnyOrder(one, two);
        assertThat(client.listResults(ListQuery.of("-")).items()).hasSize(2);
    }

    /** The server here sends everything, as one without partial responses does. */
    @Test
    void theBasicViewAsksForNoDataAndShowsNone() {
        client.createResult(RESULT, Map.of(), null);
        Record one = client.createRecord(RECORD, TYPE, json("{\"n\":1}"));
        server.forgetCalls();
        ListQuery query = ListQuery.of("ci/results/a");

        List<Record> basic =
                client.listRecords(query.view(ListQuery.View.BASIC)).items();
        List<Record> full = client.listRecords(query).items();

        assertThat(full).containsExactly(one);
        assertThat(basic).containsExactly(one.withoutData());
        assertThat(server.fields())
                .containsExactly(
                        "records.name,records.uid,records.etag,records.create_time,records.update_time,"
                                + "records.data.type,next_page_token",
                        "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mangled", "~", "~abc", "abc~def"})
    void aMangledPageTokenIsInvalid(String token) {
        createResults(7);

        assertThat(assertCode(
                        Code.INVALID,
                        () -> client.listResults(ListQuery.of("ci").pageToken(token))))
                .hasMessageContaining("page token \"" + token);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void aTokenOfAnotherListIsInvalid(int size) {
        createResults(7);
        String token = client.listResults(ListQuery.of("ci").pageSize(size))
                .nextPageToken()
                .orElseThrow();

        assertCode(Code.INVALID, () -> client.listResults(ListQuery.of("other").pageToken(token)));
        assertCode(
                Code.INVALID,
                () -> client.listResults(ListQuery.of("ci")
                        .orderBy(ListOrder.parse("update_time"))
                        .pageToken(token)));
    }

    @Test
    void anOrderThatTheProtocolLacksIsInvalid() {
        ListOrder order = new ListOrder(ListOrder.Field.ID, ListOrder.Direction.DESC);

        assertCode(Code.INVALID, () -> client.listResults(ListQuery.of("ci").orderBy(order)));
        for (String time : List.of("start_time", "end_time desc")) {
            ListOrder ofRun = ListOrder.parse(time);
            assertCode(Code.INVALID, () -> client.listResults(ListQuery.of("ci").orderBy(ofRun)));
            assertCode(
                    Code.INVALID,
                    () -> client.listRecords(ListQuery.of("ci/results/-").orderBy(ofRun)));
        }
        assertCode(Code.INVALID, () -> client.listResults(ListQuery.of("ci/results/a")));
        assertCode(Code.INVALID, () -> client.listRecords(ListQuery.of("ci")));
    }

    @Test
    void aListThatFailsIsNoPage() {
        createResults(12);
        String token = client.listResults(ListQuery.of("ci").pageSize(5))
                .nextPageToken()
                .orElseThrow();
        server.failWith(method -> Status.UNAVAILABLE);

        assertCode(Code.UNAVAILABLE, () -> client.listResults(ListQuery.of("ci").pageToken(token)));
    }

    @Test
    void recordsAndPagesOverFourMebibytesArrive() {
        client.createResult(RESULT, Map.of(), null);
        String data = "{\"script\":\"" + "x".repeat(3_000_000) + "\"}";
        client.createRecord(RESULT.record("one"), TYPE, json(data));
        client.createRecord(RESULT.record("two"), TYPE, json(data));
        String large = "{\"script\":\"" + "y".repeat(9_000_000) + "\"}";
        upstream.plant(ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                .setName(RECORD.toString())
                .setUid("uid")
                .setData(ch.sbb.esta.results.grpc.v1alpha2.Any.newBuilder()
                        .setType(TYPE)
                        .setValue(ByteString.copyFromUtf8(large)))
                .build());

        assertThat(client.findRecord(RECORD)).map(r -> r.data().length).contains(large.length());
        assertThat(client.listRecords(ListQuery.of("ci/results/a")).items()).hasSize(3);
    }

    @Test
    void whatIsTooLargeForARequestIsInvalidBeforeItIsSent() {
        client.createResult(RESULT, Map.of(), null);
        server.forgetCalls();
        byte[] data = json("{\"script\":\"" + "x".repeat(4 << 20) + "\"}");

        ResultsException e = assertCode(Code.INVALID, () -> client.createRecord(RECORD, TYPE, data));

        assertThat(e).hasMessageContaining("4194304").hasMessageContaining("maxRequestBytes");
        assertThat(e.subject()).contains(RECORD.toString());
        assertThat(server.calls()).isEmpty();
    }

    @Test
    void whatIsTooLargeForTheServerOrForAnAnswerIsInvalidToo() {
        client.createResult(RESULT, Map.of(), null);
        client.createRecord(RECORD, TYPE, json("{\"script\":\"" + "x".repeat(100_000) + "\"}"));
        GrpcResultsClient bold = new GrpcResultsClient(
                server.channel(), GrpcOptions.builder().maxRequestBytes(8 << 20).build());
        GrpcResultsClient narrow = new GrpcResultsClient(
                server.channel(), GrpcOptions.builder().maxResponseBytes(10_000).build());

        assertCode(
                Code.INVALID,
                () -> bold.createRecord(RESULT.record("c"), TYPE, json("{\"s\":\"" + "x".repeat(5 << 20) + "\"}")));
        assertThat(assertCode(Code.INVALID, () -> narrow.findRecord(RECORD))).hasMessageContaining("maxResponseBytes");
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT, INVALID, false",
        "OUT_OF_RANGE, INVALID, false",
        "ALREADY_EXISTS, ALREADY_EXISTS, false",
        "FAILED_PRECONDITION, CONFLICT, false",
        "ABORTED, CONFLICT, false",
        "UNAUTHENTICATED, DENIED, false",
        "PERMISSION_DENIED, DENIED, false",
        "UNAVAILABLE, UNAVAILABLE, true",
        "RESOURCE_EXHAUSTED, UNAVAILABLE, true",
        "DEADLINE_EXCEEDED, TIMEOUT, true",
        "UNKNOWN, INTERNAL, false",
        "INTERNAL, INTERNAL, false",
        "UNIMPLEMENTED, INTERNAL, false",
        "DATA_LOSS, INTERNAL, false",
        "CANCELLED, INTERNAL, false",
    })
    void eachStatusHasItsCode(Status.Code status, Code code, boolean retryable) {
        server.failWith(method -> status.toStatus().withDescription("be\u0000cause"));

        ResultsException e = assertCode(code, () -> client.findResult(RESULT));

        assertThat(e.isRetryable()).isEqualTo(retryable);
        assertThat(e.subject()).contains(RESULT.toString());
        assertThat(e).hasMessageContaining("GetResult ended with " + status);
        assertThat(e.getMessage()).doesNotContain("\u0000");
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        GrpcResultsClient lost;
        try (ResultsServer gone = ResultsServer.start()) {
            lost = new GrpcResultsClient(gone.channel(), GrpcOptions.defaults());
        }
        server.close();

        assertCode(Code.UNAVAILABLE, () -> client.findResult(RESULT));
        assertCode(Code.UNAVAILABLE, () -> lost.findResult(RESULT));
    }

    @Test
    void aServerThatDoesNotAnswerIsATimeout() {
        GrpcResultsClient hasty = new GrpcResultsClient(
                server.channel(),
                GrpcOptions.builder()
                        .callTimeout(Duration.ofMillis(300))
                        .listTimeout(Duration.ofMillis(500))
                        .build());
        server.failWith(method -> ResultsServer.Fault.SILENCE);

        assertCode(Code.TIMEOUT, () -> hasty.findResult(RESULT));
        assertCode(Code.TIMEOUT, () -> hasty.listResults(ListQuery.of("ci")));
    }

    @Test
    void anInterruptedCallEndsAndLeavesTheFlagSet() {
        server.failWith(method -> ResultsServer.Fault.SILENCE);
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> client.findResult(RESULT)).isInstanceOf(ResultsException.class);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    @SuppressWarnings("deprecation")
    void fieldsOfOlderServersAreRead() {
        upstream.plant(ch.sbb.esta.results.grpc.v1alpha2.Result.newBuilder()
                .setName(RESULT.toString())
                .setId("old-uid")
                .setCreatedTime(Timestamp.newBuilder().setSeconds(100).setNanos(1_234_567))
                .setUpdatedTime(Timestamp.newBuilder().setSeconds(200))
                .setSummary(ch.sbb.esta.results.grpc.v1alpha2.RecordSummary.getDefaultInstance())
                .build());
        upstream.plant(ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                .setName(RECORD.toString())
                .setId("old-uid")
                .setCreatedTime(Timestamp.newBuilder().setSeconds(300))
                .setUpdatedTime(Timestamp.newBuilder().setSeconds(400))
                .build());

        Result result = client.findResult(RESULT).orElseThrow();
        Record record = client.findRecord(RECORD).orElseThrow();

        assertThat(result.stored())
                .isEqualTo(new Result.Stored(
                        "old-uid", Instant.ofEpochSecond(100, 1_234_000), Instant.ofEpochSecond(200), ""));
        assertThat(result.summary()).isEmpty();
        assertThat(record.stored().uid()).isEqualTo("old-uid");
        assertThat(record.stored().createTime()).isEqualTo(Instant.ofEpochSecond(300));
        assertThat(record.stored().updateTime()).isEqualTo(Instant.ofEpochSecond(400));
    }

    @Test
    void aMalformedNameInAnAnswerIsAFaultOfTheServer() {
        upstream.plant(ch.sbb.esta.results.grpc.v1alpha2.Result.newBuilder()
                .setName("ci/results/x")
                .setSummary(ch.sbb.esta.results.grpc.v1alpha2.RecordSummary.newBuilder()
                        .setRecord("no name"))
                .build());

        assertCode(Code.INTERNAL, () -> client.findResult(ResultName.parse("ci/results/x")));
    }

    private void createResults(int count) {
        for (int i = 0; i < count; i++) {
            client.createResult(ResultName.parse(String.format(Locale.ROOT, "ci/results/r%03d", i)), Map.of(), null);
        }
    }

    private static <T> List<Page<T>> walk(ListQuery query, Function<ListQuery, Page<T>> list) {
        List<Page<T>> pages = new ArrayList<>();
        @Nullable String token = "";
        while (token != null) {
            Page<T> page = list.apply(query.pageToken(token));
            pages.add(page);
            assertThat(pages).as("pages of one list").hasSizeLessThan(100);
            token = page.nextPageToken().orElse(null);
        }
        return pages;
    }

    private static ResultsException assertCode(Code code, ThrowingCallable call) {
        ResultsException e = catchThrowableOfType(ResultsException.class, call);
        assertThat(e).as("a failure as " + code).isNotNull();
        assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
        return e;
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Record record) {
        return new String(record.data(), StandardCharsets.UTF_8);
    }
}
