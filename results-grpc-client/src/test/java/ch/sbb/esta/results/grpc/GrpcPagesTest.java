package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Large pages, large Records and Records in part, over a real socket. */
class GrpcPagesTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/a");
    private static final Metadata.Key<String> FIELDS = Metadata.Key.of("fields", Metadata.ASCII_STRING_MARSHALLER);

    private final UpstreamResults upstream = new UpstreamResults(InstantSource.system());
    private final ResultsServer server = ResultsServer.serving(upstream);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aPageHoldsTenThousandRecords() {
        plant(10_001, 100);
        GrpcResultsClient client = new GrpcResultsClient(server.channel(), GrpcOptions.defaults());

        Page<Record> first = client.listRecords(ListQuery.of(RESULT.toString()).pageSize(10_000));

        assertThat(first.items()).hasSize(10_000);
        assertThat(server.calls()).containsExactly("ListRecords");
        Page<Record> second = client.listRecords(ListQuery.of(RESULT.toString())
                .pageSize(10_000)
                .pageToken(first.nextPageToken().orElseThrow()));
        assertThat(second.items()).hasSize(1);
        assertThat(second.nextPageToken()).isEmpty();
    }

    @Test
    void recordsBeyondFourMegabytesArrive() {
        plant(3, 6_000_000);
        GrpcResultsClient client = new GrpcResultsClient(server.channel(), GrpcOptions.defaults());

        assertThat(client.listRecords(ListQuery.of(RESULT.toString())).items())
                .hasSize(3)
                .allSatisfy(record -> assertThat(record.data().length).isGreaterThan(6_000_000));
        assertThat(client.findRecord(name(0))).isPresent();
    }

    @Test
    void aPageThatDoesNotFitIsAskedForInHalvesAndNothingIsLostOrSeenTwice() {
        plant(100, 10_000);
        GrpcResultsClient client = new GrpcResultsClient(
                server.channel(),
                GrpcOptions.builder().maxResponseBytes(200_000).build());

        List<Record> all = Pages.stream(ListQuery.of(RESULT.toString()).pageSize(100), client::listRecords)
                .toList();

        assertThat(all).hasSize(100).doesNotHaveDuplicates();
        assertThat(server.calls()).hasSizeLessThan(60);
    }

    @Test
    void aPageOfTheFewestThatDoesNotFitSaysWhatToDo() {
        plant(5, 100_000);
        GrpcResultsClient client = new GrpcResultsClient(
                server.channel(),
                GrpcOptions.builder().maxResponseBytes(200_000).build());

        ResultsException e =
                catchThrowableOfType(ResultsException.class, () -> client.listRecords(ListQuery.of(RESULT.toString())));

        assertThat(e.code()).isEqualTo(Code.INVALID);
        assertThat(e).hasMessageContaining("maxResponseBytes");
    }

    @Test
    void recordsAreAskedForInPartByTheHeaderOfTheirCall() {
        plant(2, 10);
        GrpcResultsClient client = new GrpcResultsClient(server.channel(), GrpcOptions.defaults())
                .withDataFields(List.of("metadata.name", "status.conditions"));

        assertThat(client.listRecords(ListQuery.of(RESULT.toString())).items()).hasSize(2);
        assertThat(client.findRecord(name(0))).isPresent();
        assertThat(client.findResult(RESULT)).isEmpty();

        assertThat(server.headers().get(0).get(FIELDS))
                .isEqualTo("records.name,records.uid,records.etag,records.create_time,records.update_time,"
                        + "records.data.type,records.data.value.metadata.name,records.data.value.status.conditions,"
                        + "next_page_token");
        assertThat(server.headers().get(1).get(FIELDS))
                .isEqualTo("name,uid,etag,create_time,update_time,data.type,data.value.metadata.name,"
                        + "data.value.status.conditions");
        assertThat(server.headers().get(2).get(FIELDS)).isNull();
    }

    @Test
    void aPathIntoTheDataMustBeOne() {
        GrpcResultsClient client = new GrpcResultsClient(server.channel(), GrpcOptions.defaults());

        for (List<String> paths :
                List.of(List.<String>of(), List.of(""), List.of("a,b"), List.of("a..b"), List.of("a[0]"))) {
            assertThatThrownBy(() -> client.withDataFields(paths)).isInstanceOf(ResultsException.class);
        }
    }

    private static RecordName name(int i) {
        return RESULT.record("r" + i);
    }

    private void plant(int records, int bytes) {
        String data = "{\"text\":\"" + "x".repeat(bytes) + "\"}";
        for (int i = 0; i < records; i++) {
            String uid = new UUID(0, i).toString();
            upstream.plant(ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                    .setName(name(i).toString())
                    .setUid(uid)
                    .setEtag(uid + "-1")
                    .setData(ch.sbb.esta.results.grpc.v1alpha2.Any.newBuilder()
                            .setType("tekton.dev/v1.TaskRun")
                            .setValue(ByteString.copyFromUtf8(data)))
                    .build());
        }
    }
}
