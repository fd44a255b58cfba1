package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.spi.LogRedaction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretRedactionTest {

    private static SecretRedaction hiding(String... secrets) {
        return new SecretRedaction("test", id -> List.of(secrets));
    }

    private static String redact(SecretRedaction redaction, String line) {
        return RedactedLines.redact(line, redaction.open(Scene.LOG));
    }

    @Test
    void secretsAreMasked() {
        SecretRedaction redaction = hiding("hunter2", "hunter2-and-more", "unter22");
        assertThat(redact(redaction, "login hunter2 ok\n")).isEqualTo("login ***** ok\n");
        assertThat(redact(redaction, "hunter2-and-more")).isEqualTo("*****");
        assertThat(redact(redaction, "hunter2-and-mor")).isEqualTo("*****-and-mor");
        assertThat(redact(redaction, "hunter22!")).as("overlapping").isEqualTo("*****!");
        assertThat(redact(redaction, "hunter2hunter2")).as("touching").isEqualTo("*****");
        assertThat(redact(redaction, "hunte hunter")).isEqualTo("hunte hunter");
    }

    @Test
    void eachLineOfASecretIsOneAndShortOnesArePassedOver() {
        SecretRedaction redaction = hiding("-----BEGIN KEY-----\nMIIEabc\r\nend\n");
        assertThat(redact(redaction, "cat: MIIEabc\n")).isEqualTo("cat: *****\n");
        assertThat(redact(redaction, "the end\n")).isEqualTo("the end\n");
        assertThat(redact(hiding(), "nothing to hide\n")).isEqualTo("nothing to hide\n");
        assertThatThrownBy(() -> new SecretRedaction("", id -> List.of())).hasMessageContaining("1 to 200");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whateverThePiecesAreTheLineIsWhatItWouldBeAsAWhole(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<String> secrets = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                secrets.add(word(random, 4 + random.nextInt(6)));
            }
            String line = word(random, random.nextInt(200));
            SecretRedaction redaction = new SecretRedaction("test", id -> secrets);
            String expected = expected(line, secrets);
            assertThat(redact(redaction, line))
                    .as("seed %d: %s in %s", seed, secrets, line)
                    .isEqualTo(expected);
            checkPieces(random, redaction, line, expected);
        }
    }

    /** What was handed on is always a beginning of the whole, so that a line that is cut goes on where it was. */
    private static void checkPieces(Random random, SecretRedaction redaction, String line, String expected) {
        StringBuilder out = new StringBuilder();
        LogRedaction.Output append =
                (buffer, offset, length) -> out.append(new String(buffer, offset, length, StandardCharsets.US_ASCII));
        LogRedaction.Session session = redaction.open(Scene.LOG);
        session.begin();
        session.take(line.getBytes(StandardCharsets.US_ASCII), 0, random.nextInt(line.length() + 1), append);
        assertThat(expected).startsWith(out);
        out.setLength(0);
        session.begin();
        byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(1 + random.nextInt(7), bytes.length - at);
            session.take(bytes, at, length, append);
            assertThat(expected).startsWith(out);
            at += length;
        }
        session.end(append);
        assertThat(out).hasToString(expected);
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(2)));
        }
        return word.toString();
    }

    private static String expected(String line, List<String> secrets) {
        boolean[] hidden = new boolean[line.length()];
        for (String secret : secrets) {
            for (int at = line.indexOf(secret); at >= 0; at = line.indexOf(secret, at + 1)) {
                Arrays.fill(hidden, at, at + secret.length(), true);
            }
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            if (!hidden[i]) {
                out.append(line.charAt(i));
            } else if (i == 0 || !hidden[i - 1]) {
                out.append(SecretRedaction.MASK);
            }
        }
        return out.toString();
    }
}
