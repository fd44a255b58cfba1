package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ContainerLogId;

/**
 * Makes what is being written visible to readers sooner: a further ability of a {@link LogSource} whose writers work in the same process.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 */
public interface LiveLogs {

    /**
     * Asks that what was written of a log so far can be read soon. Returns at once; without effect where nobody in this process writes
     * the log.
     *
     * @param id which log
     */
    void hasten(ContainerLogId id);
}
