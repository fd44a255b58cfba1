package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * What goes wrong with requests for resources. A faulty request is not carried out. Each fault is asked in the order in which it was added; the first that
 * fits answers.
 *
 * <p>Safe for many threads.
 */
public final class ApiFaults {

    private record Plan(ApiFault fault, Predicate<KubeRequest> which, AtomicInteger left) {

        boolean takes(KubeRequest request) {
            return which.test(request) && left.getAndUpdate(n -> n > 0 ? n - 1 : n) > 0;
        }
    }

    private final List<Plan> plans = new CopyOnWriteArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger deletionsToLose = new AtomicInteger();
    private final AtomicInteger deletionsLost = new AtomicInteger();
    private volatile boolean silent;

    ApiFaults() {}

    /**
     * Answers the next requests with a fault.
     *
     * @param times how many, at least 1; {@link Integer#MAX_VALUE} for practically all until {@link #clear()}
     * @param which requests; safe for many threads
     * @param fault the answer
     */
    public void next(int times, Predicate<KubeRequest> which, ApiFault fault) {
        if (times < 1) {
            throw new IllegalArgumentException("times must be at least 1, was " + times);
        }
        plans.add(new Plan(requireNonNull(fault, "fault"), requireNonNull(which, "which"), new AtomicInteger(times)));
    }

    /**
     * Sends no event for the next deletions: a watch is never told of them.
     *
     * @param times how many events, each watch counted for itself; zero to lose no more
     */
    public void loseDeletions(int times) {
        deletionsToLose.set(times);
    }

    /**
     * How many events of deletions were lost.
     *
     * @return the number since the start
     */
    public int deletionsLost() {
        return deletionsLost.get();
    }

    /** Sends neither events nor bookmarks to the watches that are open or will be, which stay open; until {@link #clear()}. */
    public void silenceWatches() {
        silent = true;
    }

    /** Takes all faults back. What was kept from silent watches stays lost to them until they begin anew. */
    public void clear() {
        plans.clear();
        deletionsToLose.set(0);
        silent = false;
    }

    boolean losesDeletion() {
        boolean loses = deletionsToLose.getAndUpdate(n -> n > 0 ? n - 1 : n) > 0;
        if (loses) {
            deletionsLost.incrementAndGet();
        }
        return loses;
    }

    boolean isSilent() {
        return silent;
    }

    /**
     * How many requests were answered with a fault.
     *
     * @return the number since the start
     */
    public int answered() {
        return answered.get();
    }

    Optional<ApiFault> find(KubeRequest request) {
        Optional<ApiFault> found =
                plans.stream().filter(plan -> plan.takes(request)).findFirst().map(Plan::fault);
        found.ifPresent(fault -> answered.incrementAndGet());
        return found;
    }
}
