package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replicas die one after the other, and nothing is lost, doubled or wrongly labelled. */
class ChaosIT {

    @Test
    void nothingIsWrongBehindAFewKills() throws Exception {
        nothingIsWrong(new Chaos(2, 5, 6));
    }

    @Test
    @Tag("long")
    void nothingIsWrongBehindFortyKills() throws Exception {
        nothingIsWrong(new Chaos(10, 13, 40));
    }

    private static void nothingIsWrong(Chaos chaos) throws Exception {
        ByteArrayOutputStream progress = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(progress, true, StandardCharsets.UTF_8)) {
            String figures = chaos.run(out);
            System.out.println("chaos " + figures);
            assertThat(figures)
                    .as("after %s", progress.toString(StandardCharsets.UTF_8))
                    .startsWith("wrong=0 ");
        }
    }
}
