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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** The main job as a process of its own, with every part given by an option; it is ended in the middle and started again. */
class RealPartsTest {

    private static final String PASSWORD_FILE = "password";

    @TempDir
    private Path folder;

    @Test
    void whatWasOpenWhenItEndedIsToldAndTheNextStartGoesOn() throws Exception {
        try (PostgresServer postgres = PostgresServer.builder().start();
                S3Server s3Server = S3Server.open();
                KubeApiServer cluster = KubeApiServer.builder().start();
                TektonSimulator tekton = TektonSimulator.of(cluster, "shop", 2, n -> LogScript.generated(n, 2000))
                        .podsStay(Duration.ofMinutes(5))) {
            s3Server.createBucket("team");
            PostgresDatabase database = postgres.newDatabase();
            Files.writeString(folder.resolve(PASSWORD_FILE), database.password() + "\n");
            Files.writeString(folder.resolve("kubeconfig"), kubeconfig(cluster));

            Process first = start(database, s3Server, "first");
            awaitPrinted("first", "Watching; Ctrl-C ends it.");
            tekton.start();
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(printed("first")).containsPattern("[1-9][0-9,]* log lines"));
            assertThat(end(first)).isEqualTo(143);
            assertThat(printed("first"))
                    .contains("Still open at the end: ", "goes on from here")
                    .doesNotContain(database.password());

            Process second = start(database, s3Server, "second");
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
            assertThat(end(second)).isEqualTo(143);
            assertThat(printed("second")).doesNotContain("Still open").doesNotContain(database.password());
        }
    }

    private Process start(PostgresDatabase database, S3Server s3, String name) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WatchMain.class.getName()));
        command.addAll(List.of("--kubeconfig", folder.resolve("kubeconfig").toString(), "--context", "here"));
        command.addAll(List.of("--namespace", "shop", "--namespace", "elsewhere"));
        command.addAll(List.of("--jdbc-url", database.jdbcUrl(), "--jdbc-user", database.user()));
        command.addAll(
                List.of("--jdbc-password-file", folder.resolve(PASSWORD_FILE).toString(), "--jdbc-schema", "history"));
        command.addAll(List.of("--s3-endpoint", s3.endpoint().toString(), "--s3-region", s3.region()));
        command.addAll(List.of("--s3-bucket", "team", "--s3-prefix", "tekton/"));
        command.addAll(List.of("--work-dir", folder.resolve("work").toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name).toFile());
        builder.environment().put("AWS_ACCESS_KEY_ID", s3.accessKey());
        builder.environment().put("AWS_SECRET_ACCESS_KEY", s3.secretKey());
        return builder.start();
    }

    private void awaitPrinted(String name, String text) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(printed(name)).contains(text));
    }

    private String printed(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    /** Ends it as an orchestrator does, which is handled as Ctrl-C is. */
    private static int end(Process process) throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
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
}
