package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/**
 * The namespaces that are looked at, which may change at any time: everything that was made with a configuration that names this object
 * follows within moments. When it is empty, nothing is looked at. Thread-safe.
 */
public final class WatchedNamespaces {

    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private final ConcurrentSkipListSet<String> names = new ConcurrentSkipListSet<>();
    private final CopyOnWriteArrayList<Runnable> followers = new CopyOnWriteArrayList<>();

    private WatchedNamespaces() {}

    /**
     * Begins with some namespaces.
     *
     * @param names the namespaces, or none
     * @return a set of its own
     * @throws ResultsException {@code INVALID} when a name is no DNS label
     */
    public static WatchedNamespaces of(String... names) {
        WatchedNamespaces namespaces = new WatchedNamespaces();
        for (String name : names) {
            namespaces.add(name);
        }
        return namespaces;
    }

    /**
     * Looks at a namespace from now on. Its runs are listed first, so nothing of it is missed that is still there.
     *
     * @param name the namespace; it need not exist
     * @return false when it was there already
     * @throws ResultsException {@code INVALID} when the name is no DNS label
     */
    public boolean add(String name) {
        if (!isName(name)) {
            throw ResultsException.invalid("namespace " + Escaped.of(name) + " is not a DNS label");
        }
        return changed(names.add(name));
    }

    /**
     * Does not look at a namespace any more. What was archived stays.
     *
     * @param name the namespace
     * @return false when it was not there
     */
    public boolean remove(String name) {
        return changed(names.remove(Objects.requireNonNull(name, "name")));
    }

    /**
     * The namespaces of now.
     *
     * @return sorted, a copy
     */
    public List<String> names() {
        return List.copyOf(names);
    }

    private boolean changed(boolean really) {
        if (really) {
            followers.forEach(Runnable::run);
        }
        return really;
    }

    boolean contains(String name) {
        return names.contains(name);
    }

    void follow(Runnable onChange) {
        followers.add(onChange);
    }

    void unfollow(Runnable onChange) {
        followers.remove(onChange);
    }

    static boolean isName(String text) {
        return DNS_LABEL.matcher(Objects.requireNonNull(text, "name")).matches();
    }

    @Override
    public String toString() {
        return names.toString();
    }
}
