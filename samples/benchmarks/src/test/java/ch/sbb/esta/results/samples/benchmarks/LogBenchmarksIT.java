package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each of them runs to its last line with little to do. What they measure then means nothing. */
@Timeout(300)
class LogBenchmarksIT {

    private static final long BYTES = 4_000_000;

    static Stream<Benchmark> benchmarks() {
        return Stream.of(
                new LogVsGzip(BYTES, 1),
                new LogHeap(BYTES),
                new LogStreams(20, Duration.ofSeconds(1)),
                new LogTail(BYTES),
                new WatchHeap(1_000, Duration.ofSeconds(4)));
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void endsWithARatio(Benchmark benchmark) throws Exception {
        ByteArrayOutputStream progress = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(progress, true, StandardCharsets.UTF_8)) {
            assertThat(benchmark.run(out))
                    .as("after %s", progress.toString(StandardCharsets.UTF_8))
                    .matches("ratio=[0-9]+\\.[0-9]+( [a-z_]+=[0-9.]+( [A-Za-z/]+)?)+");
        }
    }
}
