package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * Reads logs back, live ones as far as they are durable.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Ordering.</b> Bytes come in the order in which the container emitted them.
 *
 * <p><b>Tenancy.</b> The namespace is part of every call.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code NOT_FOUND}, {@code UNAVAILABLE}; {@code INTERNAL} when stored bytes do not fit their
 * checksum. A read that breaks off throws {@link java.io.IOException}; it never ends early without one.
 *
 * <p><b>Lifecycle.</b> Streams are closed by the caller.
 */
public interface LogSource {

    /**
     * Describes a log.
     *
     * @param id which log
     * @return what is known of it, or empty when nothing of it is stored
     */
    Optional<LogInfo> find(ContainerLogId id);

    /**
     * Lists the logs of a TaskRun.
     *
     * @param namespace the namespace
     * @param taskRunUid the UID of the TaskRun
     * @return one entry for each container of each pod, by path
     */
    List<LogInfo> list(String namespace, String taskRunUid);

    /**
     * Opens a part of a log's text.
     *
     * @param id which log
     * @param offset the first byte of the uncompressed text, counted from 0
     * @param length how many bytes at most; {@link Long#MAX_VALUE} for all the rest
     * @return the text, exactly as the container emitted it
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when nothing of it is stored
     */
    InputStream read(ContainerLogId id, long offset, long length);
}
