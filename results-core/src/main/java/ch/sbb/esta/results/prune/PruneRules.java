package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.OwnerReference;
import ch.sbb.esta.results.RunSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What can be told of one run by itself. Immutable. */
record PruneRules(PrunerConfig config, Instant now) {

    /** Whether it is finished, nobody deletes it yet, and no owner takes it along when it goes. */
    boolean isCandidate(RunSnapshot run) {
        return run.isFinished()
                && run.deletionTime().isEmpty()
                && (config.ownedRuns() == PrunerConfig.OwnedRuns.DELETE
                        ? run.owners().stream().noneMatch(PruneRules::isTekton)
                        : run.owners().isEmpty());
    }

    private static boolean isTekton(OwnerReference owner) {
        return owner.apiVersion().startsWith("tekton.dev/");
    }

    boolean isSelected(RunSnapshot run) {
        return config.selector().matches(run.labels());
    }

    /** When in doubt it keeps: only {@code false} does not. */
    static boolean isKept(RunSnapshot run) {
        String value = run.annotations().get(PrunerConfig.KEEP_ANNOTATION);
        return value != null && !value.strip().equalsIgnoreCase("false");
    }

    /** A run of which nobody can tell when it ended is never old enough. */
    boolean isOldEnough(Optional<Instant> end) {
        if (config.grace().isNegative()) {
            return true;
        }
        return !config.grace().isZero()
                && end.isPresent()
                && Duration.between(end.get(), now).compareTo(config.grace()) >= 0;
    }

    /** Whether everything that can be told by itself speaks for deleting it. */
    boolean isDue(RunSnapshot run) {
        return isCandidate(run) && isSelected(run) && !isKept(run) && isOldEnough(RunDetails.end(run));
    }

    /** Of the runs of one group the last some stay. */
    String group(RunSnapshot run) {
        String label = run.kind().isTaskRun() ? "tekton.dev/task" : "tekton.dev/pipeline";
        return String.join(
                "\n",
                run.namespace(),
                run.kind().isTekton() ? run.kind().kind() : run.kind().toString(),
                run.labels().getOrDefault(label, ""),
                run.summaryStatus().name());
    }
}
