package ch.sbb.esta.results.conversion;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Rewrites a PipelineRun or TaskRun of {@code tekton.dev/v1beta1} as one of {@code tekton.dev/v1}, as Tekton's own conversion does: fields
 * move to where version 1 has them; what it has no field for is kept in annotations, under Tekton's keys; {@code status.taskRuns} and
 * {@code status.runs} become {@code status.childReferences}, too.
 *
 * <p>Nothing gets lost. Fields that nobody knows, and those that Tekton would drop, stay where they are, as does a field whose new place is
 * taken. Metadata but the annotations stay as they are.
 *
 * <p>Thread-safe: it has no state.
 */
public final class RunConversion {

    /** The kinds of which Records are converted. */
    static final List<RunKind> OLD = List.of(RunKind.PIPELINE_RUN_V1BETA1, RunKind.TASK_RUN_V1BETA1);

    private RunConversion() {}

    /**
     * Says of which kind a run is after its conversion.
     *
     * @param kind the kind before
     * @return the kind of version 1, or empty when runs of that kind need no conversion
     */
    public static Optional<RunKind> target(RunKind kind) {
        Objects.requireNonNull(kind, "kind");
        if (kind.equals(RunKind.PIPELINE_RUN_V1BETA1)) {
            return Optional.of(RunKind.PIPELINE_RUN);
        }
        return kind.equals(RunKind.TASK_RUN_V1BETA1) ? Optional.of(RunKind.TASK_RUN) : Optional.empty();
    }

    /**
     * Converts a run.
     *
     * @param json the run in UTF-8; not changed
     * @return the run of version 1 in UTF-8; the same array when it is one already
     * @throws ResultsException {@code INVALID} when it is not valid JSON, no PipelineRun or TaskRun of one of the two versions, or has a
     *     key with half a surrogate pair
     */
    public static byte[] toV1(byte[] json) {
        return convert(json).json();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Converted(byte[] json, RunKind kind) {}

    static Converted convert(byte[] json) {
        JsonText.check(json);
        byte[] readable = JsonText.withReadableKeys(json);
        if (!(JsonTree.read(readable) instanceof ObjectNode run)) {
            throw ResultsException.invalid("a run is a JSON object");
        }
        RunKind kind = kind(run);
        Optional<RunKind> target = target(kind);
        if (target.isEmpty()) {
            return new Converted(json, kind);
        }
        if (!Arrays.equals(readable, json)) {
            throw ResultsException.invalid("a key holds half a surrogate pair, which cannot be converted");
        }
        run.put("apiVersion", target.get().apiVersion());
        RunFields fields = new RunFields(run);
        if (kind.isTaskRun()) {
            fields.convertTaskRun();
        } else {
            fields.convertPipelineRun();
        }
        return new Converted(JsonTree.write(run), target.get());
    }

    private static RunKind kind(ObjectNode run) {
        String apiVersion = Fields.text(run, "apiVersion");
        String kind = Fields.text(run, "kind");
        return RunKind.find(apiVersion, kind)
                .filter(found -> found.isTekton() && !found.equals(RunKind.CUSTOM_RUN))
                .orElseThrow(() -> ResultsException.invalid("an object with apiVersion " + Escaped.of(apiVersion)
                        + " and kind " + Escaped.of(kind)
                        + " is no PipelineRun or TaskRun of tekton.dev/v1beta1 or tekton.dev/v1"));
    }
}
