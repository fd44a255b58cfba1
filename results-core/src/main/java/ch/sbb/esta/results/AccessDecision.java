package ch.sbb.esta.results;

import java.util.Objects;

/**
 * What became of a question whether a caller may do something.
 *
 * @param outcome yes, no, or who are you
 * @param reason why not, fit for the caller's eyes; may be empty
 */
public record AccessDecision(Outcome outcome, String reason) {

    private static final AccessDecision ALLOWED = new AccessDecision(Outcome.ALLOWED, "");

    /**
     * Checks that no component is null.
     *
     * @param outcome yes, no, or who are you
     * @param reason why not, fit for the caller's eyes; may be empty
     */
    public AccessDecision {
        Objects.requireNonNull(outcome, "outcome");
        Objects.requireNonNull(reason, "reason");
    }

    /**
     * The caller may.
     *
     * @return the decision
     */
    public static AccessDecision allow() {
        return ALLOWED;
    }

    /**
     * The caller is known and may not.
     *
     * @param reason why, fit for the caller's eyes, text of users already escaped; may be empty
     * @return the decision
     */
    public static AccessDecision deny(String reason) {
        return new AccessDecision(Outcome.DENIED, reason);
    }

    /**
     * The caller showed no identity, or none that is accepted.
     *
     * @param reason why, fit for the caller's eyes, without the token; may be empty
     * @return the decision
     */
    public static AccessDecision unauthenticated(String reason) {
        return new AccessDecision(Outcome.UNAUTHENTICATED, reason);
    }

    /**
     * Whether the caller may.
     *
     * @return true for {@link Outcome#ALLOWED}
     */
    public boolean isAllowed() {
        return outcome == Outcome.ALLOWED;
    }

    /** The three answers. */
    public enum Outcome {
        /** The caller may. */
        ALLOWED,
        /** The caller is known and may not. */
        DENIED,
        /** It is not known who the caller is. */
        UNAUTHENTICATED
    }
}
