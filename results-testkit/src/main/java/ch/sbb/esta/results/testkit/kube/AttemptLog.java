package ch.sbb.esta.results.testkit.kube;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The log of one attempt of one container: the file that is written now, which is the only one that the kubelet opens, and the streams
 * that read it or one before it.
 *
 * <p>Safe for many threads.
 */
final class AttemptLog {

    private final Set<LogStream> streams = new LinkedHashSet<>();
    private ContainerLogFile newest = new ContainerLogFile();

    synchronized ContainerLogFile newest() {
        return newest;
    }

    synchronized boolean append(Instant now, byte[] written) {
        return newest.append(now, written);
    }

    /** Begins a new file, unless the attempt has ended. */
    synchronized void rotate() {
        if (!newest.isEnded()) {
            newest = newest.rotate();
        }
    }

    /** As the kubelet does from time to time. */
    synchronized void rotateWhenLarger(long bytes) {
        if (newest.bytes() > bytes) {
            rotate();
        }
    }

    synchronized void end(Instant now) {
        newest.end(now);
    }

    synchronized void remove(Instant now) {
        newest.remove(now);
    }

    synchronized void opened(LogStream stream) {
        streams.add(stream);
    }

    synchronized void closed(LogStream stream) {
        streams.remove(stream);
    }

    synchronized List<LogStream> streams() {
        return List.copyOf(streams);
    }
}
