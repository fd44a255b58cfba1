package ch.sbb.esta.results.samples.benchmarks;

import java.io.PrintStream;

/** One measurement. */
interface Benchmark {

    /** Its name on the command line. */
    String name();

    /** What is measured against what, in a sentence. */
    String description();

    /** Measures, tells its progress, and returns the figures: first {@code ratio=R}, or how much is {@code wrong}. */
    String run(PrintStream out) throws Exception;
}
