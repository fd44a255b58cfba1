package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.Failure;
import java.util.ArrayList;
import java.util.List;

/** What failed in a piece of work: all are counted, the first hundred are named. Not thread-safe. */
public final class FailureLog {

    private static final int NAMED = 100;

    private final List<Failure> first = new ArrayList<>();
    private long count;

    /** Nothing has failed yet. */
    public FailureLog() {}

    /**
     * Takes note of a failure.
     *
     * @param failure what failed
     */
    public void add(Failure failure) {
        count++;
        if (first.size() < NAMED) {
            first.add(failure);
        }
    }

    /**
     * How many there were.
     *
     * @return 0 or more
     */
    public long count() {
        return count;
    }

    /**
     * The first hundred.
     *
     * @return an unmodifiable copy
     */
    public List<Failure> first() {
        return List.copyOf(first);
    }
}
