package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * As whom calls are made, for a caller whose own identity may impersonate: the headers {@code Impersonate-User}, {@code -Group},
 * {@code -Uid} and {@code -Extra-KEY}.
 *
 * <p>Immutable and thread-safe.
 */
public final class Impersonation {

    private final String user;
    private final List<String> groups;
    private final @Nullable String uid;
    private final Map<String, List<String>> extra;

    private Impersonation(String user, List<String> groups, @Nullable String uid, Map<String, List<String>> extra) {
        this.user = user;
        this.groups = List.copyOf(groups);
        this.uid = uid;
        this.extra = Collections.unmodifiableMap(new TreeMap<>(extra));
    }

    /**
     * Impersonates a user.
     *
     * @param user its name, for example {@code system:serviceaccount:shop:reader}
     * @return the impersonation, without groups
     * @throws ResultsException {@code INVALID} when no header can carry it
     */
    public static Impersonation of(String user) {
        return new Impersonation(headerValue("user", user), List.of(), null, Map.of());
    }

    /**
     * Returns the same with a further group.
     *
     * @param group its name
     * @return a copy
     * @throws ResultsException {@code INVALID} when no header can carry it
     */
    public Impersonation group(String group) {
        List<String> more = new ArrayList<>(groups);
        more.add(headerValue("group", group));
        return new Impersonation(user, more, uid, extra);
    }

    /**
     * Returns the same with the user's UID.
     *
     * @param uid the UID
     * @return a copy
     * @throws ResultsException {@code INVALID} when no header can carry it
     */
    public Impersonation uid(String uid) {
        return new Impersonation(user, groups, headerValue("uid", uid), extra);
    }

    /**
     * Returns the same with further values of an extra field.
     *
     * @param key its key: lower-case letters, digits, {@code .}, {@code _} and {@code -}
     * @param values its values
     * @return a copy
     * @throws ResultsException {@code INVALID} when no header can carry them
     */
    public Impersonation extra(String key, List<String> values) {
        if (!key.matches("[a-z0-9._-]+") || key.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            throw ResultsException.invalid(
                    "the key " + Escaped.of(key) + " of an impersonation is not made of lower-case"
                            + " letters, digits, dots, underscores and hyphens, or ends with -bin");
        }
        Map<String, List<String>> more = new TreeMap<>(extra);
        more.put(key, values.stream().map(value -> headerValue("value", value)).toList());
        return new Impersonation(user, groups, uid, more);
    }

    private static String headerValue(String what, String value) {
        Objects.requireNonNull(value, what);
        if (value.isBlank() || !value.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            throw ResultsException.invalid("the " + what + " " + Escaped.of(value)
                    + " of an impersonation is blank or holds characters that a header cannot carry");
        }
        return value;
    }

    String user() {
        return user;
    }

    Metadata headers() {
        Metadata headers = new Metadata();
        put(headers, "user", user);
        groups.forEach(group -> put(headers, "group", group));
        if (uid != null) {
            put(headers, "uid", uid);
        }
        extra.forEach((key, values) -> values.forEach(value -> put(headers, "extra-" + key, value)));
        return headers;
    }

    private static void put(Metadata headers, String name, String value) {
        headers.put(
                Metadata.Key.of(("impersonate-" + name).toLowerCase(Locale.ROOT), Metadata.ASCII_STRING_MARSHALLER),
                value);
    }

    /** The user and how many groups. */
    @Override
    public String toString() {
        return "user " + Escaped.of(user) + (groups.isEmpty() ? "" : " with " + groups.size() + " groups");
    }
}
