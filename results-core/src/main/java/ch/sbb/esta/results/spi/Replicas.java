package ch.sbb.esta.results.spi;

/**
 * The group of processes that keep one archive together. One of them leads; all of them know who is alive.
 *
 * <p>This saves work and splits it, and no more: two leaders, or two views of who is alive, may exist for a while, and whatever is done by
 * it must be right all the same.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe. The listener is called from any thread, by one at a time, and must not block.
 *
 * <p><b>Ordering.</b> The listener is called after a change can be seen in {@link Membership#view()}. Changes that follow each other quickly
 * may be told as one.
 *
 * <p><b>Failure.</b> Who cannot reach the group does not lead after a bounded time, by its own clock's measure of elapsed time, and counts
 * as gone for the others; it comes back by itself. Nothing is thrown for it.
 *
 * <p><b>Lifecycle.</b> A replica joins once at a time; after it left it may join again.
 */
@FunctionalInterface
public interface Replicas {

    /**
     * Joins the group. Tries to reach it before it returns, so that {@link Membership#view()} is right from the start where that
     * succeeds.
     *
     * @param onChange called after each change of the view; possibly before this method returns
     * @return the membership, to be closed to leave
     */
    Membership join(Runnable onChange);
}
