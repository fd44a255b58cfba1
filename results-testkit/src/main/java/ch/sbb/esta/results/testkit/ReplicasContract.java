package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.spi.Membership;
import ch.sbb.esta.results.spi.Replicas;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every {@link Replicas} must do. Subclasses hand in places in one group, which is empty before each test. */
public abstract class ReplicasContract {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final List<Membership> joined = new ArrayList<>();

    /** For subclasses. */
    protected ReplicasContract() {}

    /**
     * A place in the group, as another process would have it.
     *
     * @param name the name of the replica
     * @return the place, not joined yet
     */
    protected abstract Replicas replica(String name);

    /** Releases what the subclass opened, after everybody has left. Nothing by default. */
    protected void release() {}

    @AfterEach
    final void leave() {
        joined.forEach(Membership::close);
        release();
    }

    private Membership join(String name) {
        return join(name, () -> {});
    }

    private Membership join(String name, Runnable onChange) {
        Membership membership = replica(name).join(onChange);
        joined.add(membership);
        return membership;
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    private static long leaders(List<Membership> members) {
        return members.stream().filter(member -> member.view().isLeader()).count();
    }

    @Test
    final void whoIsAloneLeads() {
        Membership alone = join("a");
        until(() -> alone.view().isLeader());
        ReplicaView view = alone.view();
        assertThat(view.self()).isEqualTo("a");
        assertThat(view.members()).containsExactly("a");
    }

    @Test
    final void ofThreeOneLeadsAndAllKnowEachOther() {
        List<Membership> members = List.of(join("a"), join("b"), join("c"));
        until(() -> leaders(members) == 1
                && members.stream().allMatch(member -> member.view().members().equals(List.of("a", "b", "c"))));
    }

    @Test
    final void whenTheLeaderLeavesAnotherOneLeads() {
        List<Membership> members = new ArrayList<>(List.of(join("a"), join("b"), join("c")));
        until(() -> leaders(members) == 1
                && members.stream().allMatch(member -> member.view().members().size() == 3));
        Membership leader = members.stream()
                .filter(member -> member.view().isLeader())
                .findFirst()
                .orElseThrow();
        leader.close();
        members.remove(leader);
        assertThat(leader.view().isLeader()).isFalse();
        assertThat(leader.view().members()).isEmpty();
        until(() -> leaders(members) == 1
                && members.stream().allMatch(member -> member.view().members().size() == 2));
        leader.close();
    }

    @Test
    final void whoLeftMayJoinAgain() {
        Replicas place = replica("a");
        Membership first = place.join(() -> {});
        until(() -> first.view().isLeader());
        first.close();
        Membership second = place.join(() -> {});
        joined.add(second);
        until(() -> second.view().isLeader());
        assertThat(second.view().members()).containsExactly("a");
    }

    @Test
    final void changesAreTold() {
        AtomicInteger told = new AtomicInteger();
        Membership first = join("a", told::incrementAndGet);
        until(() -> first.view().isLeader());
        int before = told.get();
        Membership second = join("b");
        until(() -> first.view().members().size() == 2 && told.get() > before);
        int meanwhile = told.get();
        second.close();
        until(() -> first.view().members().size() == 1 && told.get() > meanwhile);
        assertThat(first.view().isLeader()).isTrue();
    }
}
