package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.RunReading;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/** What can be told of JSON on this side only: whether the server holds the same already, and what its database cannot keep. */
final class StoredJson {

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(RunReading.MAX_DEPTH)
                            .maxStringLength(RunReading.MAX_BYTES)
                            .maxNameLength(RunReading.MAX_BYTES)
                            .maxNumberLength(100_000)
                            .build())
                    .disable(JsonFactory.Feature.CHARSET_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Numbers by value, whatever their spelling: a database keeps 1e2 as 100. */
    private static final Comparator<JsonNode> BY_VALUE = (a, b) -> {
        if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue());
        }
        return a.equals(b) ? 0 : 1;
    };

    private StoredJson() {}

    /** Whether two texts say the same, whatever the order of keys, spacing and the spelling of numbers. */
    static boolean isSame(byte[] one, byte[] other) {
        if (Arrays.equals(one, other)) {
            return true;
        }
        try {
            return tree(one).equals(BY_VALUE, tree(other));
        } catch (IOException e) {
            return false;
        }
    }

    private static JsonNode tree(byte[] json) throws IOException {
        return MAPPER.readTree(JsonText.withReadableKeys(json));
    }

    /**
     * What Postgres cannot keep as jsonb, if there is any of it: U+0000 and lone surrogates. Tekton Results answers UNKNOWN to such a
     * record, for ever.
     */
    static Optional<String> findUnstorable(byte[] data) {
        int inKey = Arrays.mismatch(data, JsonText.withReadableKeys(data));
        if (inKey >= 0) {
            return Optional.of("half of a surrogate pair in a key at " + place(data, inKey));
        }
        try (JsonParser parser = MAPPER.createParser(data)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token != JsonToken.VALUE_STRING && token != JsonToken.FIELD_NAME) {
                    continue;
                }
                JsonLocation place = parser.currentTokenLocation();
                String text = parser.getText();
                for (int i = 0; i < text.length(); i++) {
                    if (text.charAt(i) == 0 || isLoneSurrogate(text, i)) {
                        return Optional.of(String.format("the character \\u%04x", (int) text.charAt(i)) + " at line "
                                + place.getLineNr() + ", column " + place.getColumnNr());
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String place(byte[] data, int index) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < index; i++) {
            if (data[i] == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return "line " + line + ", column " + (index - lineStart + 1);
    }

    private static boolean isLoneSurrogate(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }
}
