package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A page of a list as the API server sent it.
 *
 * @param items the objects
 * @param continueToken how to ask for the next page; empty on the last one
 * @param resourceVersion of the whole list: from which a watch goes on
 */
record RawList(List<RawResource> items, String continueToken, String resourceVersion) {

    static RawList read(byte[] json) {
        List<RawResource> items = new ArrayList<>();
        Map<String, String> metadata = Map.of();
        try (JsonParser parser = RawJson.FACTORY.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("a list is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("metadata") && value == JsonToken.START_OBJECT) {
                    metadata = texts(parser);
                } else if (field.equals("items") && value == JsonToken.START_ARRAY) {
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        items.add(RawJson.read(parser));
                    }
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException e) {
            throw new ResultsException(ResultsException.Code.UNAVAILABLE, "the API server's list is not valid JSON", e);
        }
        return new RawList(items, metadata.getOrDefault("continue", ""), metadata.getOrDefault("resourceVersion", ""));
    }

    private static Map<String, String> texts(JsonParser parser) throws IOException {
        Map<String, String> texts = new HashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            if (parser.nextToken() == JsonToken.VALUE_STRING) {
                texts.put(field, parser.getText());
            } else {
                parser.skipChildren();
            }
        }
        return texts;
    }
}
