package ch.sbb.esta.results;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Decides under which Result and Record a run is archived, and what its Result says.
 *
 * <p>The Result is the one named by the annotation {@code results.tekton.dev/result} if that lies in the run's own namespace (every
 * user of a namespace can write annotations, so a foreign one is ignored and reported); else the one of the PipelineRun that the run is
 * part of, see {@link RunSnapshot#pipelineRunUid()}; else the run's own. Upstream puts the label {@code
 * triggers.tekton.dev/triggers-eventid} before the owner, so that all runs of one event share a Result and overwrite each other's
 * summary; that is an option here, and the event id is an annotation of the Result always.
 *
 * <p>A run that was archived already where another of these rules puts it stays there; see {@link RunPlacement#otherResults()}.
 *
 * <p>Immutable and thread-safe.
 */
public final class ResultNaming {

    /** The annotation by which a run names its Result: a full result name. */
    public static final String RESULT_ANNOTATION = "results.tekton.dev/result";
    /** The annotation by which a top-level run names its Record: a full record name. */
    public static final String RECORD_ANNOTATION = "results.tekton.dev/record";
    /** The annotation whose JSON object is merged into the Result's annotations. */
    public static final String RESULT_ANNOTATIONS = "results.tekton.dev/resultAnnotations";
    /** The annotation whose JSON object is merged into the summary's annotations. */
    public static final String SUMMARY_ANNOTATIONS = "results.tekton.dev/recordSummaryAnnotations";
    /** The label that Tekton Triggers puts on the runs of one event; also the key of the Result's annotation. */
    public static final String TRIGGER_EVENT_LABEL = "triggers.tekton.dev/triggers-eventid";
    /** The key under which a Result's annotations hold the name of its top-level run. */
    public static final String OBJECT_NAME_KEY = "object.metadata.name";

    private final List<String> summaryLabels;
    private final Grouping grouping;

    /** Which runs share a Result. */
    public enum Grouping {
        /** One Result for each top-level run, with its children. */
        BY_RUN,
        /** One Result for all top-level runs of one trigger event, as upstream does. */
        BY_TRIGGER_EVENT
    }

    private ResultNaming(List<String> summaryLabels, Grouping grouping) {
        this.summaryLabels = List.copyOf(summaryLabels);
        this.grouping = Objects.requireNonNull(grouping, "grouping");
    }

    /**
     * One Result for each top-level run; the label {@code tekton.dev/pipeline} becomes an annotation of the Result.
     *
     * @return the default
     */
    public static ResultNaming defaults() {
        return new ResultNaming(List.of("tekton.dev/pipeline"), Grouping.BY_RUN);
    }

    /**
     * Returns the same naming with another grouping.
     *
     * @param grouping which runs share a Result; {@link Grouping#BY_RUN} by default
     * @return a copy
     */
    public ResultNaming groupedBy(Grouping grouping) {
        return new ResultNaming(summaryLabels, grouping);
    }

    /**
     * Returns the same naming with other summary labels.
     *
     * @param labels the labels of a top-level run that become annotations of its Result; {@code tekton.dev/pipeline} by default
     * @return a copy
     */
    public ResultNaming summaryLabels(List<String> labels) {
        return new ResultNaming(labels, grouping);
    }

    /**
     * Finds the place of a run.
     *
     * @param run the run
     * @return names, summary and annotations
     */
    public RunPlacement place(RunSnapshot run) {
        List<String> ignored = new ArrayList<>();
        ResultName result = result(run, ignored);
        RecordName record = record(run, result, ignored);
        if (!speaksForResult(run, result)) {
            return new RunPlacement(run, record, null, Map.of(), ignored, this);
        }
        RecordSummary summary = new RecordSummary(
                record,
                run.kind().recordType(),
                run.startTime().orElse(null),
                run.completionTime().orElse(null),
                run.summaryStatus(),
                AnnotationObject.read(run, SUMMARY_ANNOTATIONS, ignored));
        return new RunPlacement(run, record, summary, resultAnnotations(run, ignored), ignored, this);
    }

    private ResultName result(RunSnapshot run, List<String> ignored) {
        Optional<ResultName> named = annotated(run, RESULT_ANNOTATION).flatMap(text -> {
            try {
                ResultName name = ResultName.parse(text);
                if (name.parent().equals(run.namespace())) {
                    return Optional.of(name);
                }
                ignored.add(RESULT_ANNOTATION + " " + Escaped.of(text) + " names a Result of another namespace");
            } catch (ResultsException e) {
                ignored.add(RESULT_ANNOTATION + ": " + e.getMessage());
            }
            return Optional.empty();
        });
        return named.orElseGet(() -> new ResultName(run.namespace(), lastSegment(run)));
    }

    private String lastSegment(RunSnapshot run) {
        return grouping == Grouping.BY_TRIGGER_EVENT
                ? triggerEvent(run).orElseGet(() -> familySegment(run))
                : familySegment(run);
    }

    private static Optional<String> triggerEvent(RunSnapshot run) {
        return Optional.ofNullable(run.labels().get(TRIGGER_EVENT_LABEL)).filter(ResultNaming::isSingle);
    }

    /** The Results of other rules than the one that led to the given one; an annotation that is believed always leads. */
    List<ResultName> others(RunSnapshot run, ResultName own) {
        List<ResultName> others = new ArrayList<>();
        triggerEvent(run).ifPresent(event -> others.add(new ResultName(run.namespace(), event)));
        others.add(new ResultName(run.namespace(), familySegment(run)));
        return others.stream().filter(other -> !other.equals(own)).distinct().toList();
    }

    private static String familySegment(RunSnapshot run) {
        return run.pipelineRunUid().filter(ResultNaming::isSingle).orElse(run.uid());
    }

    private RecordName record(RunSnapshot run, ResultName result, List<String> ignored) {
        RecordName own = result.record(run.uid());
        // Tekton copies a run's annotations to its children, so only a top-level run's annotation means the run itself.
        if (!run.owners().isEmpty()) {
            return own;
        }
        return annotated(run, RECORD_ANNOTATION)
                .flatMap(text -> {
                    try {
                        RecordName name = RecordName.parse(text);
                        if (name.result().equals(result)) {
                            return Optional.of(name);
                        }
                        ignored.add(RECORD_ANNOTATION + " " + Escaped.of(text) + " does not lie in " + result);
                    } catch (ResultsException e) {
                        ignored.add(RECORD_ANNOTATION + ": " + e.getMessage());
                    }
                    return Optional.empty();
                })
                .orElse(own);
    }

    /** A run without owners, or one owned by something else than a PipelineRun whose Result is its own; of an extra kind the latter only. */
    private static boolean speaksForResult(RunSnapshot run, ResultName result) {
        if (!run.kind().isTekton()) {
            return result.result().equals(run.uid());
        }
        return run.owners().isEmpty()
                || (run.owningPipelineRun().isEmpty() && result.result().equals(run.uid()));
    }

    private Map<String, String> resultAnnotations(RunSnapshot run, List<String> ignored) {
        Map<String, String> annotations = new LinkedHashMap<>();
        annotations.put(OBJECT_NAME_KEY, run.name());
        for (String label : summaryLabels) {
            copyLabel(run, label, annotations);
        }
        copyLabel(run, TRIGGER_EVENT_LABEL, annotations);
        annotations.putAll(AnnotationObject.read(run, RESULT_ANNOTATIONS, ignored));
        return annotations;
    }

    private static void copyLabel(RunSnapshot run, String label, Map<String, String> annotations) {
        String value = run.labels().get(label);
        if (value != null) {
            annotations.put(label, value);
        }
    }

    private static Optional<String> annotated(RunSnapshot run, String key) {
        return Optional.ofNullable(run.annotations().get(key));
    }

    static boolean isSingle(String text) {
        return Names.isSegment(text) && !text.equals(Names.ANY);
    }
}
