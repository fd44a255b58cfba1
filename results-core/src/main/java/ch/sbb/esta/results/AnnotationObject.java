package ch.sbb.esta.results;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads an annotation whose value is a JSON object; values that are no strings become their JSON text. */
final class AnnotationObject {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private AnnotationObject() {}

    /** A malformed annotation is reported in {@code ignored}: it must not keep the run from being archived. */
    static Map<String, String> read(RunSnapshot run, String key, List<String> ignored) {
        String text = run.annotations().get(key);
        if (text == null || text.isBlank()) {
            return Map.of();
        }
        try {
            JsonNode node = MAPPER.readTree(text);
            if (!node.isObject()) {
                ignored.add(key + " " + Escaped.of(text) + " is not a JSON object");
                return Map.of();
            }
            Map<String, String> map = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                JsonNode value = entry.getValue();
                map.put(entry.getKey(), value.isTextual() ? value.textValue() : value.toString());
            }
            return map;
        } catch (JsonProcessingException e) {
            ignored.add(key + " " + Escaped.of(text) + " is not valid JSON");
            return Map.of();
        }
    }
}
