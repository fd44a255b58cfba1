package ch.sbb.esta.results.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonEscapeTest {

    private static final String[] PIECES = {
        "a",
        "ä",
        "😀",
        "␛",
        "␛0000",
        "␛241b",
        "0",
        "000",
        "d800",
        "\\\\",
        "\\\"",
        "\\n",
        "\\u0000",
        "\\u0041",
        "\\u241b",
        "\\u241B",
        "\\ud800",
        "\\uDBFF",
        "\\udc00",
        "\\uDFFF",
        "\\ud83d\\ude00",
        "\\\\u0000"
    };

    @ParameterizedTest
    @CsvSource({
        "a\\u0000b, a␛0000b",
        "\\ud800, ␛d800",
        "\\uDFFF, ␛dfff",
        "\\ud800\\ud83d\\ude00, ␛d800\\ud83d\\ude00",
        "␛\\u0000\\u241B, ␛241b␛0000␛241b",
        "\\\\\\u0000, \\\\␛0000"
    })
    void whatPostgresRefusesIsEscapedWithTheMark(String text, String expected) {
        JsonEscape.Encoded encoded = JsonEscape.encode(quoted(text));

        assertThat(encoded.escaped()).isTrue();
        assertThat(encoded.text()).isEqualTo("\"" + expected + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "␛", "␛0000", "\\u241b", "\\\\u0000", "\\ud83d\\ude00", "😀", "\\u0001"})
    void whatPostgresTakesIsLeftAlone(String text) {
        byte[] json = quoted(text);

        assertThat(JsonEscape.encode(json).escaped()).isFalse();
        assertThat(JsonEscape.encode(json).json()).isSameAs(json);
    }

    @Test
    void decodingIsTheInverseOfEncoding() {
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            byte[] json = quoted(text.toString());
            JsonEscape.Encoded encoded = JsonEscape.encode(json);
            byte[] decoded = encoded.escaped() ? JsonEscape.decode(encoded.json()) : encoded.json();

            assertThat(unescaped(decoded)).as("seed %s: %s", seed, text).isEqualTo(unescaped(json));
            assertThat(encoded.text())
                    .as("seed %s", seed)
                    .doesNotContain("\\ud800\"")
                    .doesNotContain("a\\u0000");
        }
    }

    @Test
    void aMarkThatStandsForNothingIsLeftAlone() {
        assertThat(new String(JsonEscape.decode(quoted("␛ ␛00 ␛1234 ␛d7ff ␛")), StandardCharsets.UTF_8))
                .isEqualTo("\"␛ ␛00 ␛1234 ␛d7ff ␛\"");
    }

    @Test
    void mapsAreEscapedAsTheirJsonWouldBe() {
        Map<String, String> plain = Map.of("␛0000", "😀", "a", "\n");
        assertThat(JsonEscape.encode(plain)).isSameAs(plain);
        assertThat(JsonEscape.encode(Map.of("a\0", "␛", "b", "\ud800")))
                .isEqualTo(Map.of("a␛0000", "␛241b", "b", "␛d800"));
    }

    private static byte[] quoted(String text) {
        return ("\"" + text + "\"").getBytes(StandardCharsets.UTF_8);
    }

    /** The characters that a JSON string stands for. */
    private static String unescaped(byte[] json) {
        String text = new String(json, StandardCharsets.UTF_8);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '\\') {
                out.append(text.charAt(i));
            } else if (text.charAt(++i) == 'u') {
                out.append((char) Integer.parseInt(text.substring(i + 1, i + 5), 16));
                i += 4;
            } else {
                out.append(text.charAt(i));
            }
        }
        return out.toString();
    }
}
