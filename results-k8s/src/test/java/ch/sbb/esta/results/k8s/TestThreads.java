package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/** The leak check of these tests. Virtual threads are not seen; they hold nothing once their work has ended. */
final class TestThreads {

    private TestThreads() {}

    static void awaitNone(String name) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(named(name)).isEmpty());
    }

    static Set<String> named(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(thread -> thread.contains(name))
                .collect(Collectors.toSet());
    }
}
