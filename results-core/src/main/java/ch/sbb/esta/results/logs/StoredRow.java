package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.logs.LogReader.Found;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a log in their order, whether they still are blobs of their own or were joined, with their indexes. Of a live log the
 * headers are read when they are asked for. Not thread-safe.
 */
final class StoredRow {

    private final LogBlobs blobs;
    private final List<Piece> pieces;

    private StoredRow(LogBlobs blobs, List<Piece> pieces) {
        this.blobs = blobs;
        this.pieces = pieces;
    }

    static StoredRow of(LogBlobs blobs, ContainerLogId id, Found found) {
        List<Piece> pieces = new ArrayList<>();
        if (found.manifest() != null) {
            SealedDirectory directory = SealedDirectory.read(blobs, id, found.manifest());
            long index = 0;
            for (SegmentHeader segment : directory.segments()) {
                pieces.add(new Piece(directory.indexKey(), index, segment.offset(), segment));
                index += segment.indexBytes();
            }
        } else {
            for (long offset : found.listing().segments()) {
                pieces.add(new Piece(LogBlobs.segmentKey(id, offset), -1, offset, null));
            }
        }
        // The END segment and the directory's entry of it have no text.
        return new StoredRow(blobs, pieces);
    }

    int size() {
        return pieces.size();
    }

    long offset(int i) {
        return pieces.get(i).offset;
    }

    /** How many lines of the log begin before the end of a segment. */
    long linesUpTo(int i) {
        return i < 0 ? 0 : header(i).lines();
    }

    LogTail tail(int i) {
        Piece piece = pieces.get(i);
        SegmentHeader header = header(i);
        return piece.indexOffset < 0
                ? blobs.index(piece.key, header).tail()
                : blobs.index(piece.key, piece.indexOffset, header.indexBytes(), header.indexSha())
                        .tail();
    }

    IndexedLines lines(int i) throws IOException {
        Piece piece = pieces.get(i);
        SegmentHeader header = header(i);
        long at = piece.indexOffset < 0 ? header.indexOffset() : piece.indexOffset;
        return new IndexedLines(blobs.checked(piece.key, at, header.indexBytes(), header.indexSha()), header.offset());
    }

    /** The segment that holds a place, or the last one before it. */
    int at(long place) {
        int low = 0;
        int high = pieces.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (offset(middle) <= place) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private SegmentHeader header(int i) {
        Piece piece = pieces.get(i);
        SegmentHeader header = piece.header;
        if (header == null) {
            header = blobs.header(piece.key);
            piece.header = header;
        }
        return header;
    }

    private static final class Piece {

        private final String key;
        /** In the object with all indexes; negative for a segment that has its own. */
        private final long indexOffset;

        private final long offset;
        private @Nullable SegmentHeader header;

        Piece(String key, long indexOffset, long offset, @Nullable SegmentHeader header) {
            this.key = key;
            this.indexOffset = indexOffset;
            this.offset = offset;
            this.header = header;
        }
    }
}
