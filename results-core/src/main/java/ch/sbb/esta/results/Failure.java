package ch.sbb.esta.results;

import java.util.Objects;

/**
 * Something that failed in work on many things and did not hold up the others.
 *
 * @param subject what it was about, such as a Result, a run or a namespace, or what was being done; fit for a log line
 * @param message what was wrong, fit for a log line
 */
public record Failure(String subject, String message) {

    /**
     * Checks that no component is null.
     *
     * @param subject what it was about
     * @param message what was wrong
     */
    public Failure {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(message, "message");
    }
}
