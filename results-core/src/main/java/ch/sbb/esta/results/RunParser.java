package ch.sbb.esta.results;

import ch.sbb.esta.results.RunSnapshot.Metadata;
import ch.sbb.esta.results.RunSnapshot.Status;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object by streaming: every token is checked, but only the few fields that decide something become objects, so that a run
 * of several megabytes costs little more than its bytes.
 */
final class RunParser {

    private final byte[] json;
    private String apiVersion = "";
    private String kind = "";
    private @Nullable JsonNode metadata;
    private @Nullable JsonNode conditions;
    private @Nullable JsonNode startTime;
    private @Nullable JsonNode completionTime;

    RunParser(byte[] json) {
        this.json = json;
    }

    RunReading read() {
        Optional<String> unreadable = JsonText.findUnreadable(json);
        if (unreadable.isPresent()) {
            return invalid(unreadable.get());
        }
        try (JsonParser parser = JsonText.parser(json)) {
            try {
                scan(parser);
            } catch (JsonProcessingException e) {
                return invalid(JsonText.fault(e, parser));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        } catch (ResultsException e) {
            return invalid(e.getMessage());
        }
        return build();
    }

    private void scan(JsonParser parser) throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw ResultsException.invalid("no JSON value");
        }
        if (first != JsonToken.START_OBJECT) {
            throw ResultsException.invalid("not a JSON object" + JsonText.place(parser.currentTokenLocation()));
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "apiVersion" -> apiVersion = text(parser, value);
                case "kind" -> kind = text(parser, value);
                case "metadata" -> metadata = parser.readValueAsTree();
                case "status" -> scanStatus(parser, value);
                default -> parser.skipChildren();
            }
        }
        if (parser.nextToken() != null) {
            throw ResultsException.invalid("more than one JSON value" + JsonText.place(parser.currentTokenLocation()));
        }
    }

    private void scanStatus(JsonParser parser, JsonToken value) throws IOException {
        if (value != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "conditions" -> conditions = parser.readValueAsTree();
                case "startTime" -> startTime = parser.readValueAsTree();
                case "completionTime" -> completionTime = parser.readValueAsTree();
                default -> parser.skipChildren();
            }
        }
    }

    private static String text(JsonParser parser, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_STRING) {
            return parser.getText();
        }
        parser.skipChildren();
        return "";
    }

    private RunReading build() {
        if (kind.isEmpty() || apiVersion.isEmpty()) {
            return invalid("no kind or apiVersion");
        }
        Optional<RunKind> runKind = RunKind.find(apiVersion, kind);
        if (runKind.isEmpty()) {
            return RunReading.refused(ArchiveOutcome.notARun(apiVersion, kind), validNamespace());
        }
        String uid = metadataText("uid");
        String namespace = metadataText("namespace");
        String name = metadataText("name");
        if (uid.isEmpty()) {
            return invalid("no metadata.uid");
        }
        if (namespace.isEmpty()) {
            return invalid("no metadata.namespace");
        }
        if (name.isEmpty()) {
            return invalid("no metadata.name");
        }
        try {
            Names.single("metadata.uid", uid);
            Names.single("metadata.namespace", namespace);
        } catch (ResultsException e) {
            return invalid(e.getMessage());
        }
        Metadata view = new Metadata(
                namespace,
                name,
                uid,
                metadataText("resourceVersion"),
                textMap("labels"),
                textMap("annotations"),
                owners(),
                time(metadataField("creationTimestamp")),
                time(metadataField("deletionTimestamp")));
        Status status = new Status(succeeded(), time(startTime), time(completionTime));
        return RunReading.run(new RunSnapshot(json, runKind.get(), view, status, RunSnapshot.Origin.WATCH));
    }

    private @Nullable JsonNode metadataField(String field) {
        return metadata == null ? null : metadata.get(field);
    }

    private String metadataText(String field) {
        JsonNode node = metadataField(field);
        return node != null && node.isTextual() ? node.textValue() : "";
    }

    private Map<String, String> textMap(String field) {
        Map<String, String> map = new LinkedHashMap<>();
        JsonNode node = metadataField(field);
        if (node != null && node.isObject()) {
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                if (entry.getValue().isTextual()) {
                    map.put(entry.getKey(), entry.getValue().textValue());
                }
            }
        }
        return map;
    }

    private List<OwnerReference> owners() {
        List<OwnerReference> owners = new ArrayList<>();
        JsonNode node = metadataField("ownerReferences");
        if (node != null && node.isArray()) {
            for (JsonNode owner : node) {
                owners.add(new OwnerReference(
                        owner.path("apiVersion").asText(),
                        owner.path("kind").asText(),
                        owner.path("name").asText(),
                        owner.path("uid").asText()));
            }
        }
        return owners;
    }

    private @Nullable Condition succeeded() {
        if (conditions == null || !conditions.isArray()) {
            return null;
        }
        for (JsonNode condition : conditions) {
            if (condition.path("type").asText().equals("Succeeded")) {
                return new Condition(
                        "Succeeded",
                        condition.path("status").asText(),
                        condition.path("reason").asText(),
                        condition.path("message").asText());
            }
        }
        return null;
    }

    /** A time that cannot be read is no reason to refuse a run: the JSON keeps it as it is, the view goes without. */
    private static @Nullable Instant time(@Nullable JsonNode node) {
        if (node == null || !node.isTextual()) {
            return null;
        }
        try {
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(node.textValue(), Instant::from);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private RunReading invalid(@Nullable String reason) {
        return RunReading.refused(
                ArchiveOutcome.quarantined(ResultsException.Code.INVALID, reason == null ? "unreadable" : reason),
                validNamespace());
    }

    private String validNamespace() {
        String namespace = metadataText("namespace");
        return Names.isSegment(namespace) && !namespace.equals(Names.ANY) ? namespace : "";
    }
}
