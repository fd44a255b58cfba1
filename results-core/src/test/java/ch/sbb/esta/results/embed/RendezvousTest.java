package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RendezvousTest {

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    private List<String> members(int count) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add("results-" + Integer.toHexString(random.nextInt()) + "-" + i);
        }
        return members;
    }

    private List<String> keys(int count) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(new UUID(random.nextLong(), random.nextLong()).toString());
        }
        return keys;
    }

    @Test
    void onlyTheKeysOfTheMemberThatGoesMove() {
        for (int round = 0; round < 50; round++) {
            List<String> members = members(2 + random.nextInt(9));
            String gone = members.get(random.nextInt(members.size()));
            List<String> left = new ArrayList<>(members);
            left.remove(gone);
            for (String key : keys(50)) {
                String before = Rendezvous.owner(key, members);
                String after = Rendezvous.owner(key, left);
                assertThat(members).as("seed %d", seed).contains(before);
                if (before.equals(gone)) {
                    assertThat(left).as("seed %d", seed).contains(after);
                } else {
                    assertThat(after).as("seed %d", seed).isEqualTo(before);
                }
            }
        }
    }

    @Test
    void theOrderOfTheMembersDoesNotMatter() {
        List<String> members = members(7);
        List<String> shuffled = new ArrayList<>(members);
        Collections.shuffle(shuffled, random);
        for (String key : keys(500)) {
            assertThat(Rendezvous.owner(key, shuffled)).as("seed %d", seed).isEqualTo(Rendezvous.owner(key, members));
        }
    }

    @Test
    void everyMemberGetsItsShare() {
        List<String> members = members(5);
        Map<String, Integer> shares = new HashMap<>();
        keys(5_000).forEach(key -> shares.merge(Rendezvous.owner(key, members), 1, Integer::sum));
        assertThat(shares.keySet()).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(members);
        assertThat(shares.values()).as("seed %d", seed).allMatch(share -> share > 800 && share < 1_200);
    }

    /** Replicas of different versions must agree. */
    @Test
    void theOwnersAreForEver() {
        List<String> members = List.of("results-0", "results-1", "results-2");
        assertThat(List.of("a", "d", "task-1", "task-2", "task-3", "task-4"))
                .extracting(key -> Rendezvous.owner(key, members))
                .containsExactly("results-0", "results-1", "results-2", "results-0", "results-0", "results-1");
        assertThat(Rendezvous.owner("a", List.of())).isEmpty();
    }
}
