package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** JSON as the server reads and writes it: every number keeps its digits, every character survives. */
final class Json {

    // Non-ASCII is escaped because a lone surrogate has no UTF-8 form, but has an escape.
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static JsonNode parse(byte[] bytes) {
        try {
            return MAPPER.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw ApiErrors.badRequest("the object provided is unrecognized (must be of type JSON): "
                    + e.getOriginalMessage() + " (at " + e.getLocation().getLineNr() + ":"
                    + e.getLocation().getColumnNr() + ")");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parses what this class has written. */
    static JsonNode parseText(String json) {
        return parse(json.getBytes(StandardCharsets.UTF_8));
    }

    /** A value in one line. */
    static String text(JsonNode node) {
        return new String(bytes(node), StandardCharsets.UTF_8);
    }

    static ObjectNode parseObject(byte[] bytes) {
        if (parse(bytes) instanceof ObjectNode object) {
            return object;
        }
        throw ApiErrors.badRequest("the object provided is unrecognized (must be a JSON object)");
    }

    static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text at a path of field names, or null where there is none or it is empty. */
    static @Nullable String text(JsonNode node, String... path) {
        JsonNode at = node;
        for (String field : path) {
            at = at.path(field);
        }
        String text = at.isTextual() ? at.textValue() : null;
        return text == null || text.isEmpty() ? null : text;
    }

    /** The object in a field, made if it is absent. */
    static ObjectNode child(ObjectNode parent, String field) {
        JsonNode value = parent.get(field);
        if (value instanceof ObjectNode object) {
            return object;
        }
        if (value == null || value.isNull()) {
            return parent.putObject(field);
        }
        throw ApiErrors.badRequest("the field " + field + " must be a JSON object");
    }

    /** Copies a field from one object to another; one that is absent there is removed here. */
    static void copy(JsonNode from, ObjectNode to, String field) {
        JsonNode value = from.get(field);
        if (value == null) {
            to.remove(field);
        } else {
            to.set(field, value.deepCopy());
        }
    }
}
