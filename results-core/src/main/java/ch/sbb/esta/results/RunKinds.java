package ch.sbb.esta.results;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which kinds of objects an archive handles as runs: PipelineRuns, TaskRuns and CustomRuns of Tekton always, and extra kinds on request,
 * such as those that the controllers of custom tasks work on.
 *
 * <p><b>Extra kinds</b> are custom resources within namespaces, in the one version that is named. They are watched, compared, archived,
 * held and pruned like Tekton's. Their Records have the type {@code group/version.Kind} and lie in the Result of the PipelineRun that
 * they are part of, see {@link RunSnapshot#pipelineRunUid()}, or in one of their own. They have no logs.
 *
 * <p><b>Finished</b> is such an object when its condition {@code Succeeded} is {@code True} or {@code False}, as with Tekton, or when it
 * has a {@code status.completionTime}. How it ended is told by the condition alone. An object with neither is archived at each change and
 * never called finished, so it is never pruned by itself; it does not hold up the run that owns it.
 *
 * <p>Immutable and thread-safe.
 */
public final class RunKinds {

    private static final RunKinds TEKTON = new RunKinds(List.of());

    private final List<RunKind> extras;

    private RunKinds(List<RunKind> extras) {
        this.extras = List.copyOf(extras);
    }

    /**
     * The kinds of Tekton and no others.
     *
     * @return the default
     */
    public static RunKinds tekton() {
        return TEKTON;
    }

    /**
     * Adds extra kinds; one that is there already has no effect.
     *
     * @param more for example {@code new RunKind("example.dev/v1", "Deployment")}
     * @return a copy with these kinds too
     * @throws ResultsException {@code INVALID} naming everything that is wrong: groups, versions and kinds that are none of custom
     *     resources, those of Tekton, and one kind in two versions
     */
    public RunKinds with(RunKind... more) {
        List<RunKind> all = new ArrayList<>(extras);
        List<String> wrong = new ArrayList<>();
        for (RunKind kind : more) {
            kind.faults().forEach(fault -> wrong.add(named(kind) + ": " + fault));
            if (all.contains(kind)) {
                continue;
            }
            all.stream()
                    .filter(other ->
                            other.group().equals(kind.group()) && other.kind().equals(kind.kind()))
                    .forEach(other -> wrong.add(named(kind) + ": " + named(other)
                            + " is there already, and objects that are served in two versions are archived in one"));
            all.add(kind);
        }
        if (!wrong.isEmpty()) {
            throw ResultsException.invalid(String.join("; ", wrong));
        }
        return new RunKinds(all);
    }

    private static String named(RunKind kind) {
        return Escaped.of(kind.toString());
    }

    /**
     * The extra kinds.
     *
     * @return unmodifiable, in the order in which they were added; empty by default
     */
    public List<RunKind> extras() {
        return extras;
    }

    /**
     * Every kind in the versions in which a cluster may serve it, of which one is looked at: the first that is served.
     *
     * @return unmodifiable; PipelineRuns, TaskRuns, CustomRuns, then the extra kinds
     */
    public List<List<RunKind>> versions() {
        Stream<List<RunKind>> tekton = Stream.of(
                List.of(RunKind.PIPELINE_RUN, RunKind.PIPELINE_RUN_V1BETA1),
                List.of(RunKind.TASK_RUN, RunKind.TASK_RUN_V1BETA1),
                List.of(RunKind.CUSTOM_RUN));
        return Stream.concat(tekton, extras.stream().map(List::of)).toList();
    }

    /**
     * Whether objects of a kind are handled.
     *
     * @param kind the kind
     * @return true for a kind that is among {@link #versions()}
     */
    public boolean contains(RunKind kind) {
        return RunKind.ofTekton().contains(kind) || extras.contains(kind);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RunKinds that && extras.equals(that.extras);
    }

    @Override
    public int hashCode() {
        return extras.hashCode();
    }

    /** For example {@code Tekton's and [example.dev/v1 Deployment]}. */
    @Override
    public String toString() {
        return extras.isEmpty() ? "Tekton's" : "Tekton's and " + extras;
    }
}
