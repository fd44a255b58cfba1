package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Deletes everything below a prefix, manifests last. Thread-safe. */
final class LogRemoval {

    private static final int ROUNDS = 4;

    private LogRemoval() {}

    static LogVolume measure(BlobStore store, String prefix) {
        LogVolume found = LogVolume.NONE;
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<Blob> page = store.list(prefix, after.get());
            for (Blob blob : page.items()) {
                found = found.plus(new LogVolume(1, blob.size()));
            }
            after = page.nextPageToken();
        }
        return found;
    }

    /** Ends when a list is empty, because a writer that wakes up late may add something meanwhile. */
    static LogVolume delete(BlobStore store, String prefix) {
        LogVolume deleted = LogVolume.NONE;
        for (int round = 1; round <= ROUNDS; round++) {
            LogVolume more = deleteListed(store, prefix);
            if (more.objects() == 0) {
                return deleted;
            }
            deleted = deleted.plus(more);
        }
        throw new ResultsException(
                        Code.CONFLICT, "somebody keeps adding blobs while they are deleted; stop them and call again")
                .about(prefix);
    }

    /** A log without its manifest looks like a live one that can be gone on with; one without its text does not. */
    private static LogVolume deleteListed(BlobStore store, String prefix) {
        LogVolume deleted = LogVolume.NONE;
        List<Blob> manifests = new ArrayList<>();
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<Blob> page = store.list(prefix, after.get());
            for (Blob blob : page.items()) {
                if (LogBlobs.isManifest(blob.key())) {
                    manifests.add(blob);
                } else {
                    store.delete(blob.key());
                    deleted = deleted.plus(new LogVolume(1, blob.size()));
                }
            }
            after = page.nextPageToken();
        }
        for (Blob manifest : manifests) {
            store.delete(manifest.key());
            deleted = deleted.plus(new LogVolume(1, manifest.size()));
        }
        return deleted;
    }
}
