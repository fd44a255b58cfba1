package ch.sbb.esta.results.k8s;

import static ch.sbb.esta.results.k8s.WatchScene.awaitHealth;
import static ch.sbb.esta.results.k8s.WatchScene.awaitTroubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import ch.sbb.esta.results.testkit.kube.ApiFault;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong between a watch and its server, and that each of it is healed. */
@ParameterizedClass
@EnumSource
final class WatchFaultsIT {

    private final HttpStack stack;
    private final WatchScene scene;

    WatchFaultsIT(HttpStack stack) {
        this.stack = stack;
        scene = new WatchScene(stack, KubeApiServer.builder().bookmarkInterval(Duration.ofMillis(100)));
    }

    @AfterEach
    void close() {
        scene.close();
    }

    @Test
    void oldVersionsThatComeAgainArePassedOver() {
        Watching watching = scene.watch(FabricConfig.defaults());
        RunSnapshot last = scene.put("ns-a", "build", "0");
        for (int i = 1; i < 10; i++) {
            last = scene.put("ns-a", "build", Integer.toString(i));
        }
        scene.awaitSeen(last);
        scene.server().replayHistory();
        awaitHealth(watching, health -> health.losses().replayed() >= 9);
        scene.awaitSeen(scene.put("ns-a", "other", "one"));
        assertThat(versions(last)).isSorted();
        // A watch that went on from an old place would be sent everything once more.
        long replayed = watching.health().losses().replayed();
        scene.server().endWatches();
        scene.awaitSeen(scene.put("ns-a", "other", "two"));
        assertThat(watching.health().losses().replayed()).isEqualTo(replayed);
    }

    private List<BigInteger> versions(RunSnapshot run) {
        return scene.of(run).stream()
                .map(event ->
                        new BigInteger(WatchScene.read(event).resourceVersion().orElseThrow()))
                .toList();
    }

    @Test
    void aDeletionThatWasNeverToldIsFoundByTheNextList() {
        Watching watching = scene.watch(
                FabricConfig.builder().relistInterval(Duration.ofMillis(1)).build());
        RunSnapshot lost = scene.put("ns-a", "lost", "one");
        RunSnapshot kept = scene.put("ns-a", "kept", "one");
        scene.awaitSeen(lost);
        scene.awaitSeen(kept);
        scene.server().faults().loseDeletions(1);
        scene.awaitOpen(3);
        scene.delete(lost);
        await().atMost(WatchScene.PATIENCE).until(() -> scene.server().faults().deletionsLost() == 1);
        assertThat(watching.health().objects()).isEqualTo(2);
        scene.events().clear();
        scene.endWatches(3);
        awaitHealth(watching, health -> health.objects() == 1 && health.losses().vanishedUnfinished() == 1);
        scene.awaitSeen(scene.put("ns-a", "later", "one"));
        assertThat(scene.of(kept))
                .as("what is known is not delivered by every list")
                .isEmpty();
        assertThat(watching.health().losses().vanished()).isEqualTo(1);
    }

    @Test
    void aStreamThatFallsSilentIsBegunAgainAndItsNewsAreSeen() {
        scene.watch(
                FabricConfig.builder().watchSilenceLimit(Duration.ofSeconds(1)).build());
        RunSnapshot run = scene.put("ns-a", "build", "one");
        scene.awaitSeen(run);
        scene.server().faults().silenceWatches();
        // It is not told of this one, not even later.
        RunSnapshot untold = scene.put("ns-a", "build", "two");
        scene.awaitSeen(untold);
        scene.server().faults().clear();
        scene.awaitSeen(scene.put("ns-a", "build", "three"));
    }

    @Test
    void errorsOfEveryKindAreSurvived() {
        Watching watching = scene.watch(FabricConfig.defaults());
        scene.awaitSeen(scene.put("ns-a", "build", "one"));
        int round = 0;
        for (ApiFault fault : List.of(
                ApiFault.tooManyRequests(Duration.ofSeconds(1)),
                ApiFault.unavailable(Duration.ofSeconds(1)),
                ApiFault.internalError("etcdserver: leader changed"),
                ApiFault.timeout(),
                ApiFault.expired())) {
            scene.awaitOpen(3);
            scene.server().faults().next(3, request -> request.verb().equals("watch"), fault);
            scene.server().faults().next(1, request -> request.verb().equals("list"), fault);
            scene.endWatches(3);
            scene.awaitSeen(scene.put("ns-a", "build", "round " + round++));
        }
        scene.server().expireWatches();
        scene.awaitSeen(scene.put("ns-a", "build", "expired"));
        awaitHealth(watching, health -> health.troubles().isEmpty() && health.waiting() == 0);
    }

