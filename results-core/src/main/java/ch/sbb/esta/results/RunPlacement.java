package ch.sbb.esta.results;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a run is archived and what its Result says of it; made by {@link ResultNaming}.
 *
 * <p>Immutable and thread-safe.
 */
public final class RunPlacement {

    private final RunSnapshot run;
    private final RecordName record;
    private final @Nullable RecordSummary summary;
    private final Map<String, String> resultAnnotations;
    private final List<String> ignored;
    private final ResultNaming naming;
    private final @Nullable RecordName elsewhere;
    private final List<ResultName> others;

    RunPlacement(
            RunSnapshot run,
            RecordName record,
            @Nullable RecordSummary summary,
            Map<String, String> resultAnnotations,
            List<String> ignored,
            ResultNaming naming) {
        this(run, record, summary, resultAnnotations, ignored, naming, null);
    }

    private RunPlacement(
            RunSnapshot run,
            RecordName record,
            @Nullable RecordSummary summary,
            Map<String, String> resultAnnotations,
            List<String> ignored,
            ResultNaming naming,
            @Nullable RecordName elsewhere) {
        this.run = Objects.requireNonNull(run, "run");
        this.record = Objects.requireNonNull(record, "record");
        this.summary = summary;
        this.resultAnnotations = Collections.unmodifiableMap(new LinkedHashMap<>(resultAnnotations));
        this.ignored = List.copyOf(ignored);
        this.naming = Objects.requireNonNull(naming, "naming");
        this.elsewhere = elsewhere;
        this.others = elsewhere == null ? naming.others(run, record.result()) : List.of();
    }

    /**
     * Places the run where another store has it, whatever its own place would be; other versions of it go there, too. An object of an extra
     * kind says something of its own Result only, there too.
     *
     * @param name a Record in the run's namespace
     * @return a copy
     * @throws ResultsException {@code INVALID} when the name lies in another namespace
     */
    public RunPlacement under(RecordName name) {
        Objects.requireNonNull(name, "name");
        if (!name.parent().equals(run.namespace())) {
            throw ResultsException.invalid("a run of the namespace " + Escaped.of(run.namespace())
                    + " cannot be archived as " + name + ", which lies in another");
        }
        boolean speaks = run.kind().isTekton() || name.result().result().equals(run.uid());
        RecordSummary said = summary == null || !speaks
                ? null
                : new RecordSummary(
                        name,
                        summary.type(),
                        summary.startTime().orElse(null),
                        summary.endTime().orElse(null),
                        summary.status(),
                        summary.annotations());
        return new RunPlacement(run, name, said, speaks ? resultAnnotations : Map.of(), ignored, naming, name);
    }

    /**
     * Places another version of the run as this one was placed.
     *
     * @param other any version of any run
     * @return its place; another one where its annotations say so
     */
    public RunPlacement ofVersion(RunSnapshot other) {
        RunPlacement own = naming.place(other);
        return elsewhere == null || !other.uid().equals(run.uid()) ? own : own.under(elsewhere);
    }

    /**
     * The run.
     *
     * @return the snapshot that was placed
     */
    public RunSnapshot run() {
        return run;
    }

    /**
     * The record that holds the run.
     *
     * @return the full name; its parent is the run's namespace always
     */
    public RecordName record() {
        return record;
    }

    /**
     * In which Results the run would lie by other rules than the one that placed it: without its annotations, or with another grouping. A
     * store looks there for what was archived before, so that no run has two Records.
     *
     * @return without the Result of {@link #record()}; mostly empty, and always after {@link #under}
     */
    public List<ResultName> otherResults() {
        return others;
    }

    /**
     * The UID of the PipelineRun that the run is part of, see {@link RunSnapshot#pipelineRunUid()}.
     *
     * @return the UID, or empty for a run that is part of none, or of one whose UID cannot be part of a name
     */
    public Optional<String> pipelineRunUid() {
        return run.pipelineRunUid().filter(ResultNaming::isSingle);
    }

    /**
     * What the Result says of the run.
     *
     * @return the summary, or empty for a run that does not speak for its Result, such as a TaskRun of a PipelineRun
     */
    public Optional<RecordSummary> summary() {
        return Optional.ofNullable(summary);
    }

    /**
     * What is merged into the annotations of the Result; keys that others wrote stay.
     *
     * @return unmodifiable; empty for a run that does not speak for its Result
     */
    public Map<String, String> resultAnnotations() {
        return resultAnnotations;
    }

    /**
     * Which annotations of the run were ignored, and why.
     *
     * @return sentences fit for a log line; mostly empty
     */
    public List<String> ignored() {
        return ignored;
    }
}
