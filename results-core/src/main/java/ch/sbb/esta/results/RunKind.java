package ch.sbb.esta.results;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A kind of run that is archived, as the cluster serves it.
 *
 * @param apiVersion group and version, for example {@code tekton.dev/v1}
 * @param kind for example {@code TaskRun}
 */
public record RunKind(String apiVersion, String kind) {

    /** {@code tekton.dev/v1 PipelineRun}. */
    public static final RunKind PIPELINE_RUN = new RunKind("tekton.dev/v1", "PipelineRun");
    /** {@code tekton.dev/v1 TaskRun}. */
    public static final RunKind TASK_RUN = new RunKind("tekton.dev/v1", "TaskRun");
    /** {@code tekton.dev/v1beta1 CustomRun}. */
    public static final RunKind CUSTOM_RUN = new RunKind("tekton.dev/v1beta1", "CustomRun");
    /** {@code tekton.dev/v1beta1 PipelineRun}, of clusters before v1. */
    public static final RunKind PIPELINE_RUN_V1BETA1 = new RunKind("tekton.dev/v1beta1", "PipelineRun");
    /** {@code tekton.dev/v1beta1 TaskRun}, of clusters before v1. */
    public static final RunKind TASK_RUN_V1BETA1 = new RunKind("tekton.dev/v1beta1", "TaskRun");

    private static final List<RunKind> ALL =
            List.of(PIPELINE_RUN, TASK_RUN, CUSTOM_RUN, PIPELINE_RUN_V1BETA1, TASK_RUN_V1BETA1);

    /**
     * Checks that no component is null.
     *
     * @param apiVersion group and version, for example {@code tekton.dev/v1}
     * @param kind for example {@code TaskRun}
     */
    public RunKind {
        Objects.requireNonNull(apiVersion, "apiVersion");
        Objects.requireNonNull(kind, "kind");
    }

    /**
     * All kinds that are archived.
     *
     * @return the kinds, the ones that a current cluster serves first
     */
    public static List<RunKind> all() {
        return ALL;
    }

    /**
     * Finds a kind.
     *
     * @param apiVersion group and version
     * @param kind the kind
     * @return the kind, or empty when such objects are not archived as runs
     */
    public static Optional<RunKind> find(String apiVersion, String kind) {
        return ALL.stream()
                .filter(k -> k.apiVersion.equals(apiVersion) && k.kind.equals(kind))
                .findFirst();
    }

    /**
     * Finds the kind of the run that a Record holds.
     *
     * @param type the type of the Record, for example {@code tekton.dev/v1.TaskRun}
     * @return the kind, or empty when the Record holds something else, such as a log
     */
    public static Optional<RunKind> findByRecordType(String type) {
        return ALL.stream().filter(kind -> kind.recordType().equals(type)).findFirst();
    }

    /**
     * The type of a Record that holds such a run.
     *
     * @return for example {@code tekton.dev/v1.TaskRun}
     */
    public String recordType() {
        return apiVersion + "." + kind;
    }

    /**
     * Whether this is a TaskRun of any version: the kind that has pods.
     *
     * @return true for {@code TaskRun}
     */
    public boolean isTaskRun() {
        return kind.equals("TaskRun");
    }

    @Override
    public String toString() {
        return apiVersion + " " + kind;
    }
}
