package ch.sbb.esta.results.samples.benchmarks;

import java.util.Arrays;

/** Measured times. Not thread-safe. */
final class Times {

    private final long[] nanoseconds;
    private int count;

    Times(int capacity) {
        nanoseconds = new long[capacity];
    }

    /** Work that is measured. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /** Nanoseconds that it takes. */
    static long of(Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        return System.nanoTime() - start;
    }

    void add(long time) {
        nanoseconds[count++] = time;
    }

    /** In seconds. */
    double median() {
        long[] sorted = Arrays.copyOf(nanoseconds, count);
        Arrays.sort(sorted);
        return sorted[count / 2] / 1e9;
    }
}
