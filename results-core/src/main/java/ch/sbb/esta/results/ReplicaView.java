package ch.sbb.esta.results;

import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * What one replica knows of the group that it belongs to.
 *
 * @param self the name of the replica
 * @param role whether it leads
 * @param members the names of the replicas that are alive, its own among them, sorted; empty until the group was reached
 * @param since when it got this role, by its own clock
 */
public record ReplicaView(String self, Role role, List<String> members, Instant since) {

    /** What a replica does in its group. */
    public enum Role {
        /** Does what one does for all. */
        LEADER,
        /** Is ready to lead. */
        STANDBY
    }

    /**
     * Copies and sorts the members.
     *
     * @param self the name of the replica
     * @param role whether it leads
     * @param members the names of the replicas that are alive, its own among them, sorted; empty until the group was reached
     * @param since when it got this role, by its own clock
     */
    public ReplicaView {
        Objects.requireNonNull(self, "self");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(since, "since");
        members = members.stream().sorted().distinct().toList();
    }

    /**
     * Whether the replica leads.
     *
     * @return true for the leader
     */
    public boolean isLeader() {
        return role == Role.LEADER;
    }
}
