package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each of them runs to its last line with few rows. What they measure then means nothing. */
@Timeout(300)
class ListBenchmarksIT {

    static Stream<Benchmark> benchmarks() {
        return Stream.of(
                new PageDepth(400, 5),
                new NewestFailed(400),
                new IndexedLists(400),
                new TenantsProvision(2),
                new GrpcVsDirect(300, 1),
                new GrpcList(600, 1),
                new TenantsPool(3, 10, 1));
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void endsWithARatio(Benchmark benchmark) throws Exception {
        ByteArrayOutputStream progress = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(progress, true, StandardCharsets.UTF_8)) {
            assertThat(benchmark.run(out))
                    .as("after %s", progress.toString(StandardCharsets.UTF_8))
                    .matches("ratio=[0-9]+\\.[0-9]+( [a-z_0-9]+=[0-9.]+( [A-Za-z/]+)?)+");
        }
    }
}
