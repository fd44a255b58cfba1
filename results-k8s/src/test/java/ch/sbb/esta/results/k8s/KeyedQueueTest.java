package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class KeyedQueueTest {

    private final ManualClock clock = new ManualClock(Instant.EPOCH);
    private final AtomicInteger calls = new AtomicInteger();

    @Test
    void aKeyThatIsAddedWhileItRunsRunsOnceMoreAfterwards() {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicInteger together = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (KeyedQueue queue = new KeyedQueue("test-queue", 4, clock, key -> {
            most.accumulateAndGet(together.incrementAndGet(), Math::max);
            calls.incrementAndGet();
            entered.countDown();
            awaitQuietly(leave);
            together.decrementAndGet();
            return Optional.empty();
        })) {
            queue.start();
            queue.add("a");
            awaitQuietly(entered);
            for (int i = 0; i < 10; i++) {
                queue.add("a");
            }
            leave.countDown();
            await().atMost(ONE_MINUTE).until(queue::isIdle);
        }
        assertThat(calls).hasValue(2);
        assertThat(most).hasValue(1);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whatFailsIsTriedAgainLaterEachTimeAndHoldsUpNothing() {
        AtomicInteger good = new AtomicInteger();
        try (KeyedQueue queue = new KeyedQueue("test-queue", 1, clock, key -> {
            if (key.equals("good")) {
                good.incrementAndGet();
                return Optional.empty();
            }
            calls.incrementAndGet();
            throw new IllegalStateException("fails");
        })) {
            queue.start();
            queue.add("bad");
            queue.add("good");
            await().atMost(ONE_MINUTE).until(() -> calls.get() == 1 && good.get() == 1);
            clock.advance(Duration.ofMillis(500));
            await().atMost(ONE_MINUTE).until(() -> calls.get() == 2);
            await().atMost(ONE_MINUTE).until(queue::isIdle);
            clock.advance(Duration.ofMillis(400));
            assertThat(queue.isIdle())
                    .as("the second pause is at least half a second")
                    .isTrue();
            clock.advance(Duration.ofMillis(600));
            await().atMost(ONE_MINUTE).until(() -> calls.get() == 3);
        }
    }

    @Test
    void aKeyComesBackWhenItAskedTo() {
        try (KeyedQueue queue = new KeyedQueue("test-queue", 2, clock, key -> {
            calls.incrementAndGet();
            return Optional.of(clock.instant().plus(Duration.ofHours(1)));
        })) {
            queue.start();
            queue.add("a");
            await().atMost(ONE_MINUTE).until(() -> calls.get() == 1 && queue.isIdle());
            clock.advance(Duration.ofMinutes(59));
            assertThat(queue.isIdle()).isTrue();
            clock.advance(Duration.ofMinutes(1));
            await().atMost(ONE_MINUTE).until(() -> calls.get() == 2 && queue.isIdle());
        }
        assertThat(calls).hasValue(2);
    }
}
