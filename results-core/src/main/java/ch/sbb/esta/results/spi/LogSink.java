package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ContainerLogId;

/**
 * Takes the logs of containers while they are written.
 *
 * <p><b>Concurrency.</b> A sink is thread-safe; a writer belongs to one thread at a time. Two writers on one log, in whatever
 * processes, never mix their bytes: one goes on, the other fails with {@code CONFLICT}.
 *
 * <p><b>Idempotency.</b> Opening a log again, after a crash too, goes on behind what is durable; sealing a sealed log changes nothing.
 *
 * <p><b>Ordering.</b> Bytes are kept in the order of the calls.
 *
 * <p><b>Tenancy.</b> The namespace is the first part of a log's path; what belongs to two namespaces never lies in one blob.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code UNAVAILABLE}, {@code TIMEOUT} or {@code DENIED} when the backend does not take
 * more for now and nothing of the call was lost: call again; {@code CONFLICT} when another writer has the log: stop.
 *
 * <p><b>Lifecycle.</b> Closing a sink makes what its writers hold durable as far as possible; it does not seal.
 */
public interface LogSink extends AutoCloseable {

    /**
     * Opens a log to write, from its beginning or behind what is durable.
     *
     * @param id which log
     * @return the writer, or one that is sealed already
     */
    LogWriter open(ContainerLogId id);

    @Override
    void close();
}
