package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogInfo.Extent;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.logs.SegmentHeader.Kind;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.RedactedLog;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one live log. The caller's thread appends to the segment that grows in the spool; a segment that is full or old is cut off and
 * shipped, one at a time and in order, by a thread of {@link SegmentedLogs} or by the caller who flushes. While one is on its way the next
 * grows to twice its size, and then waits for its turn: whoever reads a few lines later reads the whole index of a segment.
 */
final class SegmentWriter implements LogWriter, RedactedLog {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentWriter.class);
    /** Each segment that waits has buffers: tiny ones are not worth them. */
    private static final long SMALLEST_CUT = 1 << 20;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final SegmentedLogs logs;
    private final ContainerLogId id;
    private final UUID writer = UUID.randomUUID();
    private final AtomicBoolean queued = new AtomicBoolean();
    private final long largest;

    /** Held while a segment is shipped; taken before {@link #lock}. */
    private final ReentrantLock shipping = new ReentrantLock();

    private @Nullable Shipment shipment;

    /** Guards everything below. */
    private final ReentrantLock lock = new ReentrantLock();

    private final LineTracker lines;
    private final Defects defects;
    private long position;
    private final ArrayDeque<Shipment> full = new ArrayDeque<>();
    private @Nullable GrowingSegment growing;
    private boolean newDefects;
    private @Nullable String redactedBy;
    private long notes;
    private final Outage outage = new Outage();
    private boolean urgent;
    private Instant defectSince = Instant.MAX;
    private Instant notBefore = Instant.MIN;
    private Duration pause = FIRST_PAUSE;

    /** Written under the lock; the caller's thread, which looks at them for each line, reads them without. */
    private volatile boolean ending;

    private volatile boolean closed;
    private volatile @Nullable ResultsException fenced;
    private volatile @Nullable LogInfo sealed;

    SegmentWriter(SegmentedLogs logs, ContainerLogId id, LogTail tail) {
        this.logs = logs;
        this.id = id;
        this.lines = new LineTracker(tail);
        this.defects = new Defects(tail.defects());
        this.position = tail.extent().bytes();
        this.redactedBy = tail.redactedBy();
        this.largest = Math.max(SMALLEST_CUT, 2L * logs.config().segmentBytes());
    }

    @Override
    public LogInfo info() {
        lock.lock();
        try {
            return sealed != null ? sealed : new LogInfo(id, LogState.LIVE, extent(), defects.list(), redactedBy);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<LineMark> lastLines() {
        lock.lock();
        try {
            return List.copyOf(lines.marks());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void beginLine(Instant time) {
        Objects.requireNonNull(time, "time");
        requireWritable();
        // What was begun has no byte yet and is the caller's business alone.
        lines.begin(time);
    }

    @Override
    public void append(byte[] buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return;
        }
        long room = (long) length + (rereadLastLine() ? GrowingSegment.MAX_LINE_ENTRY : 0);
        logs.reserve(room);
        boolean full;
        lock.lock();
        try {
            full = take(buffer, offset, length, room);
        } finally {
            lock.unlock();
        }
        if (full) {
            logs.ship(this);
        }
    }

    private boolean take(byte[] buffer, int offset, int length, long room) {
        boolean taken = false;
        try {
            requireWritable();
            GrowingSegment segment = growing;
            if (segment == null) {
                segment = new GrowingSegment(logs.spool(), position, logs.now());
                growing = segment;
            }
            segment.append(buffer, offset, length, lines.newLine());
            segment.reserved(room);
            taken = true;
            lines.append(buffer, offset, length, position);
            position += length;
            if (segment.size() >= largest) {
                Shipment waiting = cutOff(segment);
                full.add(waiting);
                // Packing takes longer than reading: what waits for its turn is packed meanwhile.
                logs.pack(() -> pack(waiting));
            }
            return segment.size() >= logs.config().segmentBytes() && !logs.now().isBefore(notBefore);
        } catch (IOException e) {
            throw spoolFailed(e);
        } finally {
            if (!taken) {
                logs.spool().release(room);
            }
        }
    }

    /**
     * A line that another writer began goes on: its mark needs a digest over its first bytes too.
     *
     * @return whether the next byte begins a line
     */
    private boolean rereadLastLine() {
        requireWritable();
        LineMark mark = lines.unread();
        if (mark == null) {
            return lines.newLine() != null;
        }
        long start = lines.lineStart();
        MessageDigest digest = lines.digest();
        digest.reset();
        try (InputStream text = new LogText(logs.reader(), id, start, start + mark.length())) {
            byte[] buffer = new byte[8192];
            for (int n = text.read(buffer); n >= 0; n = text.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (IOException e) {
            throw new ResultsException(
                    Code.UNAVAILABLE, "the last line of the log " + id + " could not be read; call again", e);
        }
        lock.lock();
        try {
            lines.reread(mark, digest);
        } finally {
            lock.unlock();
        }
        return false;
    }

    @Override
    public void defect(LogDefect.Reason reason, String detail) {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
        lock.lock();
        try {
            requireWritable();
            if (defects.add(reason, position, detail) && !newDefects) {
                newDefects = true;
                defectSince = logs.now();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void redactedBy(String redaction) {
        String checked = RedactedLog.requireName(redaction);
        lock.lock();
        try {
            requireWritable();
            redactedBy = checked;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void flush() {
        shipping.lock();
        try {
            if (sealed != null) {
                return;
            }
            requireNotStopped();
            while (shipNext()) {
                LOG.trace("Shipped a segment of {}", id);
            }
        } finally {
            shipping.unlock();
        }
    }

    @Override
    public LogInfo seal() {
        shipping.lock();
        try {
            LogInfo done = sealed;
            if (done != null) {
                return done;
            }
            requireNotStopped();
            while (shipNext()) {
                LOG.trace("Shipped a segment of {}", id);
            }
            LogInfo info = sealNow();
            lock.lock();
            try {
                sealed = info;
            } finally {
                lock.unlock();
            }
            logs.forget(this);
            return info;
        } finally {
            shipping.unlock();
        }
    }

    private LogInfo sealNow() {
        try {
            end();
            LogInfo info = logs.sealing().finish(id).info();
            succeeded();
            return info;
        } catch (ResultsException e) {
            if (e.code() != Code.CONFLICT) {
                failed(e);
            }
            throw e;
        }
    }

    private void end() {
        LogTail tail;
        lock.lock();
        try {
            ending = true;
            tail = tail();
        } finally {
            lock.unlock();
        }
        long end = tail.extent().bytes();
        GrowingSegment nothing = new GrowingSegment(logs.spool(), end, logs.now());
        Shipment fence = new Shipment(Kind.END, LogBlobs.segmentKey(id, end), nothing, tail);
        try {
            put(fence);
        } catch (ResultsException e) {
            if (e.code() == Code.CONFLICT) {
                stop(e);
            }
            throw e;
        } finally {
            discard(fence);
        }
    }

    /**
     * Ships what waits, or cuts off what grows and ships that.
     *
     * @return whether there was anything
     */
    private boolean shipNext() {
        Shipment next = shipment;
        if (next == null) {
            next = cut();
            shipment = next;
        }
        if (next == null) {
            return false;
        }
        try {
            put(next);
        } catch (ResultsException e) {
            if (e.code() == Code.CONFLICT) {
                stop(e);
            } else {
                failed(e);
            }
            throw e;
        }
        succeeded();
        logs.countSegment();
        shipment = null;
        discard(next);
        return true;
    }

    /** Cuts off what grows, or what is to be noted without text. */
    private @Nullable Shipment cut() {
        lock.lock();
        try {
            Shipment waiting = full.poll();
            if (waiting != null) {
                return waiting;
            }
            GrowingSegment segment = growing;
            if (segment != null) {
                return cutOff(segment);
            }
            if (!newDefects) {
                return null;
            }
            newDefects = false;
            GrowingSegment nothing = new GrowingSegment(logs.spool(), position, logs.now());
            return new Shipment(Kind.NOTE, LogBlobs.noteKey(id, position, writer, notes++), nothing, tail());
        } finally {
            lock.unlock();
        }
    }

    private Shipment cutOff(GrowingSegment segment) {
        growing = null;
        newDefects = false;
        urgent = false;
        return new Shipment(Kind.TEXT, LogBlobs.segmentKey(id, segment.offset()), segment, tail());
    }

    private void put(Shipment segment) {
        EncodedSegment encoded = encode(segment);
        LogBlobs blobs = logs.blobs();
        Put put = blobs.store().putIfAbsent(segment.key, encoded);
        if (put == Put.EXISTS && !isStored(segment.key, encoded.header())) {
            throw conflict("another writer has stored the bytes from "
                    + encoded.header().offset() + " on");
        }
        Optional<Manifest> manifest = blobs.findManifest(id);
        if (manifest.isPresent() && !isOwnEnd(manifest.get(), encoded.header())) {
            if (put == Put.CREATED) {
                // Sealed and cleaned up before: nobody will ever read it.
                blobs.store().delete(segment.key);
            }
            throw conflict("another writer has sealed it");
        }
        if (segment.kind == Kind.NOTE
                && blobs.store()
                        .find(LogBlobs.segmentKey(id, encoded.header().offset()))
                        .isPresent()) {
            throw conflict("another writer has stored the bytes from "
                    + encoded.header().offset() + " on");
        }
    }

    /** Whether a key is taken because an attempt before took effect although it failed. */
    private boolean isStored(String key, SegmentHeader header) {
        try {
            return logs.blobs().header(key).equals(header);
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                // It was there a moment ago: removed, because the log is sealed.
                return false;
            }
            throw e;
        }
    }

    private boolean isOwnEnd(Manifest manifest, SegmentHeader header) {
        return header.kind() == Kind.END
                && header.offset() == manifest.info().extent().bytes()
                && manifest.writer().equals(writer.toString());
    }

    private void pack(Shipment segment) {
        segment.packing.lock();
        try {
            if (!segment.discarded) {
                EncodedSegment unused = encode(segment);
            }
        } catch (ResultsException e) {
            // Whoever ships it tries again, and says so.
            LOG.trace("Packing a segment of {} failed", id, e);
        } finally {
            segment.packing.unlock();
        }
    }

    private EncodedSegment encode(Shipment segment) {
        segment.packing.lock();
        try {
            return encodeLocked(segment);
        } finally {
            segment.packing.unlock();
        }
    }

    private EncodedSegment encodeLocked(Shipment segment) {
        EncodedSegment encoded = segment.encoded;
        if (encoded == null) {
            try {
                encoded = EncodedSegment.of(segment.kind, writer, segment.grown, segment.tail, logs.spool());
                segment.encoded = encoded;
            } catch (IOException e) {
                throw spoolFailed(e);
            }
        }
        return encoded;
    }

    /** Whether a thread of the log store should ship something now. */
    boolean isDue(Instant now) {
        lock.lock();
        try {
            if (closed || ending || fenced != null || now.isBefore(notBefore)) {
                return false;
            }
            if (!full.isEmpty()) {
                return true;
            }
            GrowingSegment segment = growing;
            if (segment == null) {
                return !outage.isOver()
                        || (newDefects
                                && !now.isBefore(defectSince.plus(logs.config().segmentAge())));
            }
            return !outage.isOver()
                    || urgent
                    || segment.size() >= logs.config().segmentBytes()
                    || !now.isBefore(segment.since().plus(logs.config().segmentAge()));
        } finally {
            lock.unlock();
        }
    }

    ContainerLogId id() {
        return id;
    }

    /** Since when this log is not stored. */
    Outage outage() {
        return outage;
    }

    /** Ships whatever there is, because others need the room or somebody wants to read it. */
    void hurry() {
        lock.lock();
        try {
            urgent = growing != null;
        } finally {
            lock.unlock();
        }
        logs.ship(this);
    }

    /** Takes the right to be queued; it comes back at the end of {@link #shipInBackground}. */
    boolean enqueue() {
        return queued.compareAndSet(false, true);
    }

    void shipInBackground() {
        LogFields.of(id).run(this::shipAll);
    }

    private void shipAll() {
        try {
            while (isDue(logs.now()) && shipping.tryLock()) {
                try {
                    if (isDue(logs.now())) {
                        shipNext();
                    }
                } finally {
                    shipping.unlock();
                }
            }
        } catch (ResultsException e) {
            LOG.trace("Shipping a segment of {} failed", id, e);
        } catch (RuntimeException e) {
            LOG.error("Shipping a segment of {} failed unexpectedly; it is tried again", id, e);
            failed(new ResultsException(Code.INTERNAL, "shipping a segment of " + id + " failed", e));
        } finally {
            queued.set(false);
        }
    }

    private void failed(ResultsException e) {
        lock.lock();
        try {
            if (outage.isOver()) {
                LogFields.of(id)
                        .run(() -> LOG.warn(
                                "The log {} cannot be stored for now; it waits in the spool: {}", id, e.getMessage()));
            }
            outage.failed(e, logs.now());
            notBefore = logs.now().plus(pause);
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
        } finally {
            lock.unlock();
        }
        logs.notStored(e);
    }

    private void succeeded() {
        lock.lock();
        try {
            if (!outage.isOver()) {
                LOG.info("The log {} is being stored again", id);
            }
            outage.succeeded();
            notBefore = Instant.MIN;
            pause = FIRST_PAUSE;
        } finally {
            lock.unlock();
        }
        logs.stored();
    }

    /** Another writer has the log: what waits here is that one's business now. */
    private void stop(ResultsException conflict) {
        lock.lock();
        try {
            fenced = conflict;
        } finally {
            lock.unlock();
        }
        discardRest();
        Shipment waiting = shipment;
        shipment = null;
        if (waiting != null) {
            discard(waiting);
        }
        logs.forget(this);
    }

    @Override
    public void close() {
        shipping.lock();
        try {
            if (closed) {
                return;
            }
            try {
                while (canShip() && shipNext()) {
                    LOG.trace("Shipped a segment of {}", id);
                }
            } catch (ResultsException e) {
                LogFields.of(id)
                        .run(() -> LOG.warn(
                                "The end of the log {} was not stored when its writer was closed: {}",
                                id,
                                e.getMessage()));
            }
            lock.lock();
            try {
                closed = true;
            } finally {
                lock.unlock();
            }
            discardRest();
            if (shipment != null) {
                discard(shipment);
                shipment = null;
            }
            logs.forget(this);
        } finally {
            shipping.unlock();
        }
    }

    private boolean canShip() {
        return fenced == null && sealed == null;
    }

    private void requireNotStopped() {
        if (closed) {
            throw new IllegalStateException("the writer of the log " + id + " is closed");
        }
        ResultsException conflict = fenced;
        if (conflict != null) {
            throw new ResultsException(
                    Code.CONFLICT, Objects.requireNonNullElse(conflict.getMessage(), "fenced"), conflict);
        }
    }

    private void requireWritable() {
        requireNotStopped();
        if (sealed != null) {
            throw conflict("it is sealed");
        }
        if (ending) {
            throw new IllegalStateException("sealing the log " + id + " has begun: only seal() may be called again");
        }
    }

    private Extent extent() {
        return new Extent(position, lines.lines(), lines.first(), lines.last());
    }

    private LogTail tail() {
        return new LogTail(extent(), lines.lineStart(), lines.marks(), defects.list(), redactedBy);
    }

    private ResultsException conflict(String what) {
        return new ResultsException(
                Code.CONFLICT, "the log " + id + " belongs to another writer: " + what + "; stop writing it");
    }

    private ResultsException spoolFailed(IOException e) {
        return new ResultsException(
                Code.UNAVAILABLE,
                "the spool of the log " + id + " cannot be used: " + Escaped.of(e.toString())
                        + "; nothing was taken, make room and call again",
                e);
    }

    /** What was not cut off, or not shipped since. */
    private void discardRest() {
        List<Shipment> waiting;
        GrowingSegment rest;
        lock.lock();
        try {
            waiting = List.copyOf(full);
            full.clear();
            rest = growing;
            growing = null;
        } finally {
            lock.unlock();
        }
        waiting.forEach(this::discard);
        if (rest != null) {
            discard(rest);
        }
    }

    private void discard(Shipment segment) {
        segment.packing.lock();
        try {
            segment.discarded = true;
            EncodedSegment encoded = segment.encoded;
            if (encoded != null) {
                encoded.discard();
            }
        } catch (IOException e) {
            LOG.warn("A spool file of the log {} could not be removed", id, e);
        } finally {
            segment.packing.unlock();
        }
        discard(segment.grown);
    }

    private void discard(GrowingSegment segment) {
        try {
            segment.discard();
        } catch (IOException e) {
            LOG.warn("A spool file of the log {} could not be removed", id, e);
        } finally {
            logs.spool().release(segment.reserved());
        }
    }

    /** A segment that is cut off. */
    private static final class Shipment {

        private final Kind kind;
        private final String key;
        private final GrowingSegment grown;
        private final LogTail tail;
        /** Guards what follows. */
        private final ReentrantLock packing = new ReentrantLock();
        /** Kept for the next attempt: the same bytes, so that an attempt that took effect is recognised. */
        private @Nullable EncodedSegment encoded;

        private boolean discarded;

        Shipment(Kind kind, String key, GrowingSegment grown, LogTail tail) {
            this.kind = kind;
            this.key = key;
            this.grown = grown;
            this.tail = tail;
        }
    }
}
