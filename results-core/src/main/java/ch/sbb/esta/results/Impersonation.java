package ch.sbb.esta.results;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An identity that a caller wants to act as, in the terms of Kubernetes.
 *
 * <p>Immutable and thread-safe.
 */
public final class Impersonation {

    private final String user;
    private final @Nullable String uid;
    private final List<String> groups;
    private final Map<String, List<String>> extra;

    /**
     * Creates an identity.
     *
     * @param user the name of the user, not empty
     * @param uid the UID of the user, or null
     * @param groups the groups of the user
     * @param extra further properties by their keys, in small letters
     * @throws ResultsException {@code INVALID} when the user is empty
     */
    public Impersonation(String user, @Nullable String uid, List<String> groups, Map<String, List<String>> extra) {
        if (user.isEmpty()) {
            throw ResultsException.invalid(
                    "an impersonation names no user; groups, uid and extra are properties of one");
        }
        this.user = user;
        this.uid = uid;
        this.groups = List.copyOf(groups);
        Map<String, List<String>> copy = new TreeMap<>();
        extra.forEach((key, values) -> copy.put(key, List.copyOf(values)));
        this.extra = Collections.unmodifiableMap(copy);
    }

    /**
     * The name of the user.
     *
     * @return not empty
     */
    public String user() {
        return user;
    }

    /**
     * The UID of the user.
     *
     * @return the UID, or empty where none is said
     */
    public Optional<String> uid() {
        return Optional.ofNullable(uid);
    }

    /**
     * The groups of the user.
     *
     * @return unmodifiable
     */
    public List<String> groups() {
        return groups;
    }

    /**
     * Further properties of the user.
     *
     * @return values by key, unmodifiable
     */
    public Map<String, List<String>> extra() {
        return extra;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Impersonation that
                && user.equals(that.user)
                && Objects.equals(uid, that.uid)
                && groups.equals(that.groups)
                && extra.equals(that.extra);
    }

    @Override
    public int hashCode() {
        return Objects.hash(user, uid, groups, extra);
    }

    @Override
    public String toString() {
        return Escaped.of(user) + " of " + groups.size() + " groups";
    }
}
