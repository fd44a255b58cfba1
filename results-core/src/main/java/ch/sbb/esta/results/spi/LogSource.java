package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
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

    /**
     * Finds lines.
     *
     * @param id which log
     * @param lines which of its lines
     * @return where they are, to be passed to {@link #read}; without lines and bytes where there are none
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when nothing of it is stored
     */
    LogSpan locate(ContainerLogId id, LogSelection lines);

    /**
     * Goes through the lines of a log, as far as they are stored now.
     *
     * @param id which log
     * @param offset a place in the text: lines that begin there or behind it
     * @return the lines, to be closed by the caller
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when nothing of it is stored
     */
    LogLines lines(ContainerLogId id, long offset);

    /**
     * Opens the whole text as a gzip file (RFC 1952), as it is stored where it is stored so.
     *
     * @param id which log
     * @return the file; of a live log what is stored now
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when nothing of it is stored
     */
    InputStream openGzip(ContainerLogId id);

    /**
     * Makes a link by which anybody can fetch the text as a gzip file, without credentials, for a while.
     *
     * @param id which log
     * @param validFor how long the link works, more than zero
     * @return the link, or empty where the backend makes none or the log is not sealed
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when nothing of it is stored; {@code INVALID} for a time that the
     *     backend cannot grant
     */
    Optional<URI> link(ContainerLogId id, Duration validFor);
}
