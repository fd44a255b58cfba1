package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.RunKind;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Runs for the contracts of the cluster's roles. */
final class Runs {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

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
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + new String(json, StandardCharsets.UTF_8), e);
        }
    }
}
