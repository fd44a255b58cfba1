package ch.sbb.esta.results;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the removal of a tenant did, or what a preview would do.
 *
 * @param outcome what became of the tenant
 * @param schema the schema that it has or had; empty when there is no tenant
 * @param roles the roles that it has or had: owner, logins, reader
 * @param due when asking again deletes the data; null unless they are {@link Outcome#SCHEDULED}
 * @param volume how much data there is or was
 */
public record RemovalReport(
        Outcome outcome,
        String schema,
        List<String> roles,
        @Nullable Instant due,
        Volume volume) {

    /** What became of a tenant. */
    public enum Outcome {
        /** There is no such tenant. */
        ABSENT,
        /** Its logins are revoked, its data stay. */
        RETAINED,
        /** Its logins are revoked, its data wait for the end of the grace period. */
        SCHEDULED,
        /** Its data and roles are gone. */
        DELETED
    }

    /**
     * How much data a tenant has.
     *
     * @param tables how many tables are in its schema
     * @param bytes their size, with indexes
     */
    public record Volume(int tables, long bytes) {

        /** No data. */
        public static final Volume NONE = new Volume(0, 0);
    }

    /** Nothing to remove. */
    public static final RemovalReport ABSENT = new RemovalReport(Outcome.ABSENT, "", List.of(), null, Volume.NONE);

    /**
     * Copies the roles.
     *
     * @param outcome what became of the tenant
     * @param schema the schema that it has or had; empty when there is no tenant
     * @param roles the roles that it has or had: owner, logins, reader
     * @param due when asking again deletes the data; null unless they are {@link Outcome#SCHEDULED}
     * @param volume how much data there is or was
     */
    public RemovalReport {
        Objects.requireNonNull(outcome, "outcome");
        Objects.requireNonNull(schema, "schema");
        roles = List.copyOf(roles);
        Objects.requireNonNull(volume, "volume");
    }
}