    @Test
    void aTokenThatExpiresIsReplacedWithoutALoss() {
        Config config = Config.fromKubeconfig(scene.server().kubeconfig());
        config.setOauthTokenProvider(scene.server()::token);
        Queue<Event> events = new ConcurrentLinkedQueue<>();
        try (KubernetesClient client = stack.connect(config);
                Watching watching = new FabricRunWatcher(client, FabricConfig.defaults()).watch(events::add)) {
            scene.awaitOpen(3);
            for (int i = 0; i < 3; i++) {
                scene.server().expireTokens();
                scene.server().issueToken();
                scene.server().endWatches();
                RunSnapshot run = scene.put("ns-a", "build-" + i, "one");
                await().atMost(WatchScene.PATIENCE)
                        .until(() -> events.stream()
                                .anyMatch(event -> WatchScene.read(event).uid().equals(run.uid())));
            }
            awaitHealth(watching, health -> health.troubles().isEmpty() && health.objects() == 3);
        }
    }

    @Test
    void aWatchThatCannotBeReadIsInTroubleAndSaysSo() {
        Watching watching = scene.watch(FabricConfig.defaults());
        scene.awaitSeen(scene.put("ns-a", "build", "one"));
        scene.awaitOpen(3);
        scene.server()
                .faults()
                .next(
                        Integer.MAX_VALUE,
                        request -> request.resource().equals("taskruns"),
                        ApiFault.internalError("etcd is away"));
        scene.endWatches(3);
        awaitTroubles(
                watching,
                1,
                trouble -> trouble.kind().equals(RunKind.TASK_RUN)
                        && trouble.message().contains("etcd is away"));
        RunSnapshot other = scene.put(RunKind.PIPELINE_RUN, "ns-a", "other", "\"labels\":{}", "{}");
        scene.awaitSeen(other);
        scene.server().faults().clear();
        awaitHealth(watching, health -> health.troubles().isEmpty());
        scene.awaitSeen(scene.put("ns-a", "build", "two"));
    }

    @Test
    void underAStormOfFaultsEveryRunIsKnownInItsLastVersion() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Watching watching = scene.watch(FabricConfig.builder()
                .pageSize(3)
                .relistInterval(Duration.ofMillis(500))
                .build());
        List<RunSnapshot> runs = new ArrayList<>();
        for (int step = 0; step < 150; step++) {
            switch (random.nextInt(12)) {
                case 0 -> scene.server().endWatches();
                case 1 -> scene.server().expireWatches();
                case 2 -> scene.server().replayHistory();
                case 3 -> scene.server().faults().loseDeletions(1);
                case 4 -> scene.cluster().network().cut();
                case 5 ->
                    scene.server()
                            .faults()
                            .next(2, request -> request.verb().equals("watch"), ApiFault.internalError("storm"));
                case 6 ->
                    scene.server().faults().next(1, request -> request.verb().equals("list"), ApiFault.expired());
                case 7 -> {
                    if (!runs.isEmpty()) {
                        scene.delete(runs.remove(random.nextInt(runs.size())));
                    }
                }
                default -> {
                    String name = "build-" + random.nextInt(20);
                    runs.removeIf(run -> run.name().equals(name));
                    runs.add(scene.put("ns-a", name, "step " + step));
                }
            }
        }
        scene.server().faults().clear();
        runs.forEach(scene::awaitSeen);
        await("with seed " + seed).atMost(WatchScene.PATIENCE).until(() -> {
            scene.server().endWatches();
            return watching.health().objects() == runs.size();
        });
        assertThat(runs).as("seed %d", seed).allSatisfy(run -> {
            Event last = scene.of(run).get(scene.of(run).size() - 1);
            assertThat(WatchScene.read(last).resourceVersion()).isEqualTo(run.resourceVersion());
        });
    }
}
