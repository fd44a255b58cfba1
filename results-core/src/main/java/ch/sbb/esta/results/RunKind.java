package ch.sbb.esta.results;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A kind of run, as the cluster serves it: one of Tekton's, which are the constants here, or an extra one, which is any other custom
 * resource. {@link RunKinds} says which of them an archive handles.
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

    private static final List<RunKind> TEKTON =
            List.of(PIPELINE_RUN, TASK_RUN, CUSTOM_RUN, PIPELINE_RUN_V1BETA1, TASK_RUN_V1BETA1);

    private static final String TEKTON_GROUP = "tekton.dev";
    /** Of Records that are kept beside runs: logs and lists of Events. */
    private static final String RESULTS_GROUP = "results.tekton.dev";

    private static final String LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
    /** Kubernetes refuses custom resources whose group has no dot. */
    private static final Pattern GROUP = Pattern.compile(LABEL + "(?:\\." + LABEL + ")+");

    private static final int LONGEST_GROUP = 253;
    private static final Pattern VERSION = Pattern.compile("[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern KIND = Pattern.compile("[A-Za-z](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?");

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
     * Finds a kind of run: one of Tekton's, or an extra one, whether any archive handles it or not. Objects of the core group, of
     * {@code tekton.dev} beside the known ones and of {@code results.tekton.dev} are no runs.
     *
     * @param apiVersion group and version
     * @param kind the kind
     * @return the kind, or empty when such objects cannot be runs
     */
    public static Optional<RunKind> find(String apiVersion, String kind) {
        for (RunKind known : TEKTON) {
            if (known.apiVersion.equals(apiVersion) && known.kind.equals(kind)) {
                return Optional.of(known);
            }
        }
        return Optional.of(new RunKind(apiVersion, kind))
                .filter(extra -> extra.faults().isEmpty());
    }

    /**
     * Finds the kind of the run that a Record holds, going by its type alone: a Record of others may have the type of an extra kind and
     * hold something else.
     *
     * @param type the type of the Record, for example {@code tekton.dev/v1.TaskRun}
     * @return the kind, or empty when the Record holds something else, such as a log
     */
    public static Optional<RunKind> findByRecordType(String type) {
        int dot = type.lastIndexOf('.');
        return dot < 0 ? Optional.empty() : find(type.substring(0, dot), type.substring(dot + 1));
    }

    static List<RunKind> ofTekton() {
        return TEKTON;
    }

    /** {@code metadata.apiVersion} without the version; empty for the core group. */
    String group() {
        return apiVersion.substring(0, Math.max(0, apiVersion.indexOf('/')));
    }

    /** What keeps objects of this kind from being archived beside those of Tekton; empty for nothing. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        String group = group();
        String version = apiVersion.substring(apiVersion.indexOf('/') + 1);
        if (group.equals(TEKTON_GROUP)) {
            faults.add("of " + group + " the runs are archived anyway, and the rest are no runs");
        } else if (group.equals(RESULTS_GROUP)) {
            faults.add(group + " is the group of the logs and Events that are kept beside runs");
        } else if (group.length() > LONGEST_GROUP || !GROUP.matcher(group).matches()) {
            faults.add("group " + Escaped.of(group) + " is none of a custom resource, such as example.dev");
        }
        if (!VERSION.matcher(version).matches()) {
            faults.add("version " + Escaped.of(version) + " is none, such as v1 or v1alpha1");
        }
        if (!KIND.matcher(kind).matches()) {
            faults.add("kind " + Escaped.of(kind) + " is none, such as Deployment");
        }
        return faults;
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
     * Whether this is a kind of Tekton's, in any version.
     *
     * @return false for an extra kind
     */
    public boolean isTekton() {
        return group().equals(TEKTON_GROUP);
    }

    /**
     * Whether this is a TaskRun of Tekton's, of any version: the kind that has pods and logs.
     *
     * @return true for {@code TaskRun} of {@code tekton.dev}
     */
    public boolean isTaskRun() {
        return kind.equals("TaskRun") && isTekton();
    }

    @Override
    public String toString() {
        return apiVersion + " " + kind;
    }
}
