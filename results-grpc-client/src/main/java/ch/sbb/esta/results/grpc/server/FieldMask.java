package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.grpc.v1alpha2.Any;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which fields of an answer are wanted (AIP-157), as a tree of their names. A path may lead into the JSON of a record's data, where what
 * is missing becomes null; it does not lead into arrays.
 */
final class FieldMask {

    private static final int LONGEST = 8_192;
    private static final String ALL = "*";

    private final Map<String, FieldMask> fields = new LinkedHashMap<>();

    private FieldMask() {}

    /** Reads a comma list of paths; one that names no field of the answer is an error. */
    static FieldMask parse(String text, Descriptor answer) {
        if (text.length() > LONGEST) {
            throw ResultsException.invalid("fields has " + text.length() + " characters, more than " + LONGEST);
        }
        FieldMask root = new FieldMask();
        for (String path : text.split(",", -1)) {
            if (!path.isBlank()) {
                String[] names = path.strip().split("\\.", -1);
                check(path.strip(), names, answer);
                root.add(names);
            }
        }
        return root;
    }

    private void add(String[] names) {
        FieldMask place = this;
        for (int i = 0; i < names.length; i++) {
            FieldMask next = place.fields.get(names[i]);
            if (next != null && next.isWhole()) {
                return;
            }
            if (next == null || i == names.length - 1) {
                next = new FieldMask();
                place.fields.put(names[i], next);
            }
            place = next;
        }
    }

    private static void check(String path, String[] names, Descriptor answer) {
        Descriptor type = answer;
        for (int i = 0; i < names.length; i++) {
            String name = names[i];
            if (name.equals(ALL) && names.length == 1) {
                return;
            }
            FieldDescriptor field = find(type, name);
            if (field == null) {
                throw ResultsException.invalid("fields: " + Escaped.of(path) + " is no path of " + answer.getName()
                        + ", there is no field " + Escaped.of(name));
            }
            if (field.isMapField() || isFree(field)) {
                return;
            }
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                if (i < names.length - 1) {
                    throw ResultsException.invalid("fields: " + Escaped.of(path) + " goes on behind " + field.getName()
                            + ", which has no fields");
                }
                return;
            }
            type = field.getMessageType();
        }
    }

    /** What has keys that no schema knows: the JSON of data, and figures. */
    private static boolean isFree(FieldDescriptor field) {
        return isJson(field)
                || (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                        && field.getMessageType().getFullName().equals("google.protobuf.Struct"));
    }

    private static boolean isJson(FieldDescriptor field) {
        return field.getContainingType()
                        .getFullName()
                        .equals(Any.getDescriptor().getFullName())
                && field.getNumber() == Any.VALUE_FIELD_NUMBER;
    }

    /** By the name of the proto or the one of JSON. */
    private static @Nullable FieldDescriptor find(Descriptor type, String name) {
        FieldDescriptor field = type.findFieldByName(name);
        if (field != null) {
            return field;
        }
        for (FieldDescriptor each : type.getFields()) {
            if (each.getJsonName().equals(name)) {
                return each;
            }
        }
        return null;
    }

    private boolean isWhole() {
        return fields.isEmpty();
    }

    private @Nullable FieldMask of(FieldDescriptor field) {
        FieldMask mask = fields.get(field.getName());
        return mask != null ? mask : fields.get(field.getJsonName());
    }

    /** The message with the wanted fields only. */
    Message apply(Message message) {
        if (isWhole() || fields.containsKey(ALL)) {
            return message;
        }
        if (message instanceof Struct struct) {
            return figures(struct);
        }
        Message.Builder kept = message.newBuilderForType();
        message.getAllFields().forEach((field, value) -> {
            FieldMask mask = of(field);
            if (mask == null) {
                return;
            }
            if (mask.isWhole()) {
                kept.setField(field, value);
            } else if (isJson(field)) {
                kept.setField(field, mask.json((ByteString) value));
            } else if (field.isRepeated()) {
                for (Object each : (List<?>) value) {
                    mask.addTo(kept, field, (Message) each);
                }
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                kept.setField(field, mask.apply((Message) value));
            }
        });
        return kept.build();
    }

    private Struct figures(Struct struct) {
        Struct.Builder kept = Struct.newBuilder();
        struct.getFieldsMap().forEach((name, value) -> {
            if (fields.containsKey(name)) {
                kept.putFields(name, value);
            }
        });
        return kept.build();
    }

    private void addTo(Message.Builder kept, FieldDescriptor field, Message each) {
        if (each instanceof MapEntry<?, ?> entry) {
            if (fields.containsKey(String.valueOf(entry.getKey()))) {
                kept.addRepeatedField(field, each);
            }
        } else {
            kept.addRepeatedField(field, apply(each));
        }
    }

    private ByteString json(ByteString data) {
        JsonNode kept = json(Messages.json(data.toByteArray()));
        return ByteString.copyFrom(kept.toString(), StandardCharsets.UTF_8);
    }

    private JsonNode json(JsonNode from) {
        if (isWhole()) {
            return from;
        }
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        fields.forEach((name, mask) -> {
            boolean isThere = from.has(name) || !mask.isWhole();
            kept.set(name, isThere ? mask.json(from.path(name)) : JsonNodeFactory.instance.nullNode());
        });
        return kept;
    }
}
