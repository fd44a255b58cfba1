package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Page;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;

/**
 * Keeps named bytes that never change. A backend implements this small thing and gets {@link LogSink} and {@link LogSource} for free.
 *
 * <p>A key has 1 to 900 bytes of {@code a-z A-Z 0-9 . _ - /}, no empty segment and no segment {@code .} or {@code ..}; anything else
 * is {@code INVALID}.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; several processes may use one store.
 *
 * <p><b>Idempotency.</b> A put succeeds once for a key, whoever tries and however often; deleting what is gone has no effect.
 *
 * <p><b>Ordering.</b> A blob is visible to every reader as soon as its put has returned, and never in part. Lists go by key, in the
 * order of UTF-8 bytes.
 *
 * <p><b>Tenancy.</b> A store is bound to its prefix or bucket; keys cannot leave it.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code NOT_FOUND}, {@code DENIED}, {@code UNAVAILABLE}, {@code TIMEOUT}. After a failed
 * put the blob may be there or not.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
public interface BlobStore {

    /**
     * Stores a blob unless the key is taken.
     *
     * @param key the key
     * @param content the bytes
     * @return {@link Put#CREATED}, or {@link Put#EXISTS} when the key is taken: nothing was changed, by whomever it was stored
     */
    Put putIfAbsent(String key, Content content);

    /**
     * Opens a blob.
     *
     * @param key the key
     * @return its bytes, to be closed by the caller; reading may throw {@link IOException} when the connection breaks
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when there is none
     */
    InputStream get(String key);

    /**
     * Opens a part of a blob.
     *
     * @param key the key
     * @param offset the first byte, counted from 0
     * @param length how many bytes at most; fewer come where the blob ends, none where it ends before
     * @return the bytes, to be closed by the caller
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when there is none
     */
    InputStream getRange(String key, long offset, long length);

    /**
     * Describes a blob.
     *
     * @param key the key
     * @return its size, or empty when there is none
     */
    Optional<Blob> find(String key);

    /**
     * Lists blobs by key.
     *
     * @param prefix text with which the keys begin, possibly empty; it need not end at a slash
     * @param afterKey where to go on: only greater keys are listed; empty text to begin
     * @return one page of at most 1,000; its token is the {@code afterKey} of the next
     */
    Page<Blob> list(String prefix, String afterKey);

    /**
     * Deletes a blob; no effect when there is none.
     *
     * @param key the key
     */
    void delete(String key);

    /** What a put did. */
    enum Put {
        /** The blob is stored now. */
        CREATED,
        /** The key was taken; nothing was changed. */
        EXISTS
    }

    /**
     * A stored blob.
     *
     * @param key the key
     * @param size in bytes
     */
    record Blob(String key, long size) {

        /**
         * Checks that no component is null.
         *
         * @param key the key
         * @param size in bytes
         */
        public Blob {
            Objects.requireNonNull(key, "key");
        }
    }

    /** Bytes of a known length that can be read more than once, because a put may have to be tried again. */
    interface Content {

        /**
         * How many bytes there are.
         *
         * @return the length in bytes
         */
        long length();

        /**
         * Opens the bytes from the start.
         *
         * @return a stream of exactly {@link #length()} bytes, to be closed by the caller
         * @throws IOException when the bytes cannot be read
         */
        InputStream open() throws IOException;

        /**
         * Content from memory.
         *
         * @param bytes the bytes; kept, not copied
         * @return the content
         */
        static Content of(byte[] bytes) {
            return new BytesContent(bytes);
        }
    }
}
