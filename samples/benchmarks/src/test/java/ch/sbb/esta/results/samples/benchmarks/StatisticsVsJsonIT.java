package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StatisticsVsJsonIT {

    /** It compares the two answers, too. */
    @Test
    @Timeout(300)
    void endsWithARatio() throws Exception {
        ByteArrayOutputStream progress = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(progress, true, StandardCharsets.UTF_8)) {
            assertThat(new StatisticsVsJson(1_000).run(out))
                    .as("after %s", progress.toString(StandardCharsets.UTF_8))
                    .matches("ratio=[0-9.]+ json=[0-9.]+ ms ours=[0-9.]+ ms days=[0-9]+ records=5000");
        }
    }
}
