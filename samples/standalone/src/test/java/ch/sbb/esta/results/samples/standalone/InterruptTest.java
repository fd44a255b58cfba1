package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job with all its embedded parts, ended in the middle. */
class InterruptTest {

    /** What the JVM tells its parent when it was ended by SIGTERM: 128 and the signal's number. */
    private static final int TERMINATED = 143;

    @TempDir
    private Path folder;

    @Test
    void theEmbeddedPartsStayUntilTheArchiveHasEnded() throws Exception {
        try (MainProcess main =
                MainProcess.start(folder.resolve("printed"), Map.of(), List.of("--runs", "20", "--lines", "5000"))) {
            main.awaitPrinted("[1-9][0-9,]* log lines");

            assertThat(main.end()).isEqualTo(TERMINATED);

            assertThat(main.printed())
                    .containsPattern("runs [0-9]+/[0-9]+ · taskruns ")
                    .doesNotContain("cannot run", "Exception", "ERROR", "closing failed");
        }
    }
}
