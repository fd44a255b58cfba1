package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names and reads the blobs of logs. Thread-safe. */
final class LogBlobs {

    private static final Pattern SEGMENT = Pattern.compile("([0-9]{20})\\.log\\.gz");
    private static final Pattern NOTE = Pattern.compile("([0-9]{20})\\.[0-9a-f-]{36}-[0-9]+\\.note\\.gz");
    private static final int MAX_IN_MEMORY = 4 << 20;
    private static final String MANIFEST = "manifest.json";

    private final BlobStore store;

    LogBlobs(BlobStore store) {
        this.store = store;
    }

    BlobStore store() {
        return store;
    }

    static String segmentKey(ContainerLogId id, long offset) {
        return id.path() + "/" + digits(offset) + ".log.gz";
    }

    static String noteKey(ContainerLogId id, long offset, UUID writer, long number) {
        return id.path() + "/" + digits(offset) + "." + writer + "-" + number + ".note.gz";
    }

    static String manifestKey(ContainerLogId id) {
        return id.path() + "/" + MANIFEST;
    }

    static boolean isManifest(String key) {
        return key.endsWith("/" + MANIFEST);
    }

    static String textName(String sha256) {
        return sha256 + ".log.gz";
    }

    static String indexName(String sha256) {
        return sha256 + ".index.gz";
    }

    static String textKey(ContainerLogId id, String sha256) {
        return id.path() + "/" + textName(sha256);
    }

    static String indexKey(ContainerLogId id, String sha256) {
        return id.path() + "/" + indexName(sha256);
    }

    private static String digits(long offset) {
        return String.format(Locale.ROOT, "%020d", offset);
    }

    /** Everything below a prefix, page by page. */
    void forEach(String prefix, Consumer<Blob> action) {
        String after = "";
        while (true) {
            Page<Blob> page = store.list(prefix, after);
            page.items().forEach(action);
            Optional<String> next = page.nextPageToken();
            if (next.isEmpty()) {
                return;
            }
            after = next.get();
        }
    }

    Listing list(ContainerLogId id) {
        String prefix = id.path() + "/";
        Listing listing = new Listing();
        forEach(prefix, blob -> listing.add(blob.key().substring(prefix.length())));
        return listing;
    }

    Optional<Manifest> findManifest(ContainerLogId id) {
        String key = manifestKey(id);
        Optional<Blob> blob = store.find(key);
        return blob.isEmpty()
                ? Optional.empty()
                : Optional.of(Manifest.decode(id, bytes(key, 0, blob.get().size())));
    }

    boolean hasManifest(ContainerLogId id) {
        return store.find(manifestKey(id)).isPresent();
    }

    SegmentHeader header(String key) {
        return SegmentHeader.decode(bytes(key, 0, SegmentHeader.BYTES));
    }

    /** Reads and checks the index of a segment. */
    SegmentIndex index(String key, SegmentHeader header) {
        return index(key, header.indexOffset(), header.indexBytes(), header.indexSha());
    }

    SegmentIndex index(String key, long offset, long length, String sha256) {
        try (DigestInputStream in = new DigestInputStream(store.getRange(key, offset, length), Sha256.digest())) {
            SegmentIndex index = null;
            Exception damage = null;
            try {
                index = SegmentIndex.read(in);
            } catch (IOException | ResultsException e) {
                damage = e;
            }
            // Throws once more where it was the connection that broke.
            in.transferTo(OutputStream.nullOutputStream());
            if (index == null || !Sha256.hex(in.getMessageDigest().digest()).equals(sha256)) {
                throw GzipMember.corrupt("the index in the blob " + key + " does not fit its checksum"
                        + (damage == null ? "" : " (" + Escaped.of(damage.toString()) + ")"));
            }
            return index;
        } catch (IOException e) {
            throw unavailable(key, e);
        }
    }

    /** Opens a part of a blob whose bytes are checked before the first one is passed on. */
    InputStream checked(String key, long offset, long length, String sha256) throws IOException {
        boolean small = length <= MAX_IN_MEMORY;
        MessageDigest digest = Sha256.digest();
        byte[] bytes = new byte[0];
        if (small) {
            bytes = bytes(key, offset, length);
            digest.update(bytes);
        } else {
            try (DigestInputStream in = new DigestInputStream(store.getRange(key, offset, length), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        }
        if (!Sha256.hex(digest.digest()).equals(sha256)) {
            throw GzipMember.corrupt("the index in the blob " + key + " does not fit its checksum");
        }
        // What is read twice was not changed in between: blobs never are.
        return small ? new ByteArrayInputStream(bytes) : store.getRange(key, offset, length);
    }

    byte[] bytes(String key, long offset, long length) {
        try (InputStream in = store.getRange(key, offset, length)) {
            return GzipMember.exactly(in, Math.toIntExact(length));
        } catch (IOException e) {
            throw unavailable(key, e);
        }
    }

    static ResultsException unavailable(String key, IOException e) {
        return new ResultsException(
                Code.UNAVAILABLE, "the blob " + key + " could not be read: " + Escaped.of(e.toString()), e);
    }

    /** The names of one log's blobs. */
    static final class Listing {

        private final List<Long> segments = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private boolean manifest;

        void add(String name) {
            Matcher segment = SEGMENT.matcher(name);
            if (segment.matches()) {
                segments.add(Long.parseLong(segment.group(1)));
            } else if (NOTE.matcher(name).matches()) {
                notes.add(name);
            } else if (name.equals(MANIFEST)) {
                manifest = true;
            }
        }

        /** Offsets, ascending. */
        List<Long> segments() {
            return segments;
        }

        List<String> notes() {
            return notes;
        }

        List<String> notesAt(long offset) {
            return notes.stream()
                    .filter(note -> note.startsWith(digits(offset)))
                    .toList();
        }

        boolean hasManifest() {
            return manifest;
        }

        boolean isEmpty() {
            return segments.isEmpty() && notes.isEmpty() && !manifest;
        }
    }
}
