package ch.sbb.esta.results;

import java.util.Objects;

/**
 * A condition of a run's status, of which only {@code Succeeded} matters to this library.
 *
 * @param type for example {@code Succeeded}
 * @param status {@code True}, {@code False} or {@code Unknown}; empty where the object has none
 * @param reason the machine-readable reason; empty where the object has none
 * @param message the text for people; empty where the object has none
 */
public record Condition(String type, String status, String reason, String message) {

    /**
     * Checks that no component is null.
     *
     * @param type for example {@code Succeeded}
     * @param status {@code True}, {@code False} or {@code Unknown}; empty where the object has none
     * @param reason the machine-readable reason; empty where the object has none
     * @param message the text for people; empty where the object has none
     */
    public Condition {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(message, "message");
    }

    /**
     * Whether the condition will not change again.
     *
     * @return true for the status {@code True} and {@code False}
     */
    public boolean isFinal() {
        return status.equals("True") || status.equals("False");
    }
}
