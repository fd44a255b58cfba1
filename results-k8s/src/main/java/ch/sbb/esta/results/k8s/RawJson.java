package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunSnapshot;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies objects out of a stream of JSON, token by token: what is empty, null, unknown, large or oddly spelt stays as it is. Whether
 * an object is acceptable is not decided here, so the bounds are those of the API server and not ours.
 */
final class RawJson {

    /** The API server's own decoder refuses deeper objects. */
    private static final int MAX_DEPTH = 10_000;

    /** What a list or an event puts around an object. */
    private static final int WRAPPING = 16;

    /** Of an object within {@code status.conditions}. */
    private static final int CONDITION_DEPTH = 4;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH + WRAPPING)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .build())
            .streamWriteConstraints(StreamWriteConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH + WRAPPING)
                    .build())
            // Keys of users would fill the JVM's table of interned strings.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private final JsonParser from;
    private final JsonGenerator to;
    private final Map<String, String> top = new HashMap<>();
    private final Map<String, String> metadata = new HashMap<>();
    private final Map<String, String> condition = new HashMap<>();
    private String topField = "";
    private String innerField = "";
    private String conditionField = "";
    private String managedBy = "";
    private boolean started;
    private boolean completed;
    private boolean finished;
    private int depth;

    private RawJson(JsonParser from, JsonGenerator to) {
        this.from = from;
        this.to = to;
    }

    /**
     * Copies the object at whose beginning the parser stands, and leaves the parser at its end.
     *
     * @throws IOException when the text is not valid JSON or no object begins here
     */
    static RawResource read(JsonParser from) throws IOException {
        if (!from.hasToken(JsonToken.START_OBJECT)) {
            throw new IOException("expected a JSON object, found " + from.currentToken());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        try (JsonGenerator to = FACTORY.createGenerator(bytes)) {
            RawJson copy = new RawJson(from, to);
            copy.copy();
            to.flush();
            return copy.resource(bytes.toByteArray());
        }
    }

    private RawResource resource(byte[] json) {
        return new RawResource(
                json,
                new RawResource.Identity(
                        top.getOrDefault("apiVersion", ""),
                        top.getOrDefault("kind", ""),
                        metadata.getOrDefault("namespace", ""),
                        metadata.getOrDefault("name", ""),
                        metadata.getOrDefault("uid", ""),
                        metadata.getOrDefault("resourceVersion", "")),
                new RawResource.Traits(
                        !metadata.getOrDefault("deletionTimestamp", "").isEmpty(), managedBy, state()));
    }

    private RunSnapshot.State state() {
        boolean tekton = top.getOrDefault("apiVersion", "").startsWith("tekton.dev/");
        if (finished || (completed && !tekton)) {
            return RunSnapshot.State.FINISHED;
        }
        return started ? RunSnapshot.State.RUNNING : RunSnapshot.State.PENDING;
    }

    private void copy() throws IOException {
        JsonToken token = from.currentToken();
        do {
            copy(token);
            if (depth > 0) {
                token = from.nextToken();
                if (token == null) {
                    throw new IOException("the JSON ends within an object");
                }
            }
        } while (depth > 0);
    }

    private void copy(JsonToken token) throws IOException {
        switch (token) {
            case START_OBJECT -> {
                depth++;
                if (depth == CONDITION_DEPTH) {
                    condition.clear();
                }
                to.writeStartObject();
            }
            case END_OBJECT -> {
                if (depth == CONDITION_DEPTH && isInConditions()) {
                    endCondition();
                }
                depth--;
                to.writeEndObject();
            }
            case START_ARRAY -> {
                depth++;
                to.writeStartArray();
            }
            case END_ARRAY -> {
                depth--;
                to.writeEndArray();
            }
            case FIELD_NAME -> copyName(from.currentName());
            case VALUE_STRING -> copyText(from.getText());
            // As text: a number too large or too exact for Java's types passes unchanged.
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> to.writeNumber(from.getText());
            case VALUE_TRUE -> to.writeBoolean(true);
            case VALUE_FALSE -> to.writeBoolean(false);
            case VALUE_NULL -> to.writeNull();
            default -> throw new IOException("unexpected JSON token " + token);
        }
    }

    private void copyName(String name) throws IOException {
        if (depth == 1) {
            topField = name;
        } else if (depth == 2) {
            innerField = name;
        } else if (depth == CONDITION_DEPTH) {
            conditionField = name;
        }
        escapeIfMalformed(name);
        to.writeFieldName(name);
    }

    private void copyText(String text) throws IOException {
        if (depth == 1) {
            top.put(topField, text);
        } else if (depth == 2 && from.getParsingContext().inObject()) {
            noteField(text);
        } else if (depth == CONDITION_DEPTH
                && isInConditions()
                && from.getParsingContext().inObject()) {
            condition.put(conditionField, text);
        }
        escapeIfMalformed(text);
        to.writeString(text);
    }

    private void noteField(String text) {
        if (topField.equals("metadata")) {
            metadata.put(innerField, text);
        } else if (topField.equals("spec") && innerField.equals("managedBy")) {
            managedBy = text;
        } else if (topField.equals("status") && innerField.equals("startTime")) {
            started = true;
        } else if (topField.equals("status") && innerField.equals("completionTime")) {
            completed = true;
        }
    }

    private boolean isInConditions() {
        return topField.equals("status") && innerField.equals("conditions");
    }

    private void endCondition() {
        String status = condition.getOrDefault("status", "");
        if ("Succeeded".equals(condition.get("type"))) {
            finished = status.equals("True") || status.equals("False");
        }
    }

    /** UTF-8 has no lone surrogates, but JSON has escapes for them. */
    private void escapeIfMalformed(String text) {
        to.setHighestNonEscapedChar(isWellFormed(text) ? 0 : 127);
    }

    private static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
