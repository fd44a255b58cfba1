package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.kube.ApiFault;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeRequest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What leases are for: replicas that die, clocks that are wrong, an API server that is away. */
class FabricReplicasIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @AutoClose
    private final TestCluster cluster = TestCluster.start(HttpStack.JDK, KubeApiServer.builder());

    /** Elapsed time of all replicas, as the test lets it pass. */
    private final AtomicLong nanos = new AtomicLong(-1_000_000);

    /** So many writes to the leader's lease find it changed. */
    private final AtomicInteger changes = new AtomicInteger();

    private FabricReplicas.Builder replica(String name) {
        return FabricReplicas.builder(cluster.client(), "default", "archive")
                .identity(name)
                .leaseDuration(Duration.ofSeconds(15))
                .renewDeadline(Duration.ofSeconds(10))
                .retryPeriod(Duration.ofMillis(10))
                .nanoTime(nanos::get);
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    private ObjectNode lease(String name) {
        return cluster.server().find(reference(name)).orElseThrow();
    }

    private static KubeReference reference(String name) {
        return new KubeReference("coordination.k8s.io/v1", "Lease", "default", name);
    }

    private String version(String lease) {
        return lease(lease).path("metadata").path("resourceVersion").asText();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /** Time passes in small steps, so that who lives renews in between. */
    private void passUntil(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            pass(Duration.ofSeconds(1));
            return condition.call();
        });
    }

    @Test
    void theDeadLeaderIsFollowedAndForgotten() {
        LeaseMembership dead = replica("dead").build().enter(() -> {});
        assertThat(dead.view().isLeader()).isTrue();
        try (LeaseMembership heir = replica("heir").build().enter(() -> {})) {
            assertThat(heir.view().members()).containsExactly("dead", "heir");
            assertThat(heir.view().isLeader()).isFalse();
            dead.abandon();
            passUntil(() -> heir.view().isLeader());
            passUntil(() -> heir.view().members().equals(List.of("heir")));
            assertThat(lease("archive").path("spec").path("leaseTransitions").asInt())
                    .isEqualTo(1);
            passUntil(() -> cluster.server().find(reference("archive.dead")).isEmpty());
        }
        assertThat(lease("archive").path("spec").path("holderIdentity").asText())
                .isEmpty();
        assertThat(cluster.server().find(reference("archive.heir"))).isEmpty();
    }

    @Test
    void whoLeavesHandsBackALeaseThatChangesMeanwhile() {
        LeaseMembership leader = replica("leader").build().enter(() -> {});
        try (LeaseMembership heir = replica("heir").build().enter(() -> {})) {
            cluster.server().faults().next(Integer.MAX_VALUE, this::changesBefore, ApiFault.timeout());
            changes.set(5);
            leader.close();
            until(() -> heir.view().isLeader() && heir.view().members().equals(List.of("heir")));
            assertThat(changes).hasNonPositiveValue();
        }
    }

    /** Something else changes the lease just before it is written, as a late renewal does. Nothing is answered wrongly. */
    private boolean changesBefore(KubeRequest request) {
        boolean renewal = request.verb().equals("update") && request.name().equals("archive");
        if (renewal && changes.getAndDecrement() > 0) {
            ObjectNode lease = lease("archive");
            lease.withObjectProperty("metadata")
                    .withObjectProperty("annotations")
                    .put("change", changes.get());
            cluster.server().update(lease);
        }
        return false;
    }

    @Test
    void clocksAreNotCompared() {
        try (LeaseMembership past = replica("past")
                        .clock(InstantSource.fixed(Instant.EPOCH))
                        .build()
                        .enter(() -> {});
                LeaseMembership future = replica("future")
                        .clock(InstantSource.fixed(Instant.parse("2100-01-01T00:00:00Z")))
                        .build()
                        .enter(() -> {})) {
            for (int i = 0; i < 5; i++) {
                String leader = version("archive");
                pass(Duration.ofSeconds(4));
                until(() -> !version("archive").equals(leader));
                String member = version("archive.future");
                pass(Duration.ofSeconds(4));
                until(() -> !version("archive.future").equals(member));
            }
            assertThat(past.view().isLeader()).isTrue();
            assertThat(future.view().isLeader()).isFalse();
            until(() -> future.view().members().equals(List.of("future", "past")));
        }
    }

    @Test
    void whoCannotRenewDoesNotLeadAndComesBackByItself() {
        try (LeaseMembership alone = replica("alone").build().enter(() -> {})) {
            assertThat(alone.view().isLeader()).isTrue();
            cluster.network().refuse();
            cluster.network().cut();
            passUntil(() -> !alone.view().isLeader());
            assertThat(alone.view().members()).containsExactly("alone");
            cluster.network().accept();
            until(() -> alone.view().isLeader());
        }
    }

    @Test
    void aNamespaceThatIsMissingIsWaitedForAndNoReplicaLeadsBefore() {
        AtomicInteger made = new AtomicInteger();
        cluster.server()
                .faults()
                .next(
                        Integer.MAX_VALUE,
                        request -> {
                            if (request.verb().equals("create")
                                    && request.namespace().equals("later")) {
                                made.incrementAndGet();
                            }
                            return false;
                        },
                        ApiFault.timeout());
        FabricReplicas.Builder replica =
                FabricReplicas.builder(cluster.client(), "later", "archive").identity("early");
        try (LeaseMembership early =
                replica.retryPeriod(Duration.ofMillis(10)).build().enter(() -> {})) {
            until(() -> made.get() > 3);
            assertThat(early.view().isLeader()).isFalse();
            cluster.server().ensureNamespace("later");
            until(() -> early.view().isLeader());
        }
    }

    @Test
    void ofManyThatBeginAtOnceOneLeads() {
        List<LeaseMembership> members = IntStream.range(0, 5)
                .parallel()
                .mapToObj(i -> replica("r" + i).build().enter(() -> {}))
                .toList();
        until(() -> members.stream().allMatch(member -> member.view().members().size() == 5)
                && members.stream().filter(member -> member.view().isLeader()).count() == 1);
        members.forEach(LeaseMembership::close);
    }
}
