package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.k8s.FabricClusterEvents;
import ch.sbb.esta.results.k8s.FabricClusterPods;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricNamespaces;
import ch.sbb.esta.results.k8s.FabricReplicas;
import ch.sbb.esta.results.k8s.FabricRunEvents;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.metrics.ArchiveMetrics;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.FinalizerListener;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.Safety;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.RbacRules;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole archive on an API server that refuses what the manifests of the chapter on operations do not grant, and what it tells Prometheus. */
class OperationsTest {

    private static final Path FILES = Path.of("operations");
    private static final String NAMESPACE = "team-a";
    private static final String MARK = "results.esta.sbb.ch/archive";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern METRIC =
            Pattern.compile("\\b((?:esta_results|watcher)_[a-z_]+)(?:\\{((?:[^}\"]|\"[^\"]*\")*)})?");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*=~?\\s*\"");
    private static final Pattern GROUPED = Pattern.compile("\\bby \\(([^)]*)\\)");
    private static final Pattern ALERT = Pattern.compile("(?m)^ *- alert: (\\w+)$");

    @TempDir
    private Path workDirectory;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private static String read(String file) throws IOException {
        return Files.readString(FILES.resolve(file));
    }

    @Test
    void theClusterRolesGrantAnArchiveWhatItAsksForAndNothingElse() throws Exception {
        RbacRules rules = RbacRules.of(read("roles.yaml"), read("bindings-all.yaml"), read("bindings-replicas.yaml"));
        archiveEverything(rules, FabricConfig.defaults(), 5);

        assertThat(rules.refused()).isEmpty();
        assertThat(rules.unused()).isEmpty();
        assertThat(unknownMetrics(read("alerts.yaml"))).isEmpty();
        assertThat(unknownMetrics(read("dashboard-archive.json"))).isEmpty();
        assertThat(unknownMetrics("rate(esta_results_nothing_total[5m])"))
                .containsExactly("esta_results_nothing_total");
        assertThat(unknownMetrics("esta_results_runs_total{pod=\"p\"}"))
                .containsExactly("esta_results_runs_total{pod}");
        assertThat(unknownMetrics("sum by (color) (esta_results_healthy)")).containsExactly("by (color)");
    }

    @Test
    void theRolesOfOneNamespaceAreEnoughForAnArchiveOfIt() throws Exception {
        RbacRules rules =
                RbacRules.of(read("roles.yaml"), read("bindings-namespace.yaml"), read("bindings-replicas.yaml"));
        archiveEverything(rules, FabricConfig.builder().namespaces(NAMESPACE).build(), 2);

        assertThat(rules.refused()).isEmpty();
        assertThat(rules.unused()).isEmpty();
    }

    @Test
    void anArchiveOfNamespacesWithALabelNeedsOnlyToSeeNamespacesBeside() throws Exception {
        RbacRules rules = RbacRules.of(
                read("roles.yaml"),
                read("bindings-namespace.yaml"),
                read("bindings-selector.yaml"),
                read("bindings-replicas.yaml"));
        archiveEverything(
                rules, FabricConfig.builder().namespaceSelector(MARK + "=true").build(), 1);

        assertThat(rules.refused()).isEmpty();
        assertThat(rules.unused()).isEmpty();
    }

    /** A replica that watches, holds, follows, lets go and deletes runs, and one run that no store takes. */
    private void archiveEverything(RbacRules rules, FabricConfig scope, int runs) throws Exception {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        try (KubeApiServer cluster = KubeApiServer.builder().authorizer(rules).start();
                KubernetesClient kubernetes = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
                        .build();
                FabricContainerLogs containerLogs = new FabricContainerLogs(kubernetes, scope);
                SegmentedLogs logs = new SegmentedLogs(new InMemoryBlobStore());
                TektonSimulator tekton = TektonSimulator.of(cluster, NAMESPACE, runs, 20)
                        .pace(Duration.ofMillis(20))
                        .podsStay(Duration.ofSeconds(1));
                ResultsArchive archive = ArchiveMetrics.build(
                        ResultsArchive.builder()
                                .replicas(FabricReplicas.builder(kubernetes, "results-system", "results-archive")
                                        .build())
                                .runs(new FabricRunWatcher(kubernetes, scope))
                                .sweep(new FabricClusterRuns(kubernetes, scope))
                                .store(store)
                                .logs(containerLogs, logs)
                                .events(new FabricClusterEvents(kubernetes, scope))
                                .finalPods(new FabricClusterPods(kubernetes, scope))
                                .workDirectory(workDirectory)
                                .namespaces(new FabricNamespaces(kubernetes, scope))
                                .finalizers(FinalizerConfig.defaults())
                                .annotations()
                                .prune(PrunerConfig.builder()
                                        .grace("-1s")
                                        .interval(Duration.ofMillis(200))
                                        .build()),
                        registry,
                        Tags.empty())) {
            cluster.ensureNamespace("results-system");
            archive.start();
            cluster.create((ObjectNode) JsonMapper.builder().build().readTree("""
                    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "%s", "labels": {"%s": "true"}}}
                    """.formatted(NAMESPACE, MARK)));
            tekton.start();
            for (String kind : List.of("PipelineRun", "TaskRun", "CustomRun")) {
                ObjectNode alone = cluster.create(run(kind, "alone", "{}"));
                await().atMost(PATIENCE).until(() -> isHeld(cluster, alone));
                finish(cluster, alone);
            }
            tekton.awaitEnd(PATIENCE);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(names(cluster)).isEmpty());

            String claim =
                    "{\"results.tekton.dev/result\":\"team-a/results/r\",\"results.tekton.dev/record\":\"team-a/results/r/records/r\"}";
            ObjectNode first = cluster.create(run("CustomRun", "first", claim));
            await().atMost(PATIENCE).until(() -> isHeld(cluster, first));
            ObjectNode second = cluster.create(run("CustomRun", "second", claim));
            await().atMost(PATIENCE).until(() -> isHeld(cluster, second));
            finish(cluster, second);
            await().atMost(PATIENCE).until(() -> !store.list("", 10).items().isEmpty());
            // Two replicas, one after the other, find that it could not be held.
            for (String replica : List.of("a", "b")) {
                new FabricRunEvents(kubernetes, scope, replica)
                        .onReleased(
                                RunSnapshot.parse(second.toString().getBytes(StandardCharsets.UTF_8)),
                                FinalizerListener.Cause.DEADLINE,
                                Safety.of(List.of("it is not stored")));
            }
            // A run that is deleted with its namespace is asked for no longer than the namespace is there.
            cluster.delete(new KubeReference("v1", "Namespace", "", NAMESPACE));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(names(cluster)).isEmpty());
        }
    }

    private static ObjectNode run(String kind, String name, String annotations) throws IOException {
        String version = kind.equals("CustomRun") ? "v1beta1" : "v1";
        return (ObjectNode)
                JsonMapper.builder().build().readTree("""
                {"apiVersion": "tekton.dev/%s", "kind": "%s", "spec": {},
                 "metadata": {"namespace": "%s", "name": "%s", "annotations": %s}}
                """.formatted(version, kind, NAMESPACE, name, annotations));
    }

    private static void finish(KubeApiServer cluster, ObjectNode run) throws IOException {
        cluster.patchStatus(KubeReference.of(run), (ObjectNode)
                JsonMapper.builder().build().readTree("""
                {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}],
                 "startTime": "%1$s", "completionTime": "%1$s"}
                """.formatted(Instant.now())));
    }

    private static boolean isHeld(KubeApiServer cluster, ObjectNode run) {
        return cluster.find(KubeReference.of(run))
                .filter(found -> found.path("metadata").has("finalizers"))
                .isPresent();
    }

    private static List<String> names(KubeApiServer cluster) {
        return Stream.of("v1/PipelineRun", "v1/TaskRun", "v1beta1/CustomRun")
                .map(kind -> kind.split("/", -1))
                .flatMap(kind -> cluster.list("tekton.dev/" + kind[0], kind[1], NAMESPACE).stream())
                .map(run -> run.path("kind").asText() + " "
                        + run.path("metadata").path("name").asText())
                .toList();
    }

    /** What a text of PromQL names and the registry does not show: metrics, their labels, and labels that no metric has. */
    private Set<String> unknownMetrics(String text) {
        Map<String, Set<String>> shown = new HashMap<>();
        Set<String> allLabels = new HashSet<>(Set.of("job", "instance"));
        registry.scrape().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            Matcher metric = METRIC.matcher(line);
            if (metric.find()) {
                Set<String> labels = shown.computeIfAbsent(metric.group(1), name -> new HashSet<>());
                labels.addAll(labels(metric.group(2)));
                allLabels.addAll(labels);
            }
        });
        assertThat(shown).isNotEmpty();
        Set<String> unknown = new HashSet<>();
        String plain = text.replace("\\\"", "\"");
        Matcher metric = METRIC.matcher(plain);
        while (metric.find()) {
            String name = metric.group(1);
            Set<String> known = shown.get(name);
            if (known == null) {
                unknown.add(name);
                continue;
            }
            labels(metric.group(2)).stream()
                    .filter(label -> !known.contains(label) && !label.equals("job"))
                    .forEach(label -> unknown.add(name + "{" + label + "}"));
        }
        Matcher grouped = GROUPED.matcher(plain);
        while (grouped.find()) {
            for (String label : grouped.group(1).split(",", -1)) {
                if (!allLabels.contains(label.strip())) {
                    unknown.add("by (" + label.strip() + ")");
                }
            }
        }
        return unknown;
    }

    private static Set<String> labels(@Nullable String text) {
        Set<String> labels = new HashSet<>();
        if (text != null) {
            Matcher label = LABEL.matcher(text);
            while (label.find()) {
                labels.add(label.group(1));
            }
        }
        return labels;
    }

    @Test
    void theRunbookHasEachAlertAndNoOther() throws IOException {
        List<String> alerts = new ArrayList<>();
        Matcher alert = ALERT.matcher(read("alerts.yaml"));
        while (alert.find()) {
            alerts.add("### " + alert.group(1));
        }
        assertThat(Files.readAllLines(Path.of("operations.md")))
                .filteredOn(line -> line.startsWith("### "))
                .containsExactlyElementsOf(alerts);
        assertThat(RbacRules.documents(read("alerts.yaml")))
                .singleElement()
                .satisfies(rules -> assertThat(rules.path("groups").path(0).path("rules"))
                        .hasSameSizeAs(alerts)
                        .allSatisfy(rule -> {
                            assertThat(rule.path("expr").asText()).containsPattern(METRIC);
                            assertThat(rule.path("labels").path("severity").asText())
                                    .isIn("critical", "warning");
                            assertThat(rule.path("annotations").path("summary").asText())
                                    .isNotBlank();
                        }));
    }

    @Test
    void eachFileIsNamedByTheChapter() throws IOException {
        String chapter = Files.readString(Path.of("operations.md"));
        try (Stream<Path> files = Files.list(FILES)) {
            assertThat(files)
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(chapter).contains("](operations/" + file.getFileName() + ")"));
        }
    }
}
