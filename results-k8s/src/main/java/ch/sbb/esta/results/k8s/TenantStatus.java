package ch.sbb.esta.results.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The status of a tenant while it is worked out: begins as a copy of the one before. Not thread-safe. */
final class TenantStatus {

    static final String PROVISIONED = "Provisioned";
    static final String VERIFIED = "Verified";
    static final String SECRET_READY = "SecretReady";
    static final String READY = "Ready";

    private static final int LONGEST_MESSAGE = 1_500;

    private final ObjectNode status;
    private final long generation;
    private final String now;

    TenantStatus(ObjectNode before, long generation, Instant now) {
        this.status = before.deepCopy();
        this.generation = generation;
        this.now = time(now);
        status.put("observedGeneration", generation);
    }

    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    void put(String field, String value) {
        status.put(field, value);
    }

    void remove(String field) {
        status.remove(field);
    }

    String text(String field) {
        return status.path(field).asText();
    }

    boolean isTrue(String type) {
        return condition(status, type).path("status").asText().equals("True");
    }

    void set(String type, String value, String reason, String message) {
        ArrayNode conditions = status.withArray("conditions");
        ObjectNode condition = null;
        for (JsonNode given : conditions) {
            if (given instanceof ObjectNode object
                    && object.path("type").asText().equals(type)) {
                condition = object;
            }
        }
        if (condition == null) {
            condition = conditions.addObject().put("type", type);
        }
        if (!condition.path("status").asText().equals(value)) {
            condition.put("status", value).put("lastTransitionTime", now);
        }
        condition.put("reason", reason).put("message", bounded(message)).put("observedGeneration", generation);
    }

    static String bounded(String message) {
        return message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE) + "…";
    }

    /** A condition of a status; a missing node where there is none. */
    static JsonNode condition(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        return status.path("conditions").path(type);
    }

    ObjectNode json() {
        return status;
    }
}
