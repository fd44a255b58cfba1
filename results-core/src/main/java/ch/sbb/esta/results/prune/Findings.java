package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.RunSnapshot;
import java.util.ArrayList;
import java.util.List;

/** Collects why a run is not safe. Used by one thread. */
final class Findings {

    private static final int MOST = 10;

    private final LostData policy;
    private final List<String> reasons = new ArrayList<>();

    Findings(LostData policy) {
        this.policy = policy;
    }

    /** Something that may still come. */
    void missing(RunSnapshot run, String what) {
        if (!isFull()) {
            reasons.add(name(run) + " " + what);
        }
    }

    /** Something that never comes any more. */
    void lost(RunSnapshot run, String what) {
        if (policy == LostData.KEEP_RUN) {
            missing(run, what);
        }
    }

    /** Whether more would not be told. */
    boolean isFull() {
        return reasons.size() == MOST;
    }

    boolean isEmpty() {
        return reasons.isEmpty();
    }

    Safety toSafety() {
        return Safety.of(reasons);
    }

    static String name(RunSnapshot run) {
        return run.kind().kind() + " " + run.namespace() + "/" + Escaped.of(run.name());
    }
}
