package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.internal.JsonEscape;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Annotations as the JSON of their column, and back. */
final class AnnotationJson {

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    private AnnotationJson() {}

    static JsonEscape.Encoded write(Map<String, String> annotations) {
        StringBuilder json = new StringBuilder("{");
        annotations.forEach((key, value) -> {
            if (json.length() > 1) {
                json.append(',');
            }
            quote(key, json);
            json.append(':');
            quote(value, json);
        });
        return JsonEscape.encode(json.append('}').toString().getBytes(StandardCharsets.UTF_8));
    }

    /** A text below keys, each the only one of its object. */
    static String write(List<String> keys, String value) {
        StringBuilder json = new StringBuilder();
        for (String key : keys) {
            json.append('{');
            quote(key, json);
            json.append(':');
        }
        quote(value, json);
        return json.append("}".repeat(keys.size())).toString();
    }

    /** A generator of Jackson refuses half a surrogate pair; here it becomes the escape that JSON has for it. */
    private static void quote(String text, StringBuilder json) {
        json.append('"');
        int i = 0;
        while (i < text.length()) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            if (codePoint == '"' || codePoint == '\\') {
                json.append('\\').append((char) codePoint);
            } else if (codePoint < ' ' || Character.getType(codePoint) == Character.SURROGATE) {
                json.append(String.format("\\u%04x", codePoint));
            } else {
                json.appendCodePoint(codePoint);
            }
        }
        json.append('"');
    }

    /** Reads a column that upstream may have written: missing and {@code null} are empty, other values become their JSON text. */
    static Map<String, String> read(byte @Nullable [] json, boolean escaped) {
        Map<String, String> annotations = new LinkedHashMap<>();
        if (json == null) {
            return annotations;
        }
        try {
            // Read before it is decoded, because Jackson refuses keys that hold half a surrogate pair.
            for (Map.Entry<String, JsonNode> entry :
                    MAPPER.readTree(new String(json, StandardCharsets.UTF_8)).properties()) {
                JsonNode value = entry.getValue();
                String text = value.isTextual() ? value.textValue() : value.toString();
                if (escaped) {
                    annotations.put(JsonEscape.decodeText(entry.getKey()), JsonEscape.decodeText(text));
                } else {
                    annotations.put(entry.getKey(), text);
                }
            }
            return annotations;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Postgres printed jsonb that is no JSON", e);
        }
    }
}
