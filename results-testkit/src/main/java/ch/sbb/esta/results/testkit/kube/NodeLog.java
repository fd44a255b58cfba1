package ch.sbb.esta.results.testkit.kube;

import java.util.Objects;

/**
 * What a node does with the log of one container: it appends, rotates, and answers requests wrongly. Only what the container's current
 * attempt writes is meant.
 *
 * <p>Every method throws {@link KubeApiException} when there is no such pod or container. Safe for many threads.
 */
public final class NodeLog {

    private final Cluster cluster;
    private final KubeReference pod;
    private final String container;

    NodeLog(Cluster cluster, KubeReference pod, String container) {
        this.cluster = cluster;
        this.pod = pod;
        this.container = container;
    }

    /**
     * Appends what the container writes now, as {@link KubeApiServer#appendLog} does.
     *
     * @param bytes any bytes
     */
    public void append(byte[] bytes) {
        cluster.logs().append(stored(), container, bytes);
    }

    /**
     * Puts an empty file into the place of the current one, whatever its size. A follow that waits at the end of the old file goes on with the newest;
     * one that has not reached an end yet stays at the old one's for ever. Nobody else can read the old file.
     */
    public void rotate() {
        log().rotate();
    }

    /**
     * Does something to the answer to the next request for the container's log; several faults hit one request after the other.
     *
     * @param fault what
     */
    public void fault(LogFault fault) {
        cluster.logs().fault(stored(), container, Objects.requireNonNull(fault, "fault"));
    }

    /** Ends every answer that is under way now, cleanly, in the middle of whatever it delivers. */
    public void endStreams() {
        log().streams().forEach(LogStream::cut);
    }

    /** Closes the connection of every answer that is under way. */
    public void resetStreams() {
        log().streams().forEach(LogStream::reset);
    }

    /**
     * Counts the answers that are under way.
     *
     * @return how many
     */
    public int openStreams() {
        return log().streams().size();
    }

    private StoredObject stored() {
        return cluster.writes().get(cluster.target(pod));
    }

    private AttemptLog log() {
        return cluster.logs().current(stored(), container);
    }
}
