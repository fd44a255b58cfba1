package ch.sbb.esta.results.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiverConfig;
import ch.sbb.esta.results.archive.RunArchiver;
import ch.sbb.esta.results.internal.CapturingLogs.Appender;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class LogFieldsTest {

    private static final Logger LOG = LoggerFactory.getLogger(LogFieldsTest.class);

    private final Appender appender = Appender.open();

    @AfterEach
    void close() {
        appender.close();
        MDC.clear();
    }

    private Map<String, String> fields(String message) {
        return appender.find(message).orElseThrow().fields();
    }

    @Test
    void theyAreThereWhileTheWorkIsDoneAndWhatWasThereBeforeComesBack() {
        MDC.put("namespace", "of the embedder");
        MDC.put("trace", "1");

        int answer = LogFields.of(new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0))
                .call(() -> {
                    LOG.warn("within");
                    return 42;
                });
        LOG.warn("afterwards");

        assertThat(answer).isEqualTo(42);
        assertThat(fields("within"))
                .containsOnly(
                        Map.entry("namespace", "ci"),
                        Map.entry("uid", "run-1"),
                        Map.entry("pod", "pod-1"),
                        Map.entry("container", "step-build"),
                        Map.entry("trace", "1"));
        assertThat(fields("afterwards"))
                .containsOnly(Map.entry("namespace", "of the embedder"), Map.entry("trace", "1"));
    }

    @Test
    void theyGoAlsoWhenTheWorkFails() {
        assertThatThrownBy(() -> LogFields.ofReplica("archive-0").run(() -> {
                    LogFields.ofTenant("ci").run(() -> LOG.warn("within"));
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
        LOG.warn("afterwards");

        assertThat(fields("within"))
                .containsOnly(
                        Map.entry("replica", "archive-0"), Map.entry("tenant", "ci"), Map.entry("namespace", "ci"));
        assertThat(fields("afterwards")).isEmpty();
    }

    @Test
    void textThatAPatternCouldTakeForSomethingElseIsEscaped() {
        LogFields.of(new RunKey(RunKind.TASK_RUN, "ci", "a\nWARN name=b", "0b7f"))
                .run(() -> LOG.warn("odd"));

        assertThat(fields("odd"))
                .containsOnly(
                        Map.entry("namespace", "ci"),
                        Map.entry("kind", "TaskRun"),
                        Map.entry("name", "\"a\\u000aWARN name=b\""),
                        Map.entry("uid", "0b7f"));
    }

    @Test
    void aWarningAboutARunSaysWhichOne(@TempDir Path folder) {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        RunSnapshot run =
                RunSnapshot.parse("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"build-1","uid":"0b7f",
                 "annotations":{"%s":"victim/results/x"}}}""".formatted(ResultNaming.RESULT_ANNOTATION).getBytes(StandardCharsets.UTF_8));
        try (RunArchiver archiver = RunArchiver.builder(
                        store, store, ArchiverConfig.builder(folder).build())
                .build()) {
            archiver.start();
            archiver.accept(run);
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> appender.find("ignored").isPresent());
        }

        assertThat(fields("ignored"))
                .containsOnly(
                        Map.entry("namespace", "ci"),
                        Map.entry("kind", "TaskRun"),
                        Map.entry("name", "build-1"),
                        Map.entry("uid", "0b7f"));
    }
}
