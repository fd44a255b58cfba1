package ch.sbb.esta.results.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadsTest {

    @Test
    void makesNamedDaemonsThatAreVirtualWhereTheJdkHasThem() throws Exception {
        ThreadFactory threads = Threads.named("worker");
        CountDownLatch ran = new CountDownLatch(2);
        Thread first = threads.newThread(ran::countDown);
        Thread second = threads.newThread(ran::countDown);
        assertThat(first.getName()).isEqualTo("worker-1");
        assertThat(second.getName()).isEqualTo("worker-2");
        assertThat(first.isDaemon()).isTrue();
        assertThat(isVirtual(first)).isEqualTo(Runtime.version().feature() >= 21);
        first.start();
        second.start();
        assertThat(ran.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static boolean isVirtual(Thread thread) {
        return thread.getClass().getName().equals("java.lang.VirtualThread");
    }
}
