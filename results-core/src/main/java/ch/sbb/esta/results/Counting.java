package ch.sbb.esta.results;

/** By which rules runs are counted. */
public enum Counting {
    /**
     * By the state of a run ({@link SummaryStatus}), which every finished run has, whatever the reason of its condition is. Pipelines go
     * by the label {@code tekton.dev/pipeline}, else by {@code spec.pipelineRef.name}; a run without the property that is grouped by is
     * in the group without a value.
     */
    BY_STATE,
    /**
     * As the server of Tekton Results does: {@code SUCCEEDED}, {@code FAILED}, {@code CANCELLED}, {@code RUNNING} and {@code OTHERS} by
     * the exact reason of the first condition, of whatever type that is, so that timeouts, {@code StepFailed} and
     * {@code TaskRunCancelled} are others, and a run without a reason is counted by none. Pipelines go by the label only, and runs without
     * a pipeline or repository are in the group {@code NAMESPACE/}. It reads the JSON of each record and takes that much longer.
     */
    UPSTREAM
}
