package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Random histories of a cluster: no run goes before it is safe, and in the end all go that are due. */
class PrunerPropertyTest {

    private static final long SEED = Long.getLong("prune.seed", System.nanoTime());
    private static final Duration GRACE = Duration.ofHours(2);
    private static final int KEEP = 1;
    private static final List<RunKind> KINDS = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN);

    private final Scene scene = new Scene();
    private Random random = new Random(0);
    private int names;
    private String violation = "";
    /** The versions that the pruner was shown last. */
    private final Map<String, RunSnapshot> looked = new HashMap<>();

    private int deleted;

    @RepeatedTest(20)
    void nothingGoesBeforeItIsSafeAndAllThatIsDueGoesInTheEnd(RepetitionInfo repetition) {
        long seed = SEED + repetition.getCurrentRepetition();
        random = new Random(seed);
        Pruner pruner = Pruner.builder(
                        scene.safety().build(),
                        PrunerConfig.builder()
                                .grace(GRACE)
                                .keepLast(KEEP)
                                .selector(LabelSelector.parse("hold!=yes"))
                                .deletionsPerSecond(1_000_000)
                                .build())
                .clock(scene::now)
                .onPruned(this::onPruned)
                .build();
        scene.cluster().beforeDelete = key -> {
            interfere();
            violation = violation(key);
        };
        scene.cluster().beforeFind = key -> {
            interfere();
            look(key);
        };
        for (int step = 0; step < 120; step++) {
            act();
            if (random.nextInt(6) == 0) {
                pruner.run();
            }
        }
        scene.cluster().beforeFind = this::look;
        scene.cluster().beforeDelete = key -> violation = violation(key);
        heal();
        List<String> expected = expected();
        assertThat(pruner.run().failures()).as("seed %s", seed).isEmpty();
        assertThat(all().map(RunSnapshot::uid).sorted().toList())
                .as("seed %s, %s deleted", seed, deleted)
                .containsExactlyElementsOf(expected);
        assertThat(deleted).as("seed %s", seed).isPositive();
    }

    private void look(RunKey key) {
        scene.memory().find(key).ifPresent(found -> looked.put(found.uid(), found));
    }

    private void onPruned(RunSnapshot run) {
        // An error, because what else a listener throws is logged only.
        if (!violation.isEmpty()) {
            throw new AssertionError(violation);
        }
        deleted++;
        collect(run.uid());
    }

    /** As Kubernetes collects what has lost its owner. */
    private void collect(String owner) {
        for (RunSnapshot child : owned(owner)) {
            scene.memory().delete(RunKey.of(child));
            collect(child.uid());
        }
    }

    private void act() {
        switch (random.nextInt(10)) {
            case 0, 1 -> begin();
            case 2, 3 -> pick(run -> !run.isFinished()).ifPresent(this::finish);
            case 4, 5 -> pick(run -> true).ifPresent(scene::archiveNow);
            case 6 -> pick(run -> run.kind().isTaskRun()).ifPresent(run -> scene.beginLog(log(run)));
            case 7, 8 ->
                pick(run -> run.kind().isTaskRun() && run.isFinished()).ifPresent(run -> scene.sealLog(log(run)));
            default -> scene.pass(Duration.ofMinutes(random.nextInt(90)));
        }
    }

    /** What others do while the pruner looks and decides. */
    private void interfere() {
        switch (random.nextInt(12)) {
            case 0 ->
                pick(run -> true).ifPresent(run -> scene.put(TestRun.from(run).annotation("n", "" + names++)));
            case 1 ->
                pick(run -> run.owners().isEmpty()).ifPresent(run -> {
                    scene.memory().delete(RunKey.of(run));
                    collect(run.uid());
                });
            case 2 ->
                pick(RunSnapshot::isFinished)
                        .ifPresent(run -> scene.put(TestRun.from(run).annotation(PrunerConfig.KEEP_ANNOTATION, "x")));
            case 3 -> throw WildCluster.away();
            default -> {}
        }
    }

    private void begin() {
        TestRun parent = TestRun.pipelineRun("p" + names++)
                .label("tekton.dev/pipeline", "pipeline-" + random.nextInt(2))
                .label("hold", random.nextInt(8) == 0 ? "yes" : "no")
                .running();
        int children = random.nextInt(3);
        List<String> tasks = new ArrayList<>();
        for (int i = 0; i < children; i++) {
            tasks.add("t" + names++);
            parent.child("TaskRun", tasks.get(i));
        }
        RunSnapshot run = scene.put(parent);
        tasks.forEach(task -> scene.put(TestRun.taskRun(task).ownedBy(run).running()));
    }

    /** A PipelineRun ends after its TaskRuns. */
    private void finish(RunSnapshot run) {
        if (owned(run.uid()).stream().allMatch(RunSnapshot::isFinished)) {
            TestRun ended = TestRun.from(run).ended(scene.now());
            scene.put(run.kind().isTaskRun() ? ended.pod(run.name() + "-pod", "a") : ended);
        }
    }

    private void heal() {
        for (int i = 0; i < 2; i++) {
            all().filter(run -> !run.isFinished()).forEach(this::finish);
        }
        all().filter(run -> run.kind().isTaskRun()).forEach(run -> scene.sealLog(log(run)));
        all().forEach(scene::archive);
        scene.pass(GRACE);
    }

    private ContainerLogId log(RunSnapshot taskRun) {
        return scene.log(taskRun, taskRun.name() + "-pod-uid", "a");
    }

    private Stream<RunSnapshot> all() {
        List<RunSnapshot> all = new ArrayList<>();
        for (RunKind kind : KINDS) {
            String token = "";
            do {
                var page = scene.memory().list(kind, "", token);
                all.addAll(page.items());
                token = page.nextPageToken().orElse("");
            } while (!token.isEmpty());
        }
        return all.stream();
    }

    private List<RunSnapshot> owned(String uid) {
        return all().filter(run ->
                        run.owners().stream().anyMatch(owner -> owner.uid().equals(uid)))
                .toList();
    }

    private Optional<RunSnapshot> pick(Predicate<RunSnapshot> which) {
        List<RunSnapshot> some = all().filter(which).toList();
        return some.isEmpty() ? Optional.empty() : Optional.of(some.get(random.nextInt(some.size())));
    }

    /** By itself, from the state of the moment: why the run must not go. */
    private String violation(RunKey key) {
        return scene.memory().find(key).map(this::violation).orElse("");
    }

    private String violation(RunSnapshot run) {
        Optional<String> stored = scene.store()
                .findRecord(ResultNaming.defaults().place(run).record())
                .map(Record::data)
                .flatMap(data -> RunReading.of(data).run())
                .flatMap(RunSnapshot::resourceVersion);
        if (!run.isFinished() || !stored.equals(run.resourceVersion())) {
            return run + " is stored in version " + stored;
        }
        if (run.kind().isTaskRun()
                && scene.logs().find(log(run)).filter(LogInfo::isSealed).isEmpty()) {
            return run + " has no sealed log";
        }
        return owned(run.uid()).stream()
                .map(this::asLookedAt)
                .map(this::violation)
                .collect(Collectors.joining());
    }

    /**
     * What a child has become since it was looked at is lost with its owner, on which alone the deletion has a precondition: only a finalizer
     * prevents that.
     */
    private RunSnapshot asLookedAt(RunSnapshot child) {
        return looked.getOrDefault(child.uid(), child);
    }

    private List<String> expected() {
        Map<String, List<RunSnapshot>> groups = new HashMap<>();
        all().filter(run -> run.owners().isEmpty())
                .forEach(run -> groups.computeIfAbsent(
                                run.labels().get("tekton.dev/pipeline") + run.summaryStatus(), g -> new ArrayList<>())
                        .add(run));
        List<RunSnapshot> staying = new ArrayList<>();
        for (List<RunSnapshot> group : groups.values()) {
            group.sort(Comparator.comparing(
                            (RunSnapshot run) -> run.completionTime().orElseThrow())
                    .thenComparing(RunSnapshot::uid));
            for (int i = 0; i < group.size(); i++) {
                RunSnapshot run = group.get(i);
                boolean last = i >= group.size() - KEEP;
                if (last
                        || run.annotations().containsKey(PrunerConfig.KEEP_ANNOTATION)
                        || "yes".equals(run.labels().get("hold"))) {
                    staying.add(run);
                }
            }
        }
        return staying.stream()
                .flatMap(run -> Stream.concat(Stream.of(run), owned(run.uid()).stream()))
                .map(RunSnapshot::uid)
                .sorted()
                .toList();
    }
}
