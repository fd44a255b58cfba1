package ch.sbb.esta.results.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Reads stored JSON as trees and writes them, whatever the length of its texts and numbers: it was checked when it was taken in. */
public final class JsonTree {

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .maxNumberLength(Integer.MAX_VALUE)
                            .build())
                    .streamWriteConstraints(StreamWriteConstraints.builder()
                            .maxNestingDepth(Integer.MAX_VALUE)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final ObjectWriter ESCAPING = MAPPER.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private JsonTree() {}

    /**
     * Reads JSON.
     *
     * @param json valid JSON in UTF-8
     * @return the tree, with numbers as exact as they are written
     * @throws UncheckedIOException when it is not JSON
     */
    public static JsonNode read(byte[] json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException("what is stored is not JSON", e);
        }
    }

    /**
     * Writes JSON.
     *
     * @param tree any tree
     * @return its JSON in UTF-8
     */
    public static byte[] write(JsonNode tree) {
        try {
            return MAPPER.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            return writeEscaped(tree);
        }
    }

    /** Half a surrogate pair has no bytes of its own in UTF-8. */
    private static byte[] writeEscaped(JsonNode tree) {
        try {
            return ESCAPING.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a tree cannot be written as JSON", e);
        }
    }

    /**
     * Whether two trees are the same value: neither the order of keys counts nor how a number is spelled.
     *
     * @param one a tree
     * @param other another
     * @return true when they are equal
     */
    public static boolean isSame(JsonNode one, JsonNode other) {
        return one.equals(
                (left, right) -> left.isNumber() && right.isNumber()
                        ? left.decimalValue().compareTo(right.decimalValue())
                        : left.equals(right) ? 0 : 1,
                other);
    }
}
