package ch.sbb.esta.results.samples.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcRecordStatistics;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample on a real Postgres, asked by our client over a real socket. */
class ServerMainIT {

    @Test
    void whatIsArchivedThroughTheServerLiesInPostgresAndIsListedAndCounted(@TempDir Path folder) throws Exception {
        try (PostgresServer postgres = PostgresServer.builder().start()) {
            PostgresDatabase database = postgres.newDatabase();
            Path password = Files.writeString(folder.resolve("password"), database.password());
            ServerOptions options = ServerOptions.parse(
                            "--jdbc-url",
                            database.jdbcUrl(),
                            "--jdbc-user",
                            database.user(),
                            "--jdbc-password-file",
                            password.toString(),
                            "--port",
                            "0",
                            "--plaintext",
                            "--allow-all")
                    .orElseThrow();
            try (ServerParts parts = ServerParts.open(options)) {
                ManagedChannel channel = Grpc.newChannelBuilder(
                                "localhost:" + parts.server().port(), InsecureChannelCredentials.create())
                        .build();
                try {
                    archiveListAndCount(channel);
                } finally {
                    channel.shutdownNow();
                }
            }
        }
    }

    private static void archiveListAndCount(ManagedChannel channel) {
        GrpcResultsStore store = new GrpcResultsStore(
                channel,
                GrpcOptions.defaults(),
                new InMemoryResultsStore(InstantSource.system()),
                InstantSource.system());
        List<RunPlacement> runs = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            runs.add(run(i));
        }
        assertThat(store.archive(runs)).extracting(ArchiveOutcome::status).containsOnly(Status.CREATED);
        assertThat(store.archive(runs)).extracting(ArchiveOutcome::status).containsOnly(Status.UNCHANGED);

        try (Stream<Record> records = Pages.stream(ListQuery.of("-/results/-").pageSize(7), store::listRecords);
                Stream<Result> failed =
                        Pages.stream(ListQuery.of("-").filter("summary.status == FAILURE"), store::listResults)) {
            assertThat(records).hasSize(60);
            assertThat(failed).hasSize(20);
        }
        var figures = new GrpcRecordStatistics(channel, GrpcOptions.defaults())
                .summarize(StatisticsQuery.builder("-")
                        .counting(Counting.UPSTREAM)
                        .groupBy(Grouping.ByField.NAMESPACE)
                        .aggregates(Aggregate.TOTAL, Aggregate.FAILED, Aggregate.MAX_DURATION)
                        .build());
        assertThat(figures.rows()).hasSize(2).allSatisfy(row -> {
            assertThat(row.count(Aggregate.TOTAL)).isEqualTo(30);
            assertThat(row.count(Aggregate.FAILED)).isEqualTo(10);
            assertThat(row.duration(Aggregate.MAX_DURATION))
                    .hasValueSatisfying(
                            longest -> assertThat(longest.toSeconds()).isEqualTo(90));
        });
    }

    private static RunPlacement run(int i) {
        return ResultNaming.defaults().place(RunSnapshot.parse("""
                        {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                         "metadata": {"name": "build-%1$d", "namespace": "team-%2$d", "uid": "u%1$d", "resourceVersion": "5",
                                      "creationTimestamp": "2026-11-01T07:59:50Z"},
                         "status": {"startTime": "2026-11-01T08:00:00Z", "completionTime": "2026-11-01T08:01:30Z",
                                    "conditions": [{"type": "Succeeded", "status": "%3$s", "reason": "%4$s"}]}}
                        """.formatted(
                        i, i % 2, i % 3 == 0 ? "False" : "True", i % 3 == 0 ? "Failed" : "Completed")
                .getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void contradictionsOfTheCommandLineAreToldAtOnce() {
        assertThat(ServerMain.run("--jdbc-url", "jdbc:postgresql://none/x", "--jdbc-user", "u"))
                .isEqualTo(2);
    }
}
