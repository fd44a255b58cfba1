package ch.sbb.esta.results;

import java.util.Objects;

/**
 * Something that is wrong with a tenant.
 *
 * @param effect what it does
 * @param text what is wrong, for people; one line, text of users escaped
 * @param remedy what to do about it, for people; where it is SQL, one statement or several with semicolons
 */
public record TenantFault(Effect effect, String text, String remedy) {

    /** What a fault does. */
    public enum Effect {
        /** The tenant cannot work as it should. */
        BROKEN,
        /** It works, but is not shut off from others as it should be, or others not from it. */
        EXPOSED
    }

    /**
     * Checks that no component is null.
     *
     * @param effect what it does
     * @param text what is wrong, for people; one line, text of users escaped
     * @param remedy what to do about it, for people; where it is SQL, one statement or several with semicolons
     */
    public TenantFault {
        Objects.requireNonNull(effect, "effect");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(remedy, "remedy");
    }

    @Override
    public String toString() {
        return text + "; " + remedy;
    }
}
