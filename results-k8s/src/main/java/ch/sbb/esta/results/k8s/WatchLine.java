package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One event of a watch.
 *
 * @param type such as {@code ADDED}
 * @param object what it is about; of {@code ERROR} a Status, of {@code BOOKMARK} hardly more than a version
 */
record WatchLine(String type, RawResource object) {

    static WatchLine read(byte[] json) {
        try (JsonParser parser = RawJson.FACTORY.createParser(json)) {
            String type = null;
            RawResource object = null;
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("a watch event is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("type") && value == JsonToken.VALUE_STRING) {
                    type = parser.getText();
                } else if (field.equals("object") && value == JsonToken.START_OBJECT) {
                    object = RawJson.read(parser);
                } else {
                    parser.skipChildren();
                }
            }
            return complete(type, object);
        } catch (IOException e) {
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE, "an event of the API server's watch cannot be read", e);
        }
    }

    private static WatchLine complete(@Nullable String type, @Nullable RawResource object) throws IOException {
        if (type == null || object == null) {
            throw new IOException("a watch event lacks its type or its object");
        }
        return new WatchLine(type, object);
    }
}
