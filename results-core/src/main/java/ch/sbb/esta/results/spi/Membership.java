package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ReplicaView;

/** One replica's place in its group. Thread-safe. */
public interface Membership extends AutoCloseable {

    /**
     * What is known of the group now. Waits for nothing.
     *
     * @return the view; after {@link #close()} one that does not lead and has no members
     */
    ReplicaView view();

    /** Leaves: the others are told as far as they can be reached, and need not wait until it is clear. No effect when done before. */
    @Override
    void close();
}
