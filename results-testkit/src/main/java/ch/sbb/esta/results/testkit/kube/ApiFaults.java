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

    /** Takes all faults back. */
    public void clear() {
        plans.clear();
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
