package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is wrong is found: nobody archives here but the test. */
class ChaosVerdictTest {

    private final KubeApiServer cluster = KubeApiServer.builder().start();
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final ChaosWitness witness = new ChaosWitness(cluster, store, logs);
    private List<EmittedLog> emitted = List.of();

    @BeforeEach
    void play() throws Exception {
        witness.begin();
        try (TektonSimulator play = TektonSimulator.of(cluster, "team", 1, 20).podsStay(Duration.ofHours(1))) {
            play.start();
            play.awaitEnd(Duration.ofMinutes(2));
            emitted = play.emitted();
        }
        assertThat(witness.look()).isEqualTo(4);
        assertThat(emitted).hasSize(15);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void archive(Predicate<RunSnapshot> which) {
        store.archive(witness.runs().stream()
                .filter(which)
                .map(ResultNaming.defaults()::place)
                .toList());
    }

    private LogWriter write(EmittedLog log, int from, int to) {
        LogWriter writer = logs.open(log.id());
        for (int i = from; i < to; i++) {
            byte[] line = log.script().line(i);
            writer.beginLine(Instant.EPOCH.plusMillis(i));
            writer.append(line, 0, line.length);
        }
        return writer;
    }

    private void writeRightly(List<EmittedLog> some) {
        some.forEach(log -> write(log, 0, log.lines()).seal());
    }

    private String verdict() throws IOException {
        ChaosVerdict verdict = new ChaosVerdict(new PrintStream(PrintStream.nullOutputStream()));
        verdict.checkRuns(witness, store);
        for (EmittedLog log : emitted) {
            verdict.checkLog(log, logs, witness);
        }
        return verdict.toString();
    }

    @Test
    void whatIsStoredRightlyIsNotWrong() throws IOException {
        archive(run -> true);
        writeRightly(emitted);
        assertThat(verdict()).startsWith("wrong=0 ").contains(" complete=15 ");
    }

    @Test
    void whatIsMissingIsLost() throws IOException {
        archive(run -> run.kind().isTaskRun());
        writeRightly(emitted.subList(2, 15));
        assertThat(verdict()).startsWith("wrong=3 ").contains(" lost_runs=1 ", " lost_logs=2 ");
    }

    @Test
    void linesAreCountedAndLabelsCompared() throws IOException {
        archive(run -> true);
        writeRightly(emitted.subList(3, 15));
        write(emitted.get(0), 1, emitted.get(0).lines()).seal();
        LogWriter twice = write(emitted.get(1), 0, emitted.get(1).lines());
        byte[] again = emitted.get(1).script().line(0);
        twice.beginLine(Instant.EPOCH);
        twice.append(again, 0, again.length);
        twice.seal();
        write(emitted.get(2), 0, emitted.get(2).lines()).flush();
        assertThat(verdict())
                .startsWith("wrong=4 ")
                .contains(" lost_lines=1 ", " doubled_lines=1 ", " wrong_labels=2 ", " complete=14 ");
    }

    @Test
    void whatIsDeletedBeforeItIsSafeIsHeard() throws IOException {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
                .build()) {
            client.genericKubernetesResources("tekton.dev/v1", "PipelineRun")
                    .inNamespace("team")
                    .withName("shop-ci-001")
                    .delete();
        }
        assertThat(witness.deletionsChecked()).isEqualTo(1);
        assertThat(witness.early()).hasSize(4);
        archive(run -> true);
        writeRightly(emitted);
        assertThat(verdict()).startsWith("wrong=4 ").contains(" deleted_early=4 ");
    }
}
