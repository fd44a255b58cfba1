package ch.sbb.esta.results.samples.standalone;

import static ch.sbb.esta.results.samples.standalone.SwitchScene.annotations;
import static ch.sbb.esta.results.samples.standalone.SwitchScene.finalizers;
import static ch.sbb.esta.results.samples.standalone.UpstreamWatcher.isFinished;
import static ch.sbb.esta.results.samples.standalone.UpstreamWatcher.uid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultNaming.Grouping;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.Adoption;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.prune.FinalizerConfig;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tekton Results is ended somewhere in its work, and ours goes on with its rows, runs, annotations and finalizers. */
class SwitchingOverTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final String ROWS = """
            SELECT parent, result_name, result_id, name, id, type, created_time FROM {schema}.records""";
    private static final String RESULTS = "SELECT parent, name, id, created_time FROM {schema}.results";
    private static final String LOGS =
            "SELECT result_name, name, id, data, etag, updated_time FROM {schema}.records WHERE type LIKE '%.Log'";

    @TempDir
    private Path folder;

    private final SwitchScene scene;

    SwitchingOverTest() throws SQLException {
        scene = new SwitchScene();
    }

    @AfterEach
    void close() {
        scene.close();
    }

    /** How far Tekton Results came with a run. */
    private enum Stage {
        UNSEEN,
        RESULT_ONLY,
        ROWS_WITHOUT_ANNOTATIONS,
        ANNOTATIONS_WITHOUT_ROWS,
        OLDER_VERSION,
        FINISHED_NOT_MARKED,
        FINISHED_AND_STORED,
        DELETED_FINISHED,
        DELETED_RUNNING
    }

    @Test
    void runsInFlightAreTakenOverWithoutASecondRecord() throws Exception {
        Map<String, Map<String, String>> annotated = new HashMap<>();
        List<List<ObjectNode>> families = new ArrayList<>();
        try (UpstreamTables tables = UpstreamTables.open(scene.pool().getDataSource(), SwitchScene.SCHEMA)) {
            UpstreamWatcher upstream = new UpstreamWatcher(tables, scene.client());
            List<ObjectNode> interrupted = List.of();
            for (Stage stage : Stage.values()) {
                List<List<ObjectNode>> ofStage = families(stage, upstream);
                families.addAll(ofStage);
                if (stage == Stage.RESULT_ONLY) {
                    interrupted = ofStage.get(0);
                }
            }
            tables.begin();
            upstream.putRecord(interrupted.get(0));
        }
        scene.runs().forEach(run -> annotated.put(uid(run), annotations(run)));
        List<String> rows = scene.query(ROWS);
        List<String> results = scene.query(RESULTS);
        List<String> logs = scene.query(LOGS);
        assertThat(rows).hasSizeGreaterThan(30);
        assertThat(logs).hasSize(4);

        new Migrations(scene.pool(), SwitchScene.SCHEMA).migrate();
        assertThat(new Adoption(scene.pool(), SwitchScene.SCHEMA).run().isComplete())
                .isTrue();
        try (ResultsArchive archive =
                scene.archive(folder, ResultNaming.defaults()).build()) {
            archive.start();
            await().atMost(PATIENCE).untilAsserted(this::assertTakenOver);
            scene.runs()
                    .forEach(run -> assertThat(annotations(run))
                            .as("annotations of %s", run.at("/metadata/name"))
                            .isEqualTo(annotated.get(uid(run))));
            scene.runs().stream().filter(run -> !isFinished(run)).forEach(scene::finish);
            await().atMost(PATIENCE).untilAsserted(this::assertTakenOver);
        }

        assertThat(scene.query(ROWS)).containsAll(rows);
        assertThat(scene.query(RESULTS)).containsAll(results);
        assertThat(scene.query(LOGS)).isEqualTo(logs);
        assertOneResultForEach(families);

        try (ResultsArchive archive = scene.archive(folder, ResultNaming.defaults())
                .prune(SwitchScene.pruneAtOnce())
                .build()) {
            archive.start();
            await().atMost(PATIENCE).until(() -> scene.runs().isEmpty());
        }
        scene.assertEachRunIsStoredOnce();
        assertThat(scene.records())
                .hasSize(families.stream().mapToInt(List::size).sum());
    }

    /** Stored once, in the newest version; not held longer than needed, and held as long as it is. */
    private void assertTakenOver() {
        scene.assertEachRunIsStoredOnce();
        for (ObjectNode run : scene.runs()) {
            String name = run.at("/metadata/name").asText();
            assertThat(name).doesNotStartWith("deleted");
            if (isFinished(run)) {
                assertThat(finalizers(run)).as(name).isEmpty();
            } else {
                assertThat(finalizers(run)).as(name).hasSize(1);
            }
        }
    }

    private void assertOneResultForEach(List<List<ObjectNode>> families) {
        Map<String, List<String>> records = scene.records();
        for (List<ObjectNode> family : families) {
            assertThat(family.stream()
                            .map(run -> records.getOrDefault(uid(run), List.of())
                                    .get(0)
                                    .split(" ", 2)[0])
                            .distinct())
                    .as("Results of %s", family.get(0).at("/metadata/name"))
                    .hasSize(1);
        }
        assertThat(scene.query(RESULTS)).hasSize(families.size());
        assertThat(scene.query("""
                SELECT name FROM {schema}.results WHERE recordsummary_status <> 1 AND recordsummary_record NOT IN (
                  SELECT parent || '/results/' || result_name || '/records/' || name FROM {schema}.records
                  WHERE data #>> '{status,conditions,0,status}' = 'Unknown')""")).as("Results that do not tell how it ended").isEmpty();
    }

    private List<List<ObjectNode>> families(Stage stage, UpstreamWatcher upstream) throws SQLException {
        String name = stage.name().toLowerCase(Locale.ROOT).replace('_', '-');
        List<List<ObjectNode>> families = new ArrayList<>();
        for (String event : List.of("", "event-" + name)) {
            ObjectNode pipelineRun = scene.create("PipelineRun", name + (event.isEmpty() ? "" : "-event"), event, null);
            if (stage.compareTo(Stage.OLDER_VERSION) >= 0) {
                upstream.reconcile(pipelineRun);
            }
            String child = pipelineRun.at("/metadata/name").asText() + "-build";
            families.add(List.of(pipelineRun, scene.create("TaskRun", child, event, scene.now(pipelineRun))));
        }
        families.add(List.of(scene.create("CustomRun", name + "-custom", "event-custom-" + name, null)));
        for (List<ObjectNode> family : families) {
            for (ObjectNode run : family) {
                bring(run, stage, upstream);
            }
        }
        return families;
    }

    private void bring(ObjectNode run, Stage stage, UpstreamWatcher upstream) throws SQLException {
        switch (stage) {
            case UNSEEN -> {}
            case RESULT_ONLY -> {
                upstream.hold(run);
                upstream.putResult(run);
            }
            case ROWS_WITHOUT_ANNOTATIONS -> {
                upstream.hold(run);
                upstream.putResult(run);
                upstream.putRecord(run);
            }
            case ANNOTATIONS_WITHOUT_ROWS -> {
                upstream.hold(run);
                upstream.annotate(run);
            }
            case OLDER_VERSION -> {
                upstream.reconcile(scene.now(run));
                scene.progress(run);
            }
            case FINISHED_NOT_MARKED -> {
                upstream.reconcile(scene.now(run));
                scene.finish(run);
            }
            case FINISHED_AND_STORED -> {
                scene.finish(run);
                upstream.reconcile(scene.now(run));
            }
            case DELETED_FINISHED -> {
                scene.finish(run);
                upstream.reconcile(scene.now(run));
                scene.delete(run);
            }
            case DELETED_RUNNING -> {
                upstream.reconcile(scene.now(run));
                scene.delete(run);
            }
        }
    }

    @Test
    void bothWriteForAWhileAndOneGoesBack() throws Exception {
        new Migrations(scene.pool(), SwitchScene.SCHEMA).migrate();
        ResultNaming asUpstream = ResultNaming.defaults().groupedBy(Grouping.BY_TRIGGER_EVENT);
        long seed = System.nanoTime();
        List<ObjectNode> all = new ArrayList<>();
        AtomicBoolean ended = new AtomicBoolean();
        try (ResultsArchive archive = scene.archive(folder, asUpstream)
                .finalizers(FinalizerConfig.defaults())
                .build()) {
            archive.start();
            CompletableFuture<Void> upstream = CompletableFuture.runAsync(() -> watch(new Random(seed), ended));
            for (int i = 0; i < 12; i++) {
                String event = i % 3 == 0 ? "" : "event-" + i % 5;
                ObjectNode pipelineRun = scene.create("PipelineRun", "build-" + i, event, null);
                ObjectNode taskRun = scene.create("TaskRun", "build-" + i + "-test", event, scene.now(pipelineRun));
                all.addAll(List.of(pipelineRun, taskRun));
                scene.progress(pipelineRun);
                scene.finish(taskRun);
                scene.finish(pipelineRun);
            }
            await().atMost(PATIENCE).until(() -> scene.records().size() == all.size());
            ended.set(true);
            upstream.join();
        }
        assertThat(scene.records().values())
                .as("seed %d", seed)
                .allSatisfy(of -> assertThat(of).hasSize(1));

        // What Tekton Results wrote last may be older than what we had written before.
        try (ResultsArchive archive = scene.archive(folder, asUpstream).build()) {
            archive.start();
            await("seed " + seed).atMost(PATIENCE).untilAsserted(scene::assertEachRunIsStoredOnce);
            await("seed " + seed)
                    .atMost(PATIENCE)
                    .until(() -> scene.runs().stream()
                            .allMatch(run -> finalizers(run).isEmpty()));
        }

        List<String> rows = scene.query(ROWS);
        List<String> results = scene.query(RESULTS);
        try (UpstreamTables tables = UpstreamTables.open(scene.pool().getDataSource(), SwitchScene.SCHEMA)) {
            UpstreamWatcher upstream = new UpstreamWatcher(tables, scene.client());
            for (ObjectNode run : scene.runs()) {
                upstream.reconcile(run);
            }
        }
        assertThat(scene.query(ROWS + " WHERE type LIKE 'tekton.dev/%'"))
                .containsExactlyInAnyOrderElementsOf(rows.stream()
                        .filter(row -> row.contains("tekton.dev/v1."))
                        .toList());
        assertThat(scene.query(RESULTS)).containsExactlyInAnyOrderElementsOf(results);
        assertRowsAreAsTektonResultsWritesThem();
    }

    private void assertRowsAreAsTektonResultsWritesThem() {
        assertThat(scene.query("""
                SELECT id, etag FROM {schema}.records UNION ALL SELECT id, etag FROM {schema}.results""")).allMatch(row -> {
            String[] columns = row.split(" \\| ", -1);
            return columns[0].matches("[0-9a-f-]{36}") && columns[1].matches(columns[0] + "-[0-9]{19}");
        });
        assertThat(scene.query("SELECT DISTINCT type FROM {schema}.records"))
                .containsExactlyInAnyOrder(
                        "tekton.dev/v1.PipelineRun", "tekton.dev/v1.TaskRun", UpstreamWatcher.LOG_TYPE);
        assertThat(scene.query("SELECT recordsummary_record FROM {schema}.results WHERE recordsummary_record <> ''"))
                .allSatisfy(name -> assertThat(RecordName.parse(name)).hasToString(name));
    }

    /** Turns over what it has listed, which is old by the time that it comes to the last of it. */
    private void watch(Random random, AtomicBoolean ended) {
        try (UpstreamTables tables = UpstreamTables.open(scene.pool().getDataSource(), SwitchScene.SCHEMA)) {
            UpstreamWatcher upstream = new UpstreamWatcher(tables, scene.client());
            while (!ended.get()) {
                List<ObjectNode> listed = scene.runs();
                Collections.shuffle(listed, random);
                for (ObjectNode run : listed) {
                    if (!ended.get()) {
                        upstream.reconcile(run);
                    }
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
