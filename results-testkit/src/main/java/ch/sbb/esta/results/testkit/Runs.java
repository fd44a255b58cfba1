package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.RunKind;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** Runs for the contracts of the cluster's roles. */
final class Runs {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final Pattern SURROGATE = Pattern.compile("\\\\u[dD][89a-fA-F]..");
    private static final Pattern PAIR = Pattern.compile("\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..");

    private Runs() {}

    /** A run with the fields that models of Kubernetes objects like to lose, and with a text that changes from version to version. */
    static byte[] run(RunKind kind, String namespace, String name, String note) {
        return """
                {"apiVersion":"%s","kind":"%s",
                 "metadata":{"name":"%s","namespace":"%s","labels":{},"invented":{"a":[],"b":{}},
                   "annotations":{"note":"%s","text":"größe 漢字 🚀 \\u0000"}},
                 "spec":{"params":[],"podTemplate":{},"huge":123456789012345678901234567890,"exact":0.10000000000000000000000001,
                   "invented":{"deep":[[],[{}],[[1,2.5,true,false]]]}},
                 "status":{"conditions":[{"type":"Succeeded","status":"Unknown","reason":"Running"}],"invented":[]}}
                """.formatted(kind.apiVersion(), kind.kind(), name, namespace, note)
                .getBytes(StandardCharsets.UTF_8);
    }

    static byte[] withFinalizers(RunKind kind, String namespace, String name, String... finalizers) {
        return """
                {"apiVersion":"%s","kind":"%s","metadata":{"name":"%s","namespace":"%s","finalizers":["%s"]},"spec":{}}
                """.formatted(kind.apiVersion(), kind.kind(), name, namespace, String.join("\",\"", finalizers))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** JSON in which numbers are equal only when they are exactly equal. */
    static JsonNode tree(byte[] json) {
        try {
            return MAPPER.readTree(readable(new String(json, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + new String(json, StandardCharsets.UTF_8), e);
        }
    }

    /** Spells halves of surrogate pairs as plain text, because Jackson reads no keys that hold one. */
    private static String readable(String json) {
        if (!json.contains("\\ud") && !json.contains("\\uD")) {
            return json;
        }
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < json.length()) {
            int step = json.charAt(i) != '\\' ? 1 : json.charAt(i + 1) == 'u' ? 6 : 2;
            String part = json.substring(i, i + step);
            if (step == 6 && SURROGATE.matcher(part).matches()) {
                if (PAIR.matcher(json).region(i, json.length()).lookingAt()) {
                    part = json.substring(i, i + 12);
                } else {
                    part = "<half of a pair " + part.substring(2).toLowerCase(Locale.ROOT) + ">";
                }
                step = part.charAt(0) == '<' ? 6 : 12;
            }
            out.append(part);
            i += step;
        }
        return out.toString();
    }
}
