package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.tekton.LogScript;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** The main job as a process of its own, with every part given by an option; it is ended in the middle and started again. */
class RealPartsTest {

    private static final String PASSWORD_FILE = "password";
    private static final int TERMINATED = 143;

    @TempDir
    private Path folder;

    @Test
    void whatWasOpenWhenItEndedIsToldAndTheNextStartGoesOn() throws Exception {
        CountDownLatch firstHasEnded = new CountDownLatch(1);
        try (PostgresServer postgres = PostgresServer.builder().start();
                S3Server s3Server = S3Server.open();
                KubeApiServer cluster = KubeApiServer.builder().start();
                TektonSimulator tekton = TektonSimulator.of(
                                cluster, "shop", 2, n -> new HeldLog(LogScript.generated(n, 2000), firstHasEnded))
                        .podsStay(Duration.ofMinutes(5))) {
            s3Server.createBucket("team");
            PostgresDatabase database = postgres.newDatabase();
            Files.writeString(folder.resolve(PASSWORD_FILE), database.password() + "\n");
            Files.writeString(folder.resolve("kubeconfig"), kubeconfig(cluster));

            try (MainProcess first = start(database, s3Server, "first")) {
                first.awaitPrinted("Watching; Ctrl-C ends it.");
                tekton.start();
                first.awaitPrinted("[1-9][0-9,]* log lines");
                assertThat(first.end()).isEqualTo(TERMINATED);
                assertThat(first.printed())
                        .contains("Still open at the end: ", "goes on from here")
                        .doesNotContain(database.password());
            }
            firstHasEnded.countDown();
            try (MainProcess second = start(database, s3Server, "second")) {
                tekton.awaitEnd(Duration.ofSeconds(90));
                try (S3Client s3 = client(s3Server);
                        SegmentedLogs logs = new SegmentedLogs(
                                new S3BlobStore(
                                        s3,
                                        S3BlobStoreConfig.builder("team")
                                                .prefix("tekton/")
                                                .build()),
                                LogStoreConfig.builder()
                                        .spoolDirectory(folder.resolve("reading"))
                                        .build())) {
                    JdbiResultsStore store = JdbiResultsStore.builder(database.dataSource(), "history")
                            .build();
                    Workload workload = new Workload.Simulated(cluster, tekton);
                    await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                        Check check = new Check(store, logs);
                        check.run(workload);
                        assertThat(check.complaints()).as(check.line()).isEmpty();
                    });
                }
                assertThat(second.end()).isEqualTo(TERMINATED);
                assertThat(second.printed()).doesNotContain("Still open").doesNotContain(database.password());
            }
        }
    }

    private MainProcess start(PostgresDatabase database, S3Server s3, String output) throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of("--kubeconfig", folder.resolve("kubeconfig").toString(), "--context", "here"));
        arguments.addAll(List.of("--namespace", "shop", "--namespace", "elsewhere"));
        arguments.addAll(List.of("--jdbc-url", database.jdbcUrl(), "--jdbc-user", database.user()));
        arguments.addAll(
                List.of("--jdbc-password-file", folder.resolve(PASSWORD_FILE).toString(), "--jdbc-schema", "history"));
        arguments.addAll(List.of("--s3-endpoint", s3.endpoint().toString(), "--s3-region", s3.region()));
        arguments.addAll(List.of("--s3-bucket", "team", "--s3-prefix", "tekton/"));
        arguments.addAll(List.of("--work-dir", folder.resolve("work").toString()));
        Map<String, String> credentials =
                Map.of("AWS_ACCESS_KEY_ID", s3.accessKey(), "AWS_SECRET_ACCESS_KEY", s3.secretKey());
        return MainProcess.start(folder.resolve(output), credentials, arguments);
    }

    private static String kubeconfig(KubeApiServer cluster) {
        return """
                apiVersion: v1
                kind: Config
                current-context: elsewhere
                clusters:
                - name: there
                  cluster: {server: "http://127.0.0.1:1"}
                - name: here
                  cluster: {server: "%s"}
                users:
                - name: tester
                  user: {token: "%s"}
                contexts:
                - name: elsewhere
                  context: {cluster: there, user: tester}
                - name: here
                  context: {cluster: here, user: tester, namespace: shop}
                """.formatted(cluster.url(), cluster.token());
    }

    private static S3Client client(S3Server server) {
        return S3ClientConfig.builder(server.region())
                .endpoint(server.endpoint())
                .credentials(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(server.accessKey(), server.secretKey())))
                .build()
                .openClient();
    }

    /** A container that writes half of its lines and goes on when it may. */
    private record HeldLog(LogScript text, CountDownLatch mayGoOn) implements LogScript {

        @Override
        public int lines() {
            return text.lines();
        }

        @Override
        public byte[] line(int index) {
            if (index >= lines() / 2) {
                try {
                    mayGoOn.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return text.line(index);
        }
    }
}
