package ch.sbb.esta.results.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackgroundTest {

    private static final Duration LONG = Duration.ofHours(1);

    private final Background background = new Background("test");

    @AfterEach
    void close() {
        background.interrupt();
    }

    @Test
    void aSecondStartIsNoSecondThreadAndAfterTheEndItStartsAgain() throws Exception {
        AtomicInteger threads = new AtomicInteger();
        Semaphore begun = new Semaphore(0);
        for (int start = 0; start < 2; start++) {
            for (int call = 0; call < 2; call++) {
                background.start(signal -> {
                    threads.incrementAndGet();
                    begun.release();
                    signal.await(LONG);
                });
            }
            begun.acquire();
            background.close();
            assertThat(threads).hasValue(start + 1);
        }
        background.close();
    }

    @Test
    void closingWaitsForTheWorkWithoutInterruptingIt() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean(true);
        CountDownLatch begun = new CountDownLatch(1);
        background.start(signal -> {
            begun.countDown();
            signal.await(LONG);
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        begun.await();

        background.close();

        assertThat(interrupted).isFalse();
    }

    @Test
    void interruptingEndsWhatWaitsForSomethingElse() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        background.start(signal -> {
            begun.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                interrupted.set(signal.isStopped());
            }
        });
        begun.await();

        background.interrupt();

        assertThat(interrupted).isTrue();
    }

    @Test
    void roundsFollowEachOtherUntilTheEnd() throws Exception {
        Semaphore rounds = new Semaphore(0);
        background.repeat(Duration.ofMillis(1), signal -> rounds.release());
        rounds.acquire(3);

        background.close();

        int seen = rounds.drainPermits();
        background.close();
        assertThat(rounds.drainPermits())
                .as("rounds after the end, %d before", seen)
                .isZero();
    }

    @Test
    void whoWaitsHasToStopAfterTheSignalAndWhenInterrupted() {
        StopSignal signal = new StopSignal();
        assertThat(signal.await(Duration.ZERO)).isTrue();
        assertThat(signal.await(Duration.ofSeconds(-1))).isTrue();
        Thread.currentThread().interrupt();
        assertThat(signal.await(LONG)).isFalse();
        assertThat(Thread.interrupted()).isTrue();
        signal.stop();
        assertThat(signal.await(LONG)).isFalse();
        assertThat(signal.isStopped()).isTrue();
    }
}
