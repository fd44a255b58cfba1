package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A kind of object that the server keeps, with the path it is served under.
 *
 * <p>Immutable. Two resources are equal when group and plural are.
 */
public final class KubeResource {

    /** How the server treats objects of the kind. */
    enum Trait {
        NAMESPACED,
        /** Status has its own path, and writes to the object leave it alone. */
        STATUS,
        /** metadata.generation counts changes of what is desired. */
        GENERATION,
        /** An update without a resourceVersion overwrites. */
        UNCONDITIONAL_UPDATE,
        CUSTOM,
        /** A delete answers with the object instead of a Status. */
        RETURNS_DELETED,
        /** The name must be a DNS label, without dots. */
        LABEL_NAME
    }

    private final String group;
    private final String plural;
    private final String kind;
    private final List<String> versions;
    private final Set<Trait> traits;
    private final Set<String> fields;
    private final List<String> shortNames;

    private KubeResource(
            String group, String plural, String kind, List<String> versions, Set<Trait> traits, Extras extras) {
        this.group = requireNonNull(group, "group");
        this.plural = requireNonNull(plural, "plural");
        this.kind = requireNonNull(kind, "kind");
        this.versions = List.copyOf(versions);
        this.traits = Set.copyOf(traits);
        this.fields = extras.fields();
        this.shortNames = extras.shortNames();
        if (versions.isEmpty()) {
            throw new IllegalArgumentException("no version for " + plural + "." + group + ": name at least one");
        }
    }

    private record Extras(Set<String> fields, List<String> shortNames) {}

    /**
     * A custom resource whose objects live in namespaces, with a status of its own path.
     *
     * @param group the API group, such as {@code tekton.dev}
     * @param plural the plural in paths, such as {@code taskruns}
     * @param kind the kind, such as {@code TaskRun}
     * @param versions the served versions, at least one; the preferred one first
     * @return the resource
     */
    public static KubeResource namespaced(String group, String plural, String kind, String... versions) {
        return custom(group, plural, kind, List.of(versions), EnumSet.of(Trait.NAMESPACED, Trait.STATUS));
    }

    /**
     * A custom resource whose objects belong to the whole cluster, with a status of its own path.
     *
     * @param group the API group
     * @param plural the plural in paths
     * @param kind the kind
     * @param versions the served versions, at least one; the preferred one first
     * @return the resource
     */
    public static KubeResource clusterWide(String group, String plural, String kind, String... versions) {
        return custom(group, plural, kind, List.of(versions), EnumSet.of(Trait.STATUS));
    }

    static KubeResource custom(String group, String plural, String kind, List<String> versions, Set<Trait> traits) {
        EnumSet<Trait> all = EnumSet.of(Trait.CUSTOM, Trait.GENERATION);
        all.addAll(traits);
        return new KubeResource(group, plural, kind, versions, all, new Extras(Set.of(), List.of()));
    }

    static KubeResource builtIn(String group, String plural, String kind, String version, Trait... traits) {
        EnumSet<Trait> all = EnumSet.of(Trait.UNCONDITIONAL_UPDATE);
        all.addAll(List.of(traits));
        return new KubeResource(group, plural, kind, List.of(version), all, new Extras(Set.of(), List.of()));
    }

    KubeResource selectableBy(String... paths) {
        return new KubeResource(group, plural, kind, versions, traits, new Extras(Set.of(paths), shortNames));
    }

    KubeResource alsoServedAs(String version) {
        List<String> all = new ArrayList<>(versions);
        all.add(version);
        return new KubeResource(group, plural, kind, all, traits, new Extras(fields, shortNames));
    }

    KubeResource shortNamed(String... names) {
        return new KubeResource(group, plural, kind, versions, traits, new Extras(fields, List.of(names)));
    }

    /**
     * The API group.
     *
     * @return the group; empty for the core group
     */
    public String group() {
        return group;
    }

    /**
     * The plural in paths.
     *
     * @return such as {@code taskruns}
     */
    public String plural() {
        return plural;
    }

    /**
     * The kind.
     *
     * @return such as {@code TaskRun}
     */
    public String kind() {
        return kind;
    }

    /**
     * The served versions.
     *
     * @return at least one, the preferred one first
     */
    public List<String> versions() {
        return versions;
    }

    /**
     * Whether objects live in namespaces.
     *
     * @return false for objects of the whole cluster
     */
    public boolean isNamespaced() {
        return is(Trait.NAMESPACED);
    }

    boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** Fields that a field selector may name, beside the name and the namespace. */
    Set<String> fields() {
        return fields;
    }

    List<String> shortNames() {
        return shortNames;
    }

    String singular() {
        return kind.toLowerCase(Locale.ROOT);
    }

    String qualifiedPlural() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    String apiVersion(String version) {
        return group.isEmpty() ? version : group + "/" + version;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KubeResource that && group.equals(that.group) && plural.equals(that.plural);
    }

    @Override
    public int hashCode() {
        return 31 * group.hashCode() + plural.hashCode();
    }

    @Override
    public String toString() {
        return qualifiedPlural() + versions;
    }
}
