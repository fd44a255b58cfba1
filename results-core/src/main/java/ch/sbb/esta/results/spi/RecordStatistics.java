package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;

/**
 * Counts runs and measures how long they waited and took.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Ordering.</b> Rows come in the order of the query, which is total.
 *
 * <p><b>Tenancy.</b> One that is bound to a tenant answers for others as if they had no runs.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code INVALID} for a query or a filter that is malformed, or that cannot be answered here
 * at all; {@code UNAVAILABLE} or {@code TIMEOUT} when it cannot be answered now. A failed query is never an empty answer or one over a
 * part of the runs.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
@FunctionalInterface
public interface RecordStatistics {

    /**
     * Answers a query.
     *
     * @param query which runs, which figures, which groups
     * @return the figures of each group
     * @throws ch.sbb.esta.results.ResultsException see above
     */
    RunStatistics summarize(StatisticsQuery query);
}
