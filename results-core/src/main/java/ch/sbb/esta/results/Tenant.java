package ch.sbb.esta.results;

import java.util.Objects;

/**
 * A tenant: one Tekton namespace of one cluster, with its place in the database.
 *
 * @param clusterId which cluster
 * @param namespace which namespace
 * @param schema the schema that holds its tables
 * @param user the login that its pools use now
 * @param reader the role that may only read
 */
public record Tenant(String clusterId, String namespace, String schema, String user, String reader) {

    /**
     * Checks that the namespace is a name and that no component is null.
     *
     * @param clusterId which cluster
     * @param namespace which namespace
     * @param schema the schema that holds its tables
     * @param user the login that its pools use now
     * @param reader the role that may only read
     * @throws ResultsException {@code INVALID} when cluster id or namespace is malformed
     */
    public Tenant {
        Names.single("cluster id", clusterId);
        Names.single("namespace", namespace);
        Objects.requireNonNull(schema, "schema");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(reader, "reader");
    }
}
