package ch.sbb.esta.results;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One version of one PipelineRun, TaskRun, CustomRun or object of an extra kind (see {@link RunKinds}): the JSON as the cluster
 * gave it, and a view of the fields that this library decides by. The JSON is the truth; no field is dropped, whether this library
 * knows it or not.
 *
 * <p>Immutable and thread-safe, as long as nobody writes into the array of {@link #json()}.
 */
public final class RunSnapshot {

    /** The label by which Tekton marks what belongs to a PipelineRun with the UID of that. */
    public static final String PIPELINE_RUN_UID_LABEL = "tekton.dev/pipelineRunUID";

    private final byte[] json;
    private final RunKind kind;
    private final Metadata metadata;
    private final Status status;
    private final Origin origin;

    /** How a snapshot came to us, which decides between two versions whose order cannot be told. */
    public enum Origin {
        /** From a watch: may be old, repeated or out of order. */
        WATCH,
        /** Read from the API just now: what the cluster holds. */
        LIVE_READ
    }

    /** Where a run stands. */
    public enum State {
        /** Neither started nor finished. */
        PENDING,
        /** Started and not finished. */
        RUNNING,
        /** The condition {@code Succeeded} is true or false; with extra kinds also when there is a {@code status.completionTime}. */
        FINISHED
    }

    record Metadata(
            String namespace,
            String name,
            String uid,
            String resourceVersion,
            Map<String, String> labels,
            Map<String, String> annotations,
            List<OwnerReference> owners,
            @Nullable Instant creationTime,
            @Nullable Instant deletionTime) {}

    record Status(
            @Nullable Condition succeeded,
            @Nullable Instant startTime,
            @Nullable Instant completionTime) {}

    RunSnapshot(byte[] json, RunKind kind, Metadata metadata, Status status, Origin origin) {
        this.json = json;
        this.kind = kind;
        this.metadata = metadata;
        this.status = status;
        this.origin = origin;
    }

    /**
     * Reads one run; see {@link RunReading} for what is refused and how to be told instead of thrown at.
     *
     * @param json a JSON object in UTF-8; kept, not copied
     * @return the snapshot, with the origin {@link Origin#WATCH}
     * @throws ResultsException {@code INVALID} naming what is wrong and the place
     */
    public static RunSnapshot parse(byte[] json) {
        return RunReading.of(json).orElseThrow();
    }

    /**
     * Returns the same snapshot, marked as just read from the API.
     *
     * @return a copy with the origin {@link Origin#LIVE_READ} that shares the JSON
     */
    public RunSnapshot asLiveRead() {
        return new RunSnapshot(json, kind, metadata, status, Origin.LIVE_READ);
    }

    /**
     * The object as it came.
     *
     * @return UTF-8 JSON, not a copy: do not write into it
     */
    public byte[] json() {
        return json;
    }

    /**
     * Version and kind of the object.
     *
     * @return a kind of Tekton's or an extra one
     */
    public RunKind kind() {
        return kind;
    }

    /**
     * {@code metadata.namespace}.
     *
     * @return a valid segment of a name
     */
    public String namespace() {
        return metadata.namespace;
    }

    /**
     * {@code metadata.name}.
     *
     * @return the name, not empty
     */
    public String name() {
        return metadata.name;
    }

    /**
     * {@code metadata.uid}.
     *
     * @return a valid segment of a name
     */
    public String uid() {
        return metadata.uid;
    }

    /**
     * {@code metadata.resourceVersion}.
     *
     * @return the opaque version, or empty when the object carries none
     */
    public Optional<String> resourceVersion() {
        return metadata.resourceVersion.isEmpty() ? Optional.empty() : Optional.of(metadata.resourceVersion);
    }

    /**
     * {@code metadata.labels}; entries whose value is no string are left out of this view.
     *
     * @return unmodifiable, in the order of the object
     */
    public Map<String, String> labels() {
        return Collections.unmodifiableMap(metadata.labels);
    }

    /**
     * {@code metadata.annotations}; entries whose value is no string are left out of this view.
     *
     * @return unmodifiable, in the order of the object
     */
    public Map<String, String> annotations() {
        return Collections.unmodifiableMap(metadata.annotations);
    }

    /**
     * {@code metadata.ownerReferences}.
     *
     * @return unmodifiable, in the order of the object
     */
    public List<OwnerReference> owners() {
        return Collections.unmodifiableList(metadata.owners);
    }

    /**
     * The first owner that is a PipelineRun of Tekton.
     *
     * @return the owner, or empty for a run that no PipelineRun owns
     */
    public Optional<OwnerReference> owningPipelineRun() {
        return metadata.owners.stream().filter(OwnerReference::isPipelineRun).findFirst();
    }

    /**
     * The PipelineRun that the run is part of: the one that owns it, or, for an object of an extra kind that is owned by something else or
     * by nothing, the one that its label {@value #PIPELINE_RUN_UID_LABEL} names. Tekton puts that label on CustomRuns, and controllers
     * copy it to what they make for them.
     *
     * @return {@code metadata.uid} of the PipelineRun, as it is written there; or empty
     */
    public Optional<String> pipelineRunUid() {
        Optional<String> owner = owningPipelineRun().map(OwnerReference::uid);
        return owner.isPresent() || kind.isTekton()
                ? owner
                : Optional.ofNullable(metadata.labels.get(PIPELINE_RUN_UID_LABEL));
    }

    /**
     * {@code metadata.creationTimestamp}.
     *
     * @return the time, or empty when missing or unreadable
     */
    public Optional<Instant> creationTime() {
        return Optional.ofNullable(metadata.creationTime);
    }

    /**
     * {@code metadata.deletionTimestamp}.
     *
     * @return the time, or empty for a run that nobody has deleted
     */
    public Optional<Instant> deletionTime() {
        return Optional.ofNullable(metadata.deletionTime);
    }

    /**
     * {@code status.startTime}.
     *
     * @return the time, or empty when missing or unreadable
     */
    public Optional<Instant> startTime() {
        return Optional.ofNullable(status.startTime);
    }

    /**
     * {@code status.completionTime}.
     *
     * @return the time, or empty when missing or unreadable
     */
    public Optional<Instant> completionTime() {
        return Optional.ofNullable(status.completionTime);
    }

    /**
     * The condition of type {@code Succeeded}.
     *
     * @return the condition, or empty before Tekton has set one
     */
    public Optional<Condition> succeeded() {
        return Optional.ofNullable(status.succeeded);
    }

    /**
     * The reason of the condition {@code Succeeded}.
     *
     * @return for example {@code Completed}; empty text without one
     */
    public String reason() {
        return status.succeeded == null ? "" : status.succeeded.reason();
    }

    /**
     * Where the run stands.
     *
     * @return the state, never null
     */
    public State state() {
        boolean completed = !kind.isTekton() && status.completionTime != null;
        if (completed || (status.succeeded != null && status.succeeded.isFinal())) {
            return State.FINISHED;
        }
        return status.startTime == null ? State.PENDING : State.RUNNING;
    }

    /**
     * Whether the run will not change its outcome any more. Metadata may still change.
     *
     * @return true in the state {@link State#FINISHED}
     */
    public boolean isFinished() {
        return state() == State.FINISHED;
    }

    /**
     * Whether this is an object of an extra kind that says nothing of an end: it has neither the condition {@code Succeeded} nor a
     * {@code status.completionTime}, and perhaps its kind never has.
     *
     * @return false for every run of Tekton's
     */
    public boolean isOpenEnded() {
        return !kind.isTekton() && status.succeeded == null && status.completionTime == null;
    }

    /**
     * How the run ended.
     *
     * @return {@link SummaryStatus#UNKNOWN} while it is not finished, and when it does not say how it ended
     */
    public SummaryStatus summaryStatus() {
        return SummaryStatus.of(succeeded());
    }

    /**
     * What decides which of two versions of the run is newer.
     *
     * @return the version of this snapshot
     */
    public RunVersion version() {
        return new RunVersion(isFinished(), metadata.resourceVersion, origin);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RunSnapshot that && origin == that.origin && Arrays.equals(json, that.json);
    }

    @Override
    public int hashCode() {
        return 31 * origin.hashCode() + Arrays.hashCode(json);
    }

    @Override
    public String toString() {
        return kind + " " + metadata.namespace + "/" + Escaped.of(metadata.name) + " uid " + metadata.uid + " version "
                + Escaped.of(metadata.resourceVersion) + " " + state();
    }
}
