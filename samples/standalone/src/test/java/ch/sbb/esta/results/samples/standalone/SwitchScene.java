package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.FinalizerConfig.Upstream;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A cluster and a database on which Tekton Results works, and we beside it or after it. */
final class SwitchScene implements AutoCloseable {

    static final String SCHEMA = "tekton_results";
    static final String NAMESPACE = "shop";

    private static final List<RunKind> KINDS = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN);
    private static final JsonMapper MAPPER = new JsonMapper();

    private final PostgresServer postgres = PostgresServer.builder().start();
    private final KubeApiServer server = KubeApiServer.builder().start();
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();
    private final HikariDataSource pool = new HikariDataSource();

    SwitchScene() throws SQLException {
        pool.setDataSource(postgres.newDatabase().dataSource());
        pool.setMaximumPoolSize(6);
        UpstreamTables.create(pool, SCHEMA);
        server.ensureNamespace(NAMESPACE);
    }

    HikariDataSource pool() {
        return pool;
    }

    KubernetesClient client() {
        return client;
    }

    /** An archive that takes the finalizers over and deletes nothing. */
    ResultsArchive.Builder archive(Path workDirectory, ResultNaming naming) {
        FabricConfig scope = FabricConfig.defaults();
        return ResultsArchive.builder()
                .runs(new FabricRunWatcher(client, scope))
                .sweep(new FabricClusterRuns(client, scope))
                .store(JdbiResultsStore.builder(pool, SCHEMA).build())
                .workDirectory(workDirectory)
                .naming(naming)
                .finalizers(FinalizerConfig.builder()
                        .upstream(Upstream.TAKE_OVER)
                        .sweepInterval(Duration.ofSeconds(1))
                        .build());
    }

    static PrunerConfig pruneAtOnce() {
        return PrunerConfig.builder()
                .grace("-1s")
                .interval(Duration.ofSeconds(1))
                .deletionsPerSecond(100)
                .build();
    }

    /**
     * Creates a run that has started.
     *
     * @param event of which Tekton Trigger's event it is; empty for none
     */
    ObjectNode create(String kind, String name, String event, @Nullable ObjectNode owner) {
        ObjectNode run = MAPPER.createObjectNode()
                .put("apiVersion", kind.equals("CustomRun") ? "tekton.dev/v1beta1" : "tekton.dev/v1")
                .put("kind", kind);
        ObjectNode metadata =
                run.putObject("metadata").put("namespace", NAMESPACE).put("name", name);
        if (!event.isEmpty()) {
            metadata.putObject("labels").put(ResultNaming.TRIGGER_EVENT_LABEL, event);
        }
        if (owner != null) {
            metadata.putArray("ownerReferences")
                    .addObject()
                    .put("apiVersion", "tekton.dev/v1")
                    .put("kind", "PipelineRun")
                    .put("name", owner.at("/metadata/name").asText())
                    .put("uid", UpstreamWatcher.uid(owner))
                    .put("controller", true);
            // Tekton hands annotations down.
            if (owner.at("/metadata/annotations") instanceof ObjectNode annotations) {
                metadata.set("annotations", annotations.deepCopy());
            }
        }
        run.putObject("spec");
        ObjectNode created = server.create(run);
        server.patchStatus(KubeReference.of(created), json("""
                {"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Succeeded","status":"Unknown","reason":"Running"}]}"""));
        return now(created);
    }

    void progress(ObjectNode run) {
        server.patchStatus(KubeReference.of(run), json("""
                {"conditions":[{"type":"Succeeded","status":"Unknown","reason":"Running","message":"one step is done"}]}"""));
    }

    void finish(ObjectNode run) {
        server.patchStatus(KubeReference.of(run), json("""
                {"completionTime":"2026-01-01T00:01:00Z","conditions":[{"type":"Succeeded","status":"True","reason":"Succeeded"}]}"""));
    }

    void delete(ObjectNode run) {
        server.delete(KubeReference.of(run));
    }

    ObjectNode now(JsonNode run) {
        return server.find(KubeReference.of(run)).orElseThrow();
    }

    /** What the cluster has, children after their owners. */
    List<ObjectNode> runs() {
        List<ObjectNode> runs = new ArrayList<>();
        for (RunKind kind : KINDS) {
            runs.addAll(server.list(kind.apiVersion(), kind.kind(), NAMESPACE));
        }
        return runs;
    }

    static List<String> finalizers(JsonNode run) {
        List<String> finalizers = new ArrayList<>();
        run.at("/metadata/finalizers").forEach(finalizer -> finalizers.add(finalizer.asText()));
        return finalizers;
    }

    static Map<String, String> annotations(JsonNode run) {
        Map<String, String> annotations = new TreeMap<>();
        run.at("/metadata/annotations")
                .properties()
                .forEach(entry ->
                        annotations.put(entry.getKey(), entry.getValue().asText()));
        return annotations;
    }

    /** Rows as lines, the columns with a bar between. */
    List<String> query(String sql) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql.replace("{schema}", SCHEMA))) {
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                List<String> columns = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    columns.add(String.valueOf(rows.getString(i)));
                }
                lines.add(String.join(" | ", columns));
            }
            return lines;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The Records of runs by UID, each as RESULT VERSION FINISHED. */
    Map<String, List<String>> records() {
        Map<String, List<String>> records = new TreeMap<>();
        for (String line : query("""
                SELECT data #>> '{metadata,uid}', result_name, data #>> '{metadata,resourceVersion}',
                  data #>> '{status,conditions,0,status}' <> 'Unknown'
                FROM {schema}.records WHERE type LIKE 'tekton.dev/%'""")) {
            String[] columns = line.split(" \\| ", -1);
            records.computeIfAbsent(columns[0], uid -> new ArrayList<>())
                    .add(columns[1] + " " + columns[2] + " " + columns[3]);
        }
        return records;
    }

    /** That each run of the cluster has one Record, in its newest version. */
    void assertEachRunIsStoredOnce() {
        Map<String, List<String>> records = records();
        for (ObjectNode run : runs()) {
            assertThat(records.get(UpstreamWatcher.uid(run)))
                    .as("Records of %s", KubeReference.of(run))
                    .singleElement()
                    .asString()
                    .contains(" " + run.at("/metadata/resourceVersion").asText() + " ");
        }
        assertThat(records.values()).allSatisfy(of -> assertThat(of).hasSize(1));
    }

    private static ObjectNode json(String text) {
        try {
            return (ObjectNode) MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    @Override
    public void close() {
        client.close();
        pool.close();
        server.close();
        postgres.close();
    }
}
