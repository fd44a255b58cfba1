package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.GzipInput;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.logs.LogReader.Found;
import ch.sbb.esta.results.spi.BlobLinks;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LiveLogs;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps logs in a {@link BlobStore}: a live one as a row of gzip segments, a sealed one as a single gzip file with exactly the emitted
 * bytes, an index and a manifest beside it.
 *
 * <p><b>Blobs.</b> Below {@link ContainerLogId#path()}:
 * <ul>
 *   <li>{@code 00000000000000000000.log.gz}: a segment, named by the offset of its first uncompressed byte. Its first gzip member has no
 *       text, but a header in an extra field (RFC 1952, section 2.3.1.1) with writer and checksums; then come members with at most 256
 *       KiB of text each, then members without text whose extra fields hold the index: times of lines, defects, the last line marks.
 *       Every gzip program gets the text from it and from any concatenation.
 *   <li>{@code OFFSET.WRITER-N.note.gz}: the same without text, for a defect that had to be made durable before a byte came.
 *   <li>the END segment, under the name of the segment that would come next. Nobody can store that one any more.
 *   <li>{@code SHA256.log.gz}: all members with text, joined as they were; {@code SHA256.index.gz}: all indexes, and a directory of
 *       them; {@code manifest.json}: names these two and makes the log sealed. The segments but END are removed behind it.
 * </ul>
 *
 * <p><b>Concurrency.</b> Thread-safe. A log that two write, in whatever processes, goes to the one who stores the next segment first.
 *
 * <p><b>Failure.</b> {@link LogWriter#append} does not talk to the blob store, save that it reads the last line again when another writer
 * began it. It puts the bytes into the spool and either takes all of them or, when it throws {@code UNAVAILABLE}, none: the spool is full
 * although it waited up to two seconds for the blob store (not at all when that failed last), or the disk is. {@link LogWriter#flush} and
 * {@link LogWriter#seal} throw what the blob store throws; what they have not stored stays in the spool, and the same call goes on where
 * it failed. {@link #open} while the blob store is away, or denies, begins at the log's first byte; if something of it was stored before, the writer
 * gets {@code CONFLICT} when the blob store is back, and opening again goes on behind what is stored. In the background a failed upload is repeated, with pauses of 0.5 to 10 seconds, as long as the writer is open. What is only
 * in the spool is lost when the process dies; the next writer then begins behind the last segment.
 *
 * <p><b>Threads.</b> One daemon thread looks for segments that have become old, up to 16 pack and store segments; virtual threads
 * where the JDK has them.
 *
 * <p><b>Lifecycle.</b> The blob store is not closed.
 */
public final class SegmentedLogs implements LogSink, LogSource, LiveLogs, LogDeletion {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentedLogs.class);
    private static final int SHIPPERS = 16;
    private static final long SPACE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final LogStoreConfig config;
    private final LogBlobs blobs;
    private final LogReader reader;
    private final Spool spool;
    private final Sealing sealing;
    private final Set<SegmentWriter> writers = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor shippers;
    private final ScheduledFuture<?> ageCheck;
    private final Outage puts = new Outage();
    private final Outage looks = new Outage();
    private final LongAdder segments = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile boolean closed;

    /**
     * Opens a log store with the defaults.
     *
     * @param store where the blobs go
     */
    public SegmentedLogs(BlobStore store) {
        this(store, LogStoreConfig.builder().build());
    }

    /**
     * Opens a log store.
     *
     * @param store where the blobs go
     * @param config how it works
     * @throws ResultsException {@code UNAVAILABLE} when the spool directory cannot be used
     */
    public SegmentedLogs(BlobStore store, LogStoreConfig config) {
        this.config = Objects.requireNonNull(config, "config");
        blobs = new LogBlobs(Objects.requireNonNull(store, "store"));
        reader = new LogReader(blobs);
        spool = new Spool(config.spoolDirectory(), config.spoolBytes(), config.clock());
        sealing = new Sealing(blobs, reader, spool);
        shippers = new ThreadPoolExecutor(
                SHIPPERS,
                SHIPPERS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Threads.named("log-shipper"),
                new ThreadPoolExecutor.DiscardPolicy());
        shippers.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(1, Threads.named("log-timer"));
        long tick = Math.min(500, Math.max(10, config.segmentAge().toMillis() / 10));
        // Only an execution that throws would end the repetition, and shipDue does not.
        ageCheck = timer.scheduleWithFixedDelay(this::shipDue, tick, tick, TimeUnit.MILLISECONDS);
    }

    @Override
    public LogWriter open(ContainerLogId id) {
        Objects.requireNonNull(id, "id");
        if (closed) {
            throw new IllegalStateException("the log store is closed");
        }
        Found found = lookOrBegin(id);
        if (found.manifest() != null) {
            sealing.removeSegments(id, found.manifest());
            return new SealedLogWriter(blobs, found.manifest().info());
        }
        if (found.isEnding()) {
            return new SealedLogWriter(blobs, sealing.finish(id).info());
        }
        SegmentWriter writer = new SegmentWriter(this, id, found.tail());
        writers.add(writer);
        return writer;
    }

    /**
     * A container that starts while the blob store is away does not wait for it: its log begins in the spool, as if nothing were stored.
     * Where something is stored all the same, the first put finds the key taken and the writer is told {@code CONFLICT}.
     */
    private Found lookOrBegin(ContainerLogId id) {
        try {
            Found found = reader.look(id);
            looks.succeeded();
            return found;
        } catch (ResultsException e) {
            if (e.isRetryable()) {
                // The log that begins will be put: that ends the outage, also where no other log is opened any more.
                notStored(e);
            } else {
                failures.increment();
                looks.failed(e, now());
            }
            if (!e.isRetryable() && e.code() != ResultsException.Code.DENIED) {
                throw e;
            }
            LOG.info(
                    "{}: begins in the spool, because the blob store does not tell what it has: {}",
                    id,
                    e.getMessage());
            return Found.nothing();
        }
    }

    @Override
    public Optional<LogInfo> find(ContainerLogId id) {
        Found found = reader.look(Objects.requireNonNull(id, "id"));
        return found.isEmpty() ? Optional.empty() : Optional.of(found.info(id));
    }

    @Override
    public List<LogInfo> list(String namespace, String taskRunUid) {
        String prefix = namespace + "/" + taskRunUid + "/";
        // Checks both parts.
        int depth = new ContainerLogId(namespace, taskRunUid, "pod", "container", 0)
                .path()
                .split("/")
                .length;
        TreeSet<String> paths = new TreeSet<>();
        blobs.forEach(prefix, blob -> {
            int end = blob.key().lastIndexOf('/');
            if (blob.key().split("/").length == depth + 1) {
                paths.add(blob.key().substring(0, end));
            }
        });
        List<LogInfo> logs = new ArrayList<>();
        for (String path : paths) {
            find(ContainerLogId.parse(path)).ifPresent(logs::add);
        }
        return logs;
    }

    @Override
    public LogSpan locate(ContainerLogId id, LogSelection lines) {
        Objects.requireNonNull(lines, "lines");
        return reader.locate(Objects.requireNonNull(id, "id"), lines);
    }

    @Override
    public LogLines lines(ContainerLogId id, long offset) {
        if (offset < 0) {
            throw ResultsException.invalid("the offset " + offset + " in the log " + id + " is negative");
        }
        return reader.lines(id, offset);
    }

    @Override
    public InputStream openGzip(ContainerLogId id) {
        Manifest manifest = found(id).manifest();
        return manifest == null
                ? new GzipInput(read(id, 0, Long.MAX_VALUE))
                : blobs.store().get(LogBlobs.textKey(id, manifest.text().sha256()));
    }

    /**
     * {@inheritDoc}
     *
     * <p>Only a blob store that is {@link BlobLinks} too makes links.
     */
    @Override
    public Optional<URI> link(ContainerLogId id, Duration validFor) {
        Objects.requireNonNull(validFor, "validFor");
        Manifest manifest = found(id).manifest();
        return manifest != null && blobs.store() instanceof BlobLinks links
                ? Optional.of(links.link(LogBlobs.textKey(id, manifest.text().sha256()), validFor))
                : Optional.empty();
    }

    @Override
    public void hasten(ContainerLogId id) {
        Objects.requireNonNull(id, "id");
        for (SegmentWriter writer : writers) {
            if (writer.id().equals(id)) {
                writer.hurry();
            }
        }
    }

    private Found found(ContainerLogId id) {
        Found found = reader.look(Objects.requireNonNull(id, "id"));
        if (found.isEmpty()) {
            throw ResultsException.notFound(id);
        }
        return found;
    }

    @Override
    public InputStream read(ContainerLogId id, long offset, long length) {
        if (offset < 0 || length < 0) {
            throw ResultsException.invalid("the range of " + length + " bytes from byte " + offset + " of the log " + id
                    + " is malformed: neither may be negative");
        }
        LogInfo info = find(id).orElseThrow(() -> ResultsException.notFound(id));
        long bytes = info.extent().bytes();
        long from = Math.min(offset, bytes);
        return new LogText(reader, id, from, from + Math.min(length, bytes - from));
    }

    /**
     * Removes the segments of sealed logs that a process left behind which died right after sealing. Opening such a log to write does the
     * same for one log; this goes through all of a namespace, in lists of 1,000 blobs. To be called now and then, by one process.
     *
     * @param namespace the namespace
     * @return how many logs had something left behind
     * @throws ResultsException as the blob store throws it
     */
    public int removeOrphans(String namespace) {
        // Checks the name.
        ContainerLogId any = new ContainerLogId(namespace, "uid", "pod", "container", 0);
        return sealing.removeOrphans(any.namespace() + "/");
    }

    @Override
    public LogVolume measure(RecordName taskRun, String uid) {
        return LogRemoval.measure(blobs.store(), prefix(taskRun, uid));
    }

    /**
     * {@inheritDoc}
     *
     * <p>The manifests of sealed logs go last. A log that somebody still writes, in whatever process, begins anew behind this.
     */
    @Override
    public LogVolume delete(RecordName taskRun, String uid) {
        return LogRemoval.delete(blobs.store(), prefix(taskRun, uid));
    }

    /** By way of an id, which checks the parts. */
    private static String prefix(RecordName taskRun, String uid) {
        ContainerLogId any = new ContainerLogId(taskRun.parent(), uid, "pod", "container", 0);
        return any.namespace() + "/" + any.taskRunUid() + "/";
    }

    /**
     * Closes every writer, which stores what waits in the spool as far as that works now, and stops the threads. Closing twice is
     * harmless.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        ageCheck.cancel(false);
        timer.shutdown();
        for (SegmentWriter writer : List.copyOf(writers)) {
            writer.close();
        }
        shippers.shutdown();
        spool.close();
    }

    LogStoreConfig config() {
        return config;
    }

    LogBlobs blobs() {
        return blobs;
    }

    LogReader reader() {
        return reader;
    }

    Spool spool() {
        return spool;
    }

    Sealing sealing() {
        return sealing;
    }

    Instant now() {
        return config.clock().instant();
    }

    void forget(SegmentWriter writer) {
        writers.remove(writer);
    }

    /**
     * How things stand: whether logs are stored, and since when not.
     *
     * @return the state of this moment
     */
    public LogStoreStats stats() {
        Optional<Outage.Failure> longest = Stream.concat(
                        Stream.of(puts, looks, spool.outage()), writers.stream().map(SegmentWriter::outage))
                .flatMap(outage -> outage.failure().stream())
                .min(Comparator.comparing(Outage.Failure::since));
        return new LogStoreStats(
                writers.size(),
                spool.used(),
                spool.bound(),
                segments.sum(),
                failures.sum() + spool.failures(),
                longest.map(Outage.Failure::since).orElse(null),
                longest.map(Outage.Failure::error).orElse(null));
    }

    void countSegment() {
        segments.increment();
    }

    void stored() {
        puts.succeeded();
    }

    void notStored(ResultsException e) {
        failures.increment();
        puts.failed(e, now());
    }

    /** Gets room in the spool, if need be by having everything shipped that waits there. */
    void reserve(long bytes) {
        if (bytes > spool.bound()) {
            throw ResultsException.invalid("the spool of " + spool.bound() + " bytes never has room for " + bytes
                    + " at once: append smaller pieces or configure a larger one");
        }
        if (spool.tryReserve(bytes)) {
            return;
        }
        writers.forEach(SegmentWriter::hurry);
        if (!spool.tryReserve(bytes, puts.isOver() ? SPACE_WAIT_NANOS : 0)) {
            throw spool.full(bytes);
        }
    }

    void pack(Runnable task) {
        shippers.execute(task);
    }

    void ship(SegmentWriter writer) {
        if (writer.enqueue()) {
            shippers.execute(writer::shipInBackground);
        }
    }

    private void shipDue() {
        Instant now = now();
        for (SegmentWriter writer : writers) {
            if (writer.isDue(now)) {
                ship(writer);
            }
        }
    }
}
