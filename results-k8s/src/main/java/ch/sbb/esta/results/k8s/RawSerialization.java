package ch.sbb.esta.results.k8s;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads lists and watch events of fabric8 so that every object comes as {@link RawResource}. fabric8's own models drop empty maps and
 * lists of the metadata when they are written again.
 *
 * <p>It also says of every event, bookmarks included, that it came: fabric8 passes bookmarks on to nobody.
 */
final class RawSerialization extends KubernetesSerialization {

    private static final ObjectMapper MAPPER = mapper();

    private final Runnable heard;

    RawSerialization(Runnable heard) {
        super(MAPPER, false);
        this.heard = heard;
    }

    private static ObjectMapper mapper() {
        ObjectMapper mapper = new ObjectMapper(RawJson.FACTORY);
        new KubernetesSerialization(mapper, false).registerKubernetesResource(Status.class);
        SimpleModule raw = new SimpleModule("results-raw-resources");
        raw.addDeserializer(GenericKubernetesResource.class, new RawDeserializer());
        return mapper.registerModule(raw);
    }

    /** The mapper is shared and configured once. */
    @Override
    protected void configureMapper(ObjectMapper mapper) {}

    @Override
    public <T> T unmarshal(String text, Class<T> type) {
        if (type == WatchEvent.class) {
            WatchEvent event = watchEvent(text);
            if (!"ERROR".equals(event.getType())) {
                heard.run();
            }
            return type.cast(event);
        }
        return super.unmarshal(text, type);
    }

    private static WatchEvent watchEvent(String text) {
        try (JsonParser parser = MAPPER.createParser(text)) {
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
            return watchEvent(type, object);
        } catch (IOException e) {
            throw KubernetesClientException.launderThrowable(e);
        }
    }

    private static WatchEvent watchEvent(@Nullable String type, @Nullable RawResource object) throws IOException {
        if (type == null || object == null) {
            throw new IOException("a watch event lacks its type or its object");
        }
        return new WatchEvent(type.equals("ERROR") ? MAPPER.readValue(object.json(), Status.class) : object, type);
    }

    private static final class RawDeserializer extends StdDeserializer<GenericKubernetesResource> {

        private static final long serialVersionUID = 1L;

        RawDeserializer() {
            super(GenericKubernetesResource.class);
        }

        @Override
        public GenericKubernetesResource deserialize(JsonParser parser, DeserializationContext context)
                throws IOException {
            return RawJson.read(parser);
        }
    }
}
