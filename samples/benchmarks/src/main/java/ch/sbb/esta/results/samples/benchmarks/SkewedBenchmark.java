package ch.sbb.esta.results.samples.benchmarks;

import java.io.PrintStream;

/** A measurement that only reads {@link SkewedTables}, so that several share them: filling them takes longer than measuring. */
interface SkewedBenchmark extends Benchmark {

    /** How many Results there are. */
    int results();

    /** Measures on filled tables, and returns the figures. */
    String measure(SkewedTables tables, PrintStream out) throws Exception;

    @Override
    default String run(PrintStream out) throws Exception {
        try (SkewedTables tables = SkewedTables.fill(results(), out)) {
            return measure(tables, out);
        }
    }

    /** How many Records there are. */
    default long records() {
        return (long) results() * SkewedTables.RECORDS_PER_RESULT;
    }
}
