package ch.sbb.esta.results;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, as far as the call itself says: nothing of it is verified.
 *
 * <p>Immutable and thread-safe. Neither {@link #toString()} nor any message tells the token.
 */
public final class Caller {

    /** A caller that says nothing of itself. */
    public static final Caller ANONYMOUS = new Caller(null, null);

    private final @Nullable String bearerToken;
    private final @Nullable Impersonation impersonation;

    /**
     * Creates a caller.
     *
     * @param bearerToken the token it showed, without the word before it; null for none
     * @param impersonation as whom it wants to act; null for as itself
     */
    public Caller(@Nullable String bearerToken, @Nullable Impersonation impersonation) {
        this.bearerToken = bearerToken;
        this.impersonation = impersonation;
    }

    /**
     * The token that the caller showed.
     *
     * @return the secret, not to be logged or kept; empty for none
     */
    public Optional<String> bearerToken() {
        return Optional.ofNullable(bearerToken);
    }

    /**
     * As whom the caller wants to act.
     *
     * @return another identity; empty for its own
     */
    public Optional<Impersonation> impersonation() {
        return Optional.ofNullable(impersonation);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Caller that
                && Objects.equals(bearerToken, that.bearerToken)
                && Objects.equals(impersonation, that.impersonation);
    }

    @Override
    public int hashCode() {
        return Objects.hash(bearerToken, impersonation);
    }

    @Override
    public String toString() {
        return (bearerToken == null ? "a caller without a token" : "a caller with a token")
                + (impersonation == null ? "" : " as " + Escaped.of(impersonation.user()));
    }
}
