package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.PodSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges whether the head of a log is there. The kubelet serves only its current file, so neither the size of what is there nor an open
 * stream proves anything: behind a rotation the file is small or empty, and a stream that delivers nothing may be dead. What proves the
 * head is time. A container does not write a whole file and have it rotated within {@code headWindow}; so the head is there when the
 * first line was written, or read, within that time of a moment at which nothing had been written yet. Such moments are:
 *
 * <ul>
 *   <li>the container's start; for a step of Tekton the end of the step before, for which its entrypoint waits;
 *   <li>a plain read that found nothing, itself within {@code headWindow} of such a moment;
 *   <li>a look at the pod that found the step before still at work.
 * </ul>
 *
 * <p>Thread-safe.
 */
final class HeadProof {

    /** The API gives the times of containers in whole seconds. */
    private static final Duration GRAIN = Duration.ofSeconds(1);

    private final LogCollectorConfig config;
    private @Nullable Instant begunAt;
    private @Nullable Instant finishedAt;
    private @Nullable Instant nothingUntil;
    private boolean turnPending;
    private boolean emptyToTheEnd;

    HeadProof(LogCollectorConfig config) {
        this.config = config;
    }

    /** Takes what a version of the pod, which may be stale, says of the run that the log is of. */
    synchronized void observe(PodSnapshot pod, PodSnapshot.Container container) {
        if (container.finishedAt() != null) {
            finishedAt = container.finishedAt();
        }
        Instant started = container.startedAt();
        if (started == null) {
            return;
        }
        PodSnapshot.Container before = pod.containerBefore(container).orElse(null);
        turnPending = before != null && before.state() != PodSnapshot.State.TERMINATED;
        Instant begun = started;
        if (before != null && before.finishedAt() != null) {
            // The step before lets this one go a moment before it ends.
            Instant turn = before.finishedAt().minus(config.clockTolerance());
            boolean inOrder = finishedAt == null || !turn.isAfter(finishedAt);
            begun = inOrder && turn.isAfter(started) ? turn : started;
        }
        if (begunAt == null || begun.isAfter(begunAt)) {
            begunAt = begun;
        }
    }

    /** Whether the container was last seen to wait for another one, so that it writes nothing. */
    synchronized boolean isTurnPending() {
        return turnPending;
    }

    /** The pod that was observed last was asked for then. */
    synchronized void observedAt(Instant asked) {
        if (turnPending) {
            nothing(asked);
        }
    }

    /** A plain read that was asked for and answered at these times found nothing. */
    synchronized void empty(Instant asked, Instant answered) {
        Instant written = answered;
        if (finishedAt != null) {
            Instant end = finishedAt.plus(GRAIN).plus(config.clockTolerance());
            written = answered.isBefore(end) ? answered : end;
        }
        emptyToTheEnd = wasShort() || isYoung(written) || isWithin(nothingUntil, written);
        if (emptyToTheEnd) {
            nothing(asked);
        }
    }

    /**
     * Why the head of a log is not proven.
     *
     * @param first the timestamp of its first line
     * @param received when that was read
     * @return what was seen, or empty when it is proven
     */
    synchronized Optional<String> doubt(Instant first, Instant received) {
        if (begunAt == null) {
            return unknown();
        }
        boolean proven = wasShort()
                || isYoung(first)
                || isYoung(received)
                || isWithin(nothingUntil, received)
                || (nothingUntil != null
                        && !first.isBefore(nothingUntil.minus(config.clockTolerance()))
                        && isWithin(nothingUntil, first.plus(config.clockTolerance())));
        return proven
                ? Optional.empty()
                : Optional.of("the first line is of " + first + " and was read at " + received + "; " + known());
    }

    /** Why it is not proven that a log which is empty at its container's end never had a line. */
    synchronized Optional<String> doubtOfNothing() {
        if (begunAt == null) {
            return unknown();
        }
        return emptyToTheEnd ? Optional.empty() : Optional.of("nothing was there at the end; " + known());
    }

    private static Optional<String> unknown() {
        return Optional.of("it is not known when the container started");
    }

    private String known() {
        return "the container began at " + begunAt
                + (nothingUntil == null ? "" : ", and nothing had been written at " + nothingUntil);
    }

    private void nothing(Instant asked) {
        if (nothingUntil == null || asked.isAfter(nothingUntil)) {
            nothingUntil = asked;
        }
    }

    private boolean wasShort() {
        return finishedAt != null && isWithin(begunAt, finishedAt);
    }

    private boolean isYoung(Instant when) {
        return begunAt != null && !when.isBefore(begunAt.minus(config.clockTolerance())) && isWithin(begunAt, when);
    }

    private boolean isWithin(@Nullable Instant from, Instant to) {
        return from != null && Duration.between(from, to).compareTo(config.headWindow()) <= 0;
    }
}
