package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CopyMainTest {

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

    @Test
    void aWrongCommandLineIsTwo() {
        assertThat(CopyMain.run(out)).isEqualTo(2);
        assertThat(CopyMain.run(out, "--from", "localhost:1", "--jdbc-user", "me", "--s3-prefix", "logs/"))
                .isEqualTo(2);
    }

    @Test
    void aServerThatIsNotThereIsNamedBeforeTheDatabaseIsTouched() {
        int code = CopyMain.run(
                out,
                "--from",
                "localhost:1",
                "--insecure",
                "--jdbc-url",
                "jdbc:postgresql://localhost:1/none",
                "--jdbc-user",
                "none");

        assertThat(code).isEqualTo(3);
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("ListResults ended with UNAVAILABLE");
    }
}
