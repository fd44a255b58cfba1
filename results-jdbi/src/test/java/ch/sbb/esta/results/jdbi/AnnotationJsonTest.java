package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.internal.JsonEscape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnnotationJsonTest {

    @Test
    void annotationsComeBackAsTheyWentIn() {
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            Map<String, String> annotations = new LinkedHashMap<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                annotations.put(text(random), text(random));
            }
            JsonEscape.Encoded encoded = AnnotationJson.write(annotations);

            assertThat(AnnotationJson.read(encoded.json(), encoded.escaped()))
                    .as("seed %s", seed)
                    .isEqualTo(annotations);
        }
    }

    private static String text(Random random) {
        char[] characters = {'a', '0', '␛', '\0', '\ud800', '\udc00', '\ud83d', '\ude00', '"', '\\', '\n', 'd', '8'};
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(10); i > 0; i--) {
            text.append(characters[random.nextInt(characters.length)]);
        }
        return text.toString();
    }
}
