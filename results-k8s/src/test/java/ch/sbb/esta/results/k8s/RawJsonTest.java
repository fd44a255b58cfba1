package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.RunSnapshot;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RawJsonTest {

    @Test
    void whatModelsLoseStays() throws IOException {
        String json = """
                {"metadata":{"labels":{},"annotations":null,"managedFields":[{"fieldsV1":{"f:x":{}}}],"name":"n","uid":"u",\
                "namespace":"s","resourceVersion":"7","other":["uid"]},"spec":{"a":[],"b":[{}],"uid":"not this one","c":null},\
                "apiVersion":"tekton.dev/v1","kind":"TaskRun","exact":[1.50,-0.0,1e400,123456789012345678901234567890]}""";
        RawResource resource = read(json);
        assertThat(text(resource)).isEqualTo(json);
        assertThat(resource.uid()).isEqualTo("u");
        assertThat(resource.kind()).isEqualTo("TaskRun");
        assertThat(resource.apiVersion()).isEqualTo("tekton.dev/v1");
        assertThat(resource.name()).isEqualTo("n");
        assertThat(resource.namespace()).isEqualTo("s");
        assertThat(resource.resourceVersion()).isEqualTo("7");
    }

    @Test
    void whatDecidesAboutARunIsRead() throws IOException {
        RawResource finished = read("""
                {"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"managedBy":"x/y","nested":{"managedBy":"no"}},
                "status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Ready","status":"False"},
                {"status":"False","type":"Succeeded"}],"steps":[{"type":"Succeeded","status":"Unknown"}]}}""");
        assertThat(finished.state()).isEqualTo(RunSnapshot.State.FINISHED);
        assertThat(finished.managedBy()).isEqualTo("x/y");
        assertThat(finished.isDeleting()).isTrue();
        RawResource running = read("""
                {"status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Succeeded","status":"Unknown"}]},
                "spec":{"conditions":[{"type":"Succeeded","status":"True"}]}}""");
        assertThat(running.state()).isEqualTo(RunSnapshot.State.RUNNING);
        assertThat(running.isDeleting()).isFalse();
        assertThat(read("{\"spec\":[\"managedBy\"],\"status\":{}}").state()).isEqualTo(RunSnapshot.State.PENDING);
    }

    @Test
    void loneSurrogatesStayEscaped() throws IOException {
        RawResource resource = read("{\"a\":\"x\\udc00ü\",\"ü\":\"\\ud83d\\ude80\\u0000\"}");
        assertThat(text(resource)).isEqualTo("{\"a\":\"x\\uDC00\\u00FC\",\"ü\":\"\\uD83D\\uDE80\\u0000\"}");
    }

    @Test
    void deepObjectsPass() throws IOException {
        String json = "{\"a\":" + "[".repeat(9_900) + "]".repeat(9_900) + "}";
        assertThat(text(read(json))).isEqualTo(json);
    }

    @Test
    void truncatedTextIsRefused() {
        String json = "{\"a\":{\"b\":[1,2,{\"c\":\"d\"}]}}";
        for (int length = 1; length < json.length(); length++) {
            String cut = json.substring(0, length);
            assertThatThrownBy(() -> read(cut)).as(cut).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anyTreeOfTextsComesBack() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            StringBuilder json = new StringBuilder("{\"k\":");
            value(random, json, 0);
            String expected = json.append('}').toString();
            assertThat(TestCluster.tree(read(expected).json()))
                    .as("seed " + seed)
                    .isEqualTo(TestCluster.tree(expected.getBytes(StandardCharsets.UTF_8)));
        }
    }

    private static void value(Random random, StringBuilder json, int depth) {
        switch (random.nextInt(depth > 5 ? 4 : 6)) {
            case 0 -> string(random, json);
            case 1 -> json.append(random.nextLong());
            case 2 -> json.append(random.nextDouble());
            case 3 -> json.append(random.nextBoolean() ? "null" : "true");
            case 4 -> {
                json.append('[');
                for (int i = random.nextInt(4); i > 0; i--) {
                    value(random, json, depth + 1);
                    json.append(i > 1 ? "," : "");
                }
                json.append(']');
            }
            default -> {
                json.append('{');
                for (int i = random.nextInt(4); i > 0; i--) {
                    json.append("\"").append(i).append("\":");
                    value(random, json, depth + 1);
                    json.append(i > 1 ? "," : "");
                }
                json.append('}');
            }
        }
    }

    private static void string(Random random, StringBuilder json) {
        json.append('"');
        for (int i = random.nextInt(6); i > 0; i--) {
            json.append(String.format("\\u%04x", random.nextInt(0x10000)));
        }
        json.append('"');
    }

    private static RawResource read(String json) throws IOException {
        try (JsonParser parser = RawJson.FACTORY.createParser(json.getBytes(StandardCharsets.UTF_8))) {
            parser.nextToken();
            return RawJson.read(parser);
        }
    }

    private static String text(RawResource resource) {
        return new String(resource.json(), StandardCharsets.UTF_8);
    }
}
