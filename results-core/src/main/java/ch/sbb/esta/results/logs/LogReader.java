package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.LogBlobs.Listing;
import ch.sbb.esta.results.logs.SegmentHeader.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds what is stored of a log, also while somebody seals it. Thread-safe. */
final class LogReader {

    private static final int ATTEMPTS = 8;

    private final LogBlobs blobs;

    LogReader(LogBlobs blobs) {
        this.blobs = blobs;
    }

    /**
     * What is stored of a log.
     *
     * @param manifest of a sealed log
     * @param last the header of the last segment of a live one, when it has any
     * @param listing the blobs of a live one
     * @param tail what is known at the end of a live one
     */
    record Found(@Nullable Manifest manifest, @Nullable SegmentHeader last, Listing listing, LogTail tail) {

        static Found nothing() {
            return new Found(null, null, new Listing(), LogTail.EMPTY);
        }

        boolean isEmpty() {
            return manifest == null && listing.isEmpty();
        }

        /** Whether the fence is there, but not what comes behind it. */
        boolean isEnding() {
            return last != null && last.kind() == Kind.END;
        }

        LogInfo info(ContainerLogId id) {
            return manifest != null
                    ? manifest.info()
                    : new LogInfo(id, LogState.LIVE, tail.extent(), tail.defects(), tail.redactedBy());
        }
    }

    Found look(ContainerLogId id) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Optional<Manifest> manifest = blobs.findManifest(id);
            if (manifest.isPresent()) {
                return new Found(manifest.get(), null, new Listing(), LogTail.EMPTY);
            }
            Listing listing = blobs.list(id);
            if (!listing.hasManifest()) {
                try {
                    return live(id, listing);
                } catch (ResultsException e) {
                    // A segment that was listed is gone when the log was sealed meanwhile.
                    if (e.code() != Code.NOT_FOUND) {
                        throw e;
                    }
                }
            }
        }
        throw new ResultsException(
                Code.INTERNAL, "segments of the log " + id + " vanish without a manifest: somebody else deletes them");
    }

    private Found live(ContainerLogId id, Listing listing) {
        SegmentHeader last = null;
        LogTail tail = LogTail.EMPTY;
        if (!listing.segments().isEmpty()) {
            long offset = listing.segments().get(listing.segments().size() - 1);
            String key = LogBlobs.segmentKey(id, offset);
            last = blobs.header(key);
            tail = blobs.index(key, last).tail();
            if (last.offset() != offset || tail.extent().bytes() != last.end()) {
                throw GzipMember.corrupt("the segment " + key + " is about another place of the log");
            }
        }
        List<String> notes = listing.notesAt(tail.extent().bytes());
        if (!notes.isEmpty() && (last == null || last.kind() != Kind.END)) {
            tail = withNotes(id, tail, notes);
        }
        return new Found(null, last, listing, tail);
    }

    private LogTail withNotes(ContainerLogId id, LogTail tail, List<String> notes) {
        Defects defects = new Defects(tail.defects());
        for (String name : notes) {
            String key = id.path() + "/" + name;
            for (LogDefect defect : blobs.index(key, blobs.header(key)).tail().defects()) {
                defects.add(defect.reason(), defect.offset(), defect.detail());
            }
        }
        return new LogTail(tail.extent(), tail.lineStart(), tail.marks(), defects.list(), tail.redactedBy());
    }

    /** The segments of a log, which may be sealed meanwhile. */
    StoredRow row(ContainerLogId id) {
        return StoredRow.of(blobs, id, look(id));
    }

    /** Goes through the lines from a place on. */
    StoredLines lines(ContainerLogId id, long from) {
        return whileSealed(
                id,
                found -> new StoredLines(
                        this,
                        id,
                        StoredRow.of(blobs, id, found),
                        from,
                        found.info(id).extent().bytes()));
    }

    LogSpan locate(ContainerLogId id, LogSelection selection) {
        return whileSealed(id, found -> {
            try {
                return new LineSearch(
                                StoredRow.of(blobs, id, found), found.info(id).extent())
                        .find(selection);
            } catch (IOException e) {
                throw new ResultsException(Code.UNAVAILABLE, "the lines of the log " + id + " could not be read", e);
            }
        });
    }

    /** Looks again when the segments vanish because the log is sealed meanwhile. */
    private <T> T whileSealed(ContainerLogId id, Function<Found, T> read) {
        for (int attempt = 1; ; attempt++) {
            Found found = look(id);
            if (found.isEmpty()) {
                throw ResultsException.notFound(id);
            }
            try {
                return read.apply(found);
            } catch (ResultsException e) {
                if (e.code() != Code.NOT_FOUND || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Opens the gzip members of a log from the one on that holds a place, as many as end before or hold another place. */
    InputStream openMembers(ContainerLogId id, long from, long to) {
        return whileSealed(
                id,
                found -> found.manifest() != null
                        ? openSealed(id, found.manifest(), from, to)
                        : openSegment(id, found.listing(), from, to));
    }

    private InputStream openSealed(ContainerLogId id, Manifest manifest, long from, long to) {
        String key = LogBlobs.textKey(id, manifest.text().sha256());
        if (from == 0 && to >= manifest.info().extent().bytes()) {
            return blobs.store().get(key);
        }
        SealedDirectory directory = SealedDirectory.read(blobs, id, manifest);
        long first = directory.memberStart(from);
        return blobs.store().getRange(key, first, directory.memberEnd(to) - first);
    }

    private InputStream openSegment(ContainerLogId id, Listing listing, long from, long to) {
        long offset = -1;
        for (long each : listing.segments()) {
            if (each <= from) {
                offset = each;
            }
        }
        if (offset < 0) {
            throw GzipMember.corrupt("no segment of the log " + id + " holds byte " + from);
        }
        String key = LogBlobs.segmentKey(id, offset);
        SegmentHeader header = blobs.header(key);
        long start = 0;
        long end = header.bodyBytes();
        if (from > header.offset() || to < header.end()) {
            SegmentIndex index = blobs.index(key, header);
            start = index.memberStart(from - header.offset());
            end = index.memberEnd(to - header.offset());
        }
        return blobs.store().getRange(key, SegmentHeader.BYTES + start, end - start);
    }
}
