package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.LogBlobs.Listing;
import ch.sbb.esta.results.logs.LogReader.Found;
import ch.sbb.esta.results.spi.BlobStore.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What comes behind the END segment: join, manifest, removal of the segments. Everything follows from the segments alone, so several may
 * do it at once, and whoever finds it half done does it again. Thread-safe.
 */
final class Sealing {

    private static final Logger LOG = LoggerFactory.getLogger(Sealing.class);

    private static final int ATTEMPTS = 3;

    private final LogBlobs blobs;
    private final LogReader reader;
    private final Spool spool;

    Sealing(LogBlobs blobs, LogReader reader, Spool spool) {
        this.blobs = blobs;
        this.reader = reader;
        this.spool = spool;
    }

    /** Brings a log whose END segment is there to its manifest. */
    Manifest finish(ContainerLogId id) {
        Manifest manifest = findOrJoin(id);
        removeSegments(id, manifest);
        return manifest;
    }

    private Manifest findOrJoin(ContainerLogId id) {
        for (int attempt = 1; ; attempt++) {
            Found found = reader.look(id);
            if (found.manifest() != null) {
                return found.manifest();
            }
            if (!found.isEnding()) {
                throw new ResultsException(Code.INTERNAL, "the log " + id + " has lost its END segment");
            }
            try {
                return join(id, found);
            } catch (ResultsException e) {
                // Segments vanish when another process was faster: then the manifest is there.
                if (e.code() != Code.NOT_FOUND || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Removes what is left behind of sealed logs below a prefix; says of how many. */
    int removeOrphans(String prefix) {
        Set<String> leftBehind = new LinkedHashSet<>();
        Map<String, Listing> current = new HashMap<>();
        blobs.forEach(prefix, blob -> {
            int slash = blob.key().lastIndexOf('/');
            String path = blob.key().substring(0, slash);
            // Lists go by key: the blobs of one log come together.
            current.keySet().retainAll(Set.of(path));
            Listing listing = current.computeIfAbsent(path, p -> new Listing());
            listing.add(blob.key().substring(slash + 1));
            boolean left = listing.segments().size() > 1 || !listing.notes().isEmpty();
            if (listing.hasManifest() && left) {
                leftBehind.add(path);
            }
        });
        int removed = 0;
        for (String path : leftBehind) {
            ContainerLogId id = ContainerLogId.parse(path);
            Optional<Manifest> manifest = blobs.findManifest(id);
            if (manifest.isPresent()) {
                removeSegments(id, manifest.get());
                removed++;
            }
        }
        return removed;
    }

    /** Removes what a sealed log does not need any more; what fails here is left to the next one who opens the log. */
    void removeSegments(ContainerLogId id, Manifest manifest) {
        try {
            Listing listing = blobs.list(id);
            for (long offset : listing.segments()) {
                if (offset != manifest.info().extent().bytes()) {
                    blobs.store().delete(LogBlobs.segmentKey(id, offset));
                }
            }
            for (String note : listing.notes()) {
                blobs.store().delete(id.path() + "/" + note);
            }
        } catch (ResultsException e) {
            LOG.warn(
                    "Segments of the sealed log {} could not be removed; opening it again tries again: {}",
                    id,
                    e.getMessage());
        }
    }

    private Manifest join(ContainerLogId id, Found found) {
        SegmentHeader end = java.util.Objects.requireNonNull(found.last());
        SpoolFile indexes = spool.newFile(4096);
        Joining joining = new Joining(id, indexes);
        try {
            for (long offset : found.listing().segments()) {
                joining.add(offset);
            }
            Content text = joining.text();
            String textSha = Sha256.hex(joining.textDigest.digest());
            long directoryOffset = indexes.size();
            byte[] directory = joining.directory.toByteArray();
            joining.indexDigest.update(directory);
            String indexSha = Sha256.hex(joining.indexDigest.digest());
            indexes.write(directory, 0, directory.length);
            blobs.store().putIfAbsent(LogBlobs.textKey(id, textSha), text);
            blobs.store().putIfAbsent(LogBlobs.indexKey(id, indexSha), new Spooled(indexes));
            Manifest manifest = new Manifest(
                    new LogInfo(
                            id,
                            LogState.sealed(found.tail().defects()),
                            found.tail().extent(),
                            found.tail().defects(),
                            found.tail().redactedBy()),
                    new Manifest.Stored(textSha, text.length()),
                    new Manifest.Stored(indexSha, indexes.size()),
                    new Manifest.Directory(directoryOffset, Sha256.hexOf(directory)),
                    end.writer().toString());
            blobs.store().putIfAbsent(LogBlobs.manifestKey(id), Content.of(manifest.encode()));
            return blobs.findManifest(id).orElse(manifest);
        } catch (IOException e) {
            throw new ResultsException(
                    Code.UNAVAILABLE, "the segments of the log " + id + " could not be joined; call again", e);
        } finally {
            spool.release(joining.reserved);
            discard(indexes);
        }
    }

    private static void discard(SpoolFile file) {
        try {
            file.close();
        } catch (IOException e) {
            LOG.warn("A spool file could not be removed", e);
        }
    }

    /** One pass over the segments: checks them and collects what the sealed objects are made of. */
    private final class Joining {

        private final ContainerLogId id;
        private final SpoolFile indexes;
        private final MessageDigest textDigest = Sha256.digest();
        private final MessageDigest indexDigest = Sha256.digest();
        private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
        private final List<Part> parts = new ArrayList<>();
        private long place;
        private long reserved;

        Joining(ContainerLogId id, SpoolFile indexes) {
            this.id = id;
            this.indexes = indexes;
        }

        void add(long offset) throws IOException {
            String key = LogBlobs.segmentKey(id, offset);
            if (offset != place) {
                throw new ResultsException(
                        Code.UNAVAILABLE,
                        "the segments of the log " + id + " leave out the bytes from " + place + " to " + offset
                                + ": another process is sealing it, call again");
            }
            try (InputStream in = blobs.store().get(key)) {
                SegmentHeader header = SegmentHeader.decode(GzipMember.exactly(in, SegmentHeader.BYTES));
                if (header.offset() != offset) {
                    throw GzipMember.corrupt("the segment " + key + " is about another place of the log");
                }
                copy(in, header.bodyBytes(), header.bodySha(), textDigest, OutputStream.nullOutputStream());
                if (!spool.tryReserve(header.indexBytes())) {
                    throw spool.full(header.indexBytes());
                }
                reserved += header.indexBytes();
                copy(in, header.indexBytes(), header.indexSha(), indexDigest, indexes);
                SealedDirectory.write(directory, header);
                if (header.bodyBytes() > 0) {
                    parts.add(new Part(key, header.bodyBytes()));
                }
                place = header.end();
            }
        }

        private void copy(InputStream in, long bytes, String sha, MessageDigest whole, OutputStream out)
                throws IOException {
            MessageDigest own = Sha256.digest();
            byte[] buffer = new byte[16 * 1024];
            for (long left = bytes; left > 0; ) {
                int n = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (n == 0) {
                    throw new IOException("a segment of the log " + id + " ends " + left + " bytes too early");
                }
                own.update(buffer, 0, n);
                whole.update(buffer, 0, n);
                out.write(buffer, 0, n);
                left -= n;
            }
            if (!Sha256.hex(own.digest()).equals(sha)) {
                throw GzipMember.corrupt("a segment of the log " + id + " before byte " + place
                        + " of its text or behind it does not fit its checksum");
            }
        }

        /** An empty log is an empty gzip member, because gzip programs take an empty file for a broken one. */
        Content text() {
            if (parts.isEmpty()) {
                byte[] empty = GzipMember.empty(new byte[0]);
                textDigest.update(empty);
                return Content.of(empty);
            }
            return new Parts(parts);
        }
    }

    /**
     * The members with text of one segment.
     *
     * @param key the segment
     * @param bytes of these members
     */
    private record Part(String key, long bytes) {}

    private final class Parts implements Content {

        private final List<Part> parts;

        Parts(List<Part> parts) {
            this.parts = parts;
        }

        @Override
        public long length() {
            return parts.stream().mapToLong(Part::bytes).sum();
        }

        @Override
        public InputStream open() {
            return new InputStream() {
                private int next;
                private InputStream in = new ByteArrayInputStream(new byte[0]);

                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    int n = in.read(buffer, offset, length);
                    while (n < 0 && next < parts.size()) {
                        in.close();
                        in = part(parts.get(next++));
                        n = in.read(buffer, offset, length);
                    }
                    return n;
                }

                @Override
                public void close() throws IOException {
                    in.close();
                }
            };
        }

        private InputStream part(Part part) throws IOException {
            try {
                return blobs.store().getRange(part.key(), SegmentHeader.BYTES, part.bytes());
            } catch (ResultsException e) {
                throw new IOException("a segment could not be read while it was joined", e);
            }
        }
    }

    /**
     * Content from the spool.
     *
     * @param file the bytes
     */
    private record Spooled(SpoolFile file) implements Content {

        @Override
        public long length() {
            return file.size();
        }

        @Override
        public InputStream open() throws IOException {
            return file.open();
        }
    }
}
