package ch.sbb.esta.results.jdbi;

import java.util.List;

/**
 * What is still to be done until every query that is documented as indexed is fast in a schema.
 *
 * @param remaining the steps, for people; empty when all is done
 */
public record AdoptionStatus(List<String> remaining) {

    /**
     * Copies the list.
     *
     * @param remaining the steps, for people; empty when all is done
     */
    public AdoptionStatus {
        remaining = List.copyOf(remaining);
    }

    /**
     * Whether nothing is left to do.
     *
     * @return true when no step remains
     */
    public boolean isComplete() {
        return remaining.isEmpty();
    }
}
