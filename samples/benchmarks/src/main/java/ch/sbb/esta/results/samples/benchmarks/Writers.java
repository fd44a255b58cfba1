package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import java.time.Duration;
import java.util.Arrays;

/** Containers that write in turn, together as fast as their logs are collected. For one thread, but for {@link #collected}. */
final class Writers {

    private static final int LINES_AT_ONCE = 10;
    /** How many lines each may be ahead of the collector on average: little enough that nothing lags, enough that nothing waits. */
    private static final int LINES_AHEAD = 20;

    private final KubeApiServer server;
    private final LogLinesText text;
    private final String namespace;
    private final int containers;
    private long collected;
    private long lines;
    private long bytes;
    private int at;

    Writers(KubeApiServer server, LogLinesText text, String namespace, int containers) {
        this.server = server;
        this.text = text;
        this.namespace = namespace;
        this.containers = containers;
    }

    static String pod(int number) {
        return "build-" + number + "-pod";
    }

    /** The collector has so many lines. */
    synchronized void collected(long count) {
        collected = count;
        notifyAll();
    }

    private synchronized void awaitCollected(long count) throws InterruptedException {
        while (collected < count) {
            wait();
        }
    }

    void write(Duration howLong) throws InterruptedException {
        long end = System.nanoTime() + howLong.toNanos();
        for (int next = 0; System.nanoTime() < end; next = (next + 1) % containers) {
            awaitCollected(lines - (long) LINES_AHEAD * containers);
            server.appendLog(namespace, pod(next), Pods.CONTAINER, some());
        }
    }

    private byte[] some() {
        if (at == text.bytes().length) {
            at = 0;
        }
        int start = at;
        for (int i = 0; i < LINES_AT_ONCE && at < text.bytes().length; i++) {
            at = text.endOfLine(at);
            lines++;
        }
        bytes += at - start;
        return Arrays.copyOfRange(text.bytes(), start, at);
    }

    long lines() {
        return lines;
    }

    long bytes() {
        return bytes;
    }
}
