package ch.sbb.esta.results;

import java.util.Objects;

/**
 * A tenant: one Tekton namespace of one cluster, with its place in the database.
 *
 * @param clusterId which cluster
 * @param namespace which namespace
 * @param schema the schema that holds its tables
 * @param owner the role without login that owns schema and tables, and that its logins become
 * @param user the login whose credentials were given out last; before that, the one that gets the first
 * @param reader the role without login that may only read
 * @param state whether it is in use
 */
public record Tenant(
        String clusterId, String namespace, String schema, String owner, String user, String reader, State state) {

    /** Whether a tenant is in use. */
    public enum State {
        /** Its logins work as far as they have passwords. */
        ACTIVE,
        /** It was removed, its data are kept; provisioning it again brings it back. */
        RETAINED,
        /** It was removed, its data wait for the end of the grace period; provisioning it again brings it back. */
        DELETING
    }

    /**
     * Checks that cluster id and namespace are names and that no component is null.
     *
     * @param clusterId which cluster
     * @param namespace which namespace
     * @param schema the schema that holds its tables
     * @param owner the role without login that owns schema and tables, and that its logins become
     * @param user the login whose credentials were given out last; before that, the one that gets the first
     * @param reader the role without login that may only read
     * @param state whether it is in use
     * @throws ResultsException {@code INVALID} when cluster id or namespace is malformed
     */
    public Tenant {
        Names.single("cluster id", clusterId);
        Names.single("namespace", namespace);
        Objects.requireNonNull(schema, "schema");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(reader, "reader");
        Objects.requireNonNull(state, "state");
    }

    /**
     * Whether it is in use.
     *
     * @return true in the state {@link State#ACTIVE}
     */
    public boolean isActive() {
        return state == State.ACTIVE;
    }
}
