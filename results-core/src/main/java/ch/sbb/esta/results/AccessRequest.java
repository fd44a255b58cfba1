package ch.sbb.esta.results;

import java.util.Locale;
import java.util.Objects;

/**
 * What a caller wants to do, in the terms of Tekton Results: a verb on a resource of the API group {@value #API_GROUP} in a namespace.
 *
 * @param caller who
 * @param verb what
 * @param resource on what
 * @param parent in which namespace; {@value #ANY} for all
 */
public record AccessRequest(Caller caller, Verb verb, Resource resource, String parent) {

    /** The API group that the resources are in. */
    public static final String API_GROUP = "results.tekton.dev";

    /** The parent that means all namespaces. */
    public static final String ANY = "-";

    /**
     * Checks that no component is null and the parent is a name.
     *
     * @param caller who
     * @param verb what
     * @param resource on what
     * @param parent in which namespace; {@value #ANY} for all
     * @throws ResultsException {@code INVALID} when the parent is no name
     */
    public AccessRequest {
        Objects.requireNonNull(caller, "caller");
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(resource, "resource");
        Names.segment("parent", parent);
    }

    /**
     * Whether the call is about all namespaces at once.
     *
     * @return true when the parent is {@value #ANY}
     */
    public boolean isForAllNamespaces() {
        return parent.equals(ANY);
    }

    /** What may be done. */
    public enum Verb {
        /** Add one. */
        CREATE,
        /** Read one, or figures over many. */
        GET,
        /** Read many. */
        LIST,
        /** Change one. */
        UPDATE,
        /** Remove one. */
        DELETE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** On what it may be done. */
    public enum Resource {
        /** Results. */
        RESULTS,
        /** Records and figures over them. */
        RECORDS,
        /** The text of logs. */
        LOGS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public String toString() {
        return verb + " " + resource + (isForAllNamespaces() ? " in all namespaces" : " in " + parent);
    }
}
