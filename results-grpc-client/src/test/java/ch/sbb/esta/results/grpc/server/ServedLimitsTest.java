package ch.sbb.esta.results.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.AccessDecision;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.grpc.GrpcConnection;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.grpc.TestKeys;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Our client on our server over TLS: large pages, large Records, who may not, and whom not to trust. */
class ServedLimitsTest {

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final TestKeys keys = TestKeys.of("localhost");
    private final Authorizer authorizer =
            request -> "right".equals(request.caller().bearerToken().orElse(""))
                    ? AccessDecision.allow()
                    : AccessDecision.unauthenticated("the token is unknown");
    private final GrpcResultsServer server = GrpcResultsServer.builder(
                    ResultsServices.builder(store, authorizer).build())
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .tls(keys.certificate(), keys.key())
            .maxRequestBytes(16 << 20)
            .start();

    @AfterEach
    void stop() {
        server.close();
    }

    private GrpcConnection connection(Path authorities) {
        return GrpcConnection.builder("localhost:" + server.port())
                .trusting(authorities)
                .attempts(1)
                .open();
    }

    private GrpcResultsStore client(GrpcConnection connection, String token) {
        GrpcOptions options = GrpcOptions.builder()
                .bearerToken(token)
                .maxRequestBytes(16 << 20)
                .build();
        return new GrpcResultsStore(connection.channel(), options, store, InstantSource.system());
    }

    @Test
    void pagesOfTenThousandArriveAsTheyAreStored() {
        List<RunPlacement> runs = IntStream.range(0, 10_001)
                .mapToObj(i -> ServedRuns.pipelineRun("ci", "p" + i))
                .toList();
        store.archive(runs);
        ListQuery query = ListQuery.of("ci/results/-").pageSize(10_000);
        try (GrpcConnection connection = connection(keys.certificate())) {
            GrpcResultsStore client = client(connection, "right");
            Page<Record> first = client.listRecords(query);
            Page<Record> second =
                    client.listRecords(query.pageToken(first.nextPageToken().orElseThrow()));

            assertThat(first.items()).isEqualTo(store.listRecords(query).items());
            assertThat(second.items()).hasSize(1).doesNotContainAnyElementsOf(first.items());
            assertThat(second.nextPageToken()).isEmpty();
        }
    }

    @Test
    void recordsBeyondFourMegabytesGoBothWays() {
        try (GrpcConnection connection = connection(keys.certificate())) {
            GrpcResultsStore client = client(connection, "right");
            List<RunPlacement> runs = IntStream.range(0, 3)
                    .mapToObj(i -> ServedRuns.large("ci", "large-" + i, 6_000_000))
                    .toList();

            assertThat(client.archive(runs)).allMatch(outcome -> outcome.isArchived());

            assertThat(client.listRecords(ListQuery.of("ci/results/-")).items())
                    .hasSize(3)
                    .isEqualTo(store.listRecords(ListQuery.of("ci/results/-")).items());
            assertThat(client.findRecord(runs.get(0).record()))
                    .isEqualTo(store.findRecord(runs.get(0).record()));
        }
    }

    @Test
    void aWrongTokenIsDeniedAndNotShown() {
        try (GrpcConnection connection = connection(keys.certificate())) {
            GrpcResultsStore client = client(connection, "wr0ng-s3cr3t");

            ResultsException read = failure(client);
            ResultsException write = catchThrowableOfType(
                    ResultsException.class, () -> client.archive(List.of(ServedRuns.pipelineRun("ci", "p"))));

            for (ResultsException e : List.of(read, write)) {
                assertThat(e.code()).isEqualTo(Code.DENIED);
                assertThat(e).hasMessageContaining("a fixed bearer token").hasMessageContaining("the token is unknown");
                assertThat(e.toString()).doesNotContain("wr0ng-s3cr3t");
            }
            assertThat(store.listRecords(ListQuery.of("-/results/-")).items()).isEmpty();
        }
    }

    @Test
    void aServerOfAnotherAuthorityIsNotTrusted() {
        try (GrpcConnection connection = connection(TestKeys.of("other").certificate())) {
            ResultsException e = failure(client(connection, "right"));

            assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(e).hasMessageContaining("certificate");
        }
    }

    private static ResultsException failure(GrpcResultsStore client) {
        ResultsException e =
                catchThrowableOfType(ResultsException.class, () -> client.findResult(ResultName.parse("ci/results/p")));
        assertThat(e).as("a failure").isNotNull();
        return e;
    }
}
