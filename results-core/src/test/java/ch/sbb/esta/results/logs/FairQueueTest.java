package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.logs.FairQueue.Urgency;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FairQueueTest {

    private final FairQueue<String> queue = new FairQueue<>();

    private List<String> all() {
        List<String> all = new ArrayList<>();
        for (Optional<String> next = queue.poll(); next.isPresent(); next = queue.poll()) {
            all.add(next.get());
        }
        return all;
    }

    @Test
    void namespacesAreServedInTurn() {
        for (int i = 0; i < 3; i++) {
            queue.add("a", "a" + i, Urgency.NORMAL);
        }
        queue.add("b", "b0", Urgency.NORMAL);
        queue.add("c", "c0", Urgency.NORMAL);
        assertThat(queue.size()).isEqualTo(5);
        assertThat(all()).containsExactly("a0", "b0", "c0", "a1", "a2");
        assertThat(queue.size()).isZero();
    }

    @Test
    void whoIsInAHurryGoesFirst() {
        queue.add("a", "a0", Urgency.NORMAL);
        queue.add("a", "a1", Urgency.NORMAL);
        queue.add("b", "b0", Urgency.URGENT);
        assertThat(queue.hasUrgent()).isTrue();
        queue.hurry("a", "a1");
        queue.hurry("a", "unknown");
        assertThat(all()).containsExactly("b0", "a1", "a0");
        assertThat(queue.hasUrgent()).isFalse();
    }
}
