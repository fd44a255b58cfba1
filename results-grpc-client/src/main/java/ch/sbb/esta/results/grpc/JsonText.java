package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunReading;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/** What this side must know of JSON because the server says it badly or not at all. */
final class JsonText {

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
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Numbers by value, whatever their spelling: a database keeps 1e2 as 100. */
    private static final Comparator<JsonNode> BY_VALUE = (a, b) -> {
        if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue());
        }
        return a.equals(b) ? 0 : 1;
    };

    private JsonText() {}

    /** A server's database refuses other text with a status that cannot be told from an outage. */
    static void require(Object name, byte[] data) {
        try (JsonParser parser = MAPPER.createParser(data)) {
            if (parser.nextToken() == null) {
                throw ResultsException.invalid("the data is empty, not JSON").about(name);
            }
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw ResultsException.invalid("there is text behind the JSON" + place(parser.currentLocation()))
                        .about(name);
            }
        } catch (JsonProcessingException e) {
            throw ResultsException.invalid(
                            "not valid JSON" + place(e.getLocation()) + ": " + Escaped.of(e.getOriginalMessage()))
                    .about(name);
        } catch (IOException e) {
            throw new UncheckedIOException("an array cannot fail to be read", e);
        }
    }

    /** Whether two texts say the same, whatever the order of keys, spacing and the spelling of numbers. */
    static boolean isSame(byte[] one, byte[] other) {
        if (Arrays.equals(one, other)) {
            return true;
        }
        try {
            return MAPPER.readTree(one).equals(BY_VALUE, MAPPER.readTree(other));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * What Postgres cannot keep as jsonb, if there is any of it: U+0000 and lone surrogates. Tekton Results answers UNKNOWN to such a
     * record, for ever.
     */
    static Optional<String> findUnstorable(byte[] data) {
        try (JsonParser parser = MAPPER.createParser(data)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token != JsonToken.VALUE_STRING && token != JsonToken.FIELD_NAME) {
                    continue;
                }
                String text = parser.getText();
                for (int i = 0; i < text.length(); i++) {
                    if (text.charAt(i) == 0 || isLoneSurrogate(text, i)) {
                        return Optional.of(String.format("the character \\u%04x", (int) text.charAt(i))
                                + place(parser.currentTokenLocation()));
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean isLoneSurrogate(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }

    private static String place(JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
