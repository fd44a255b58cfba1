package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of a sealed log's index: for each segment that was joined its bytes of text, the lines of the log up to its end, the bytes of
 * its members with text and of those with its index as {@link Varint}s, and the SHA-256 of the latter. Texts and indexes lie in the same
 * order without anything between them. Not thread-safe.
 */
final class SealedDirectory {

    private final LogBlobs blobs;
    private final String indexKey;
    private final List<SegmentHeader> segments;

    /** Beginning and end of what is wanted often lie in the same segment. */
    private @Nullable SegmentIndex last;

    private long lastOffset;

    private SealedDirectory(LogBlobs blobs, String indexKey, List<SegmentHeader> segments) {
        this.blobs = blobs;
        this.indexKey = indexKey;
        this.segments = segments;
    }

    static void write(ByteArrayOutputStream out, SegmentHeader segment) {
        byte[] number = new byte[Varint.MAX_BYTES];
        out.write(number, 0, Varint.put(number, 0, segment.textBytes()));
        out.write(number, 0, Varint.put(number, 0, segment.lines()));
        out.write(number, 0, Varint.put(number, 0, segment.bodyBytes()));
        out.write(number, 0, Varint.put(number, 0, segment.indexBytes()));
        out.writeBytes(HexFormat.of().parseHex(segment.indexSha()));
    }

    static SealedDirectory read(LogBlobs blobs, ContainerLogId id, Manifest manifest) {
        String key = LogBlobs.indexKey(id, manifest.index().sha256());
        long offset = manifest.directory().offset();
        byte[] bytes = blobs.bytes(key, offset, manifest.index().bytes() - offset);
        if (!Sha256.hexOf(bytes).equals(manifest.directory().sha256())) {
            throw GzipMember.corrupt("the directory in the blob " + key + " does not fit its checksum");
        }
        List<SegmentHeader> segments = new ArrayList<>();
        try (InputStream in = new ByteArrayInputStream(bytes)) {
            long place = 0;
            while (in.available() > 0) {
                SegmentHeader segment = entry(in, place);
                place = segment.end();
                segments.add(segment);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the directory in the blob " + key + " is cut", e);
        }
        return new SealedDirectory(blobs, key, segments);
    }

    private static SegmentHeader entry(InputStream in, long place) throws IOException {
        long text = Varint.get(in);
        long lines = Varint.get(in);
        long body = Varint.get(in);
        long index = Varint.get(in);
        String sha = Sha256.hex(GzipMember.exactly(in, 32));
        // Who wrote it and the checksum of the text stand in the members themselves.
        return new SegmentHeader(
                SegmentHeader.Kind.TEXT, new java.util.UUID(0, 0), place, text, lines, body, index, "", sha);
    }

    List<SegmentHeader> segments() {
        return segments;
    }

    String indexKey() {
        return indexKey;
    }

    /** Where the member begins that holds a byte, in the object with the text. */
    long memberStart(long place) {
        long body = 0;
        long index = 0;
        for (SegmentHeader segment : segments) {
            if (place < segment.end()) {
                long inside = place - segment.offset();
                return inside == 0 ? body : body + index(segment, index).memberStart(inside);
            }
            body += segment.bodyBytes();
            index += segment.indexBytes();
        }
        return body;
    }

    /** Where the member ends that holds the byte before a place. */
    long memberEnd(long place) {
        long body = 0;
        long index = 0;
        for (SegmentHeader segment : segments) {
            if (place < segment.end()) {
                return body + index(segment, index).memberEnd(place - segment.offset());
            }
            body += segment.bodyBytes();
            index += segment.indexBytes();
        }
        return body;
    }

    private SegmentIndex index(SegmentHeader segment, long offset) {
        SegmentIndex known = last;
        if (known == null || lastOffset != offset) {
            known = blobs.index(indexKey, offset, segment.indexBytes(), segment.indexSha());
            last = known;
            lastOffset = offset;
        }
        return known;
    }
}
