package ch.sbb.esta.results.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our client on our server, in plaintext and over TLS. */
class ServedStoreTest {

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final ResultsServices services =
            ResultsServices.builder(store, Authorizer.allowAll()).build();

    private GrpcResultsStore client(Served served) {
        return new GrpcResultsStore(served.channel(), GrpcOptions.defaults(), store, InstantSource.system());
    }

    @Test
    void runsAreArchivedOnceAndReadBackAsTheyAreStored() throws Exception {
        try (Served served = Served.plaintext(services)) {
            GrpcResultsStore client = client(served);
            List<RunPlacement> runs = List.of(ServedRuns.pipelineRun("ci", "p1"), ServedRuns.taskRun("ci", "t1", "p1"));

            assertThat(client.archive(runs)).extracting(ArchiveOutcome::status).containsOnly(Status.CREATED);
            ResultName name = ResultName.parse("ci/results/p1");
            Result before = store.findResult(name).orElseThrow();
            assertThat(client.archive(runs)).extracting(ArchiveOutcome::status).containsOnly(Status.UNCHANGED);

            assertThat(store.findResult(name)).contains(before);
            assertThat(before.summary().orElseThrow().status()).isEqualTo(SummaryStatus.SUCCESS);
            assertThat(client.findResult(name)).contains(before);
            assertThat(client.findRecord(name.record("t1"))).isEqualTo(store.findRecord(name.record("t1")));
            client.deleteResult(name);
            client.deleteResult(name);
            assertThat(store.findRecord(name.record("t1"))).isEmpty();
        }
    }

    @Test
    void halfASurrogatePairInAnAnnotationKeepsNobodyBusy() throws Exception {
        try (Served served = Served.plaintext(services)) {
            GrpcResultsStore client = client(served);
            RunPlacement run = ResultNaming.defaults().place(RunSnapshot.parse("""
                    {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": {"namespace": "ci", "name": "p",
                     "uid": "p", "resourceVersion": "7", "annotations": {
                       "results.tekton.dev/resultAnnotations": "{\\"a\\": \\"x\\ud800y\\"}"}}}""".getBytes(StandardCharsets.UTF_8)));
            assertThat(run.resultAnnotations()).containsEntry("a", "x\ud800y");

            assertThat(client.archive(List.of(run)))
                    .extracting(ArchiveOutcome::isArchived)
                    .containsExactly(true);

            assertThat(store.findResult(ResultName.parse("ci/results/p"))
                            .orElseThrow()
                            .annotations())
                    .containsEntry("a", "x?y");
        }
    }

    @Test
    void manyWritersMakeOneResult() throws Exception {
        try (Served served = Served.plaintext(services)) {
            GrpcResultsStore client = client(served);
            List<Callable<ArchiveOutcome>> tasks = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                RunPlacement run =
                        i == 7 ? ServedRuns.pipelineRun("ci", "p1") : ServedRuns.taskRun("ci", "t" + i, "p1");
                tasks.add(() -> client.archive(List.of(run)).get(0));
            }
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try {
                for (Future<ArchiveOutcome> outcome : threads.invokeAll(tasks)) {
                    assertThat(outcome.get().status()).isEqualTo(Status.CREATED);
                }
            } finally {
                threads.shutdownNow();
            }
            assertThat(store.listResults(ListQuery.of("-")).items()).hasSize(1);
            assertThat(store.listRecords(ListQuery.of("ci/results/p1")).items()).hasSize(30);
        }
    }

    @Test
    void pagesOfEverySizePutTogetherAreTheWholeList() throws Exception {
        try (Served served = Served.plaintext(services)) {
            GrpcResultsStore client = client(served);
            for (int i = 0; i < 23; i++) {
                store.archive(List.of(ServedRuns.pipelineRun("ci", "p" + i)));
            }
            for (String order : List.of("", "create_time desc", "update_time")) {
                for (int size : new int[] {1, 4, 5, 7, 50}) {
                    ListQuery query = ListQuery.of("-/results/-")
                            .orderBy(ListOrder.parse(order))
                            .pageSize(size);
                    try (Stream<Record> all = Pages.stream(query, client::listRecords);
                            Stream<Record> direct = Pages.stream(query, store::listRecords)) {
                        assertThat(all.toList()).as(order + " by " + size).isEqualTo(direct.toList());
                    }
                }
            }
        }
    }

    @Test
    void aServerSpeaksTlsAndTakesNewFilesWithoutARestart(@TempDir Path folder) throws Exception {
        Path certificate = folder.resolve("tls.crt");
        Path key = folder.resolve("tls.key");
        makeKeys(folder.resolve("one"), certificate, key);
        Path trusted = Files.copy(certificate, folder.resolve("ca.crt"));
        store.archive(List.of(ServedRuns.pipelineRun("ci", "p1")));
        try (Served served = Served.start(
                GrpcResultsServer.builder(services).tls(certificate, key),
                TlsChannelCredentials.newBuilder()
                        .trustManager(trusted.toFile())
                        .build())) {
            assertThat(client(served).findResult(ResultName.parse("ci/results/p1")))
                    .isPresent();

            makeKeys(folder.resolve("two"), certificate, key);
            assertThat(Files.setLastModifiedTime(
                            certificate,
                            java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() + 5_000)))
                    .isNotNull();
            assertThat(Files.setLastModifiedTime(
                            key, java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() + 5_000)))
                    .isNotNull();
            var renewed = TlsChannelCredentials.newBuilder()
                    .trustManager(certificate.toFile())
                    .build();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> isServed(served.server().port(), renewed));
        }
    }

    private boolean isServed(int port, io.grpc.ChannelCredentials credentials) {
        var channel =
                io.grpc.Grpc.newChannelBuilder("localhost:" + port, credentials).build();
        try {
            return new GrpcResultsStore(channel, GrpcOptions.defaults(), store, InstantSource.system())
                    .findResult(ResultName.parse("ci/results/p1"))
                    .isPresent();
        } catch (ResultsException e) {
            return false;
        } finally {
            channel.shutdownNow();
        }
    }

    /** By the JDK's own keytool, because the JDK has no other public way to sign a certificate. */
    private static void makeKeys(Path folder, Path certificate, Path key) throws Exception {
        Files.createDirectories(folder);
        Path keys = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost",
                        "-keystore",
                        keys.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, "changeit".toCharArray());
        }
        Certificate made = store.getCertificate("server");
        Key secret = store.getKey("server", "changeit".toCharArray());
        write(key, "PRIVATE KEY", secret.getEncoded());
        write(certificate, "CERTIFICATE", made.getEncoded());
    }

    private static void write(Path file, String type, byte[] der) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(file, "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
    }

    @Test
    void allMistakesOfASettingAreReportedAtOnce(@TempDir Path folder) {
        assertThatThrownBy(() -> GrpcResultsServer.builder(services)
                        .maxRequestBytes(1)
                        .maxCallsPerConnection(0)
                        .start())
                .hasMessageContainingAll(
                        "neither tls nor plaintext", "maxRequestBytes is 1", "maxCallsPerConnection is 0");
        assertThatThrownBy(() -> GrpcResultsServer.builder(services)
                        .tls(folder.resolve("none.crt"), folder.resolve("none.key"))
                        .start())
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("none.crt");
        assertThatThrownBy(() -> ResultsServices.builder(store, Authorizer.allowAll())
                        .maxPageBytes(0)
                        .logUploads(new ch.sbb.esta.results.memory.InMemoryLogs())
                        .build())
                .hasMessageContainingAll("maxPageBytes is 0", "logUploads is set but no logs");
    }
}
