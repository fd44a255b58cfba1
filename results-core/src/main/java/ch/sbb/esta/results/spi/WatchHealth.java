package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * How it stands with a watch at one moment.
 *
 * @param watches how many there are: one for each kind in each namespace, or in all of them together
 * @param waiting how many of them have not heard anything yet
 * @param objects how many objects are known to exist
 * @param losses what was not seen as it should have been
 * @param troubles what cannot be watched at present, the oldest first, {@value #MOST_TROUBLES} at most; one namespace or kind does not hold up the
 *     others
 */
public record WatchHealth(int watches, int waiting, int objects, Losses losses, List<Trouble> troubles) {

    /** So many troubles are told. */
    public static final int MOST_TROUBLES = 100;

    /** Of a watch that has nothing to tell. */
    public static final WatchHealth UNKNOWN = new WatchHealth(0, 0, 0, new Losses(0, 0, 0), List.of());

    /**
     * Checks the components.
     *
     * @param watches how many there are
     * @param waiting how many of them have not heard anything yet
     * @param objects how many objects are known to exist
     * @param losses what was not seen as it should have been
     * @param troubles what cannot be watched at present
     */
    public WatchHealth {
        Objects.requireNonNull(losses, "losses");
        troubles = List.copyOf(troubles);
    }

    /**
     * Counts since the watch began.
     *
     * @param replayed old versions that came again and were passed over
     * @param vanished objects that went away unseen: a later list had them no more
     * @param vanishedUnfinished those of them that were not finished when they were seen last; how they ended was never known
     */
    public record Losses(long replayed, long vanished, long vanishedUnfinished) {}

    /**
     * One kind in one namespace that cannot be watched at present.
     *
     * @param namespace the namespace; empty for all
     * @param kind the kind
     * @param code {@code DENIED} where permissions lack, {@code NOT_FOUND} where the cluster does not serve the kind, else how the server fails
     * @param message what the server says
     * @param since when it began
     */
    public record Trouble(String namespace, RunKind kind, ResultsException.Code code, String message, Instant since) {

        /**
         * Checks that no component is null.
         *
         * @param namespace the namespace; empty for all
         * @param kind the kind
         * @param code what kind of failure
         * @param message what the server says
         * @param since when it began
         */
        public Trouble {
            Objects.requireNonNull(namespace, "namespace");
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(code, "code");
            Objects.requireNonNull(message, "message");
            Objects.requireNonNull(since, "since");
        }
    }
}
