package ch.sbb.esta.results.spi;

import java.net.URI;
import java.time.Duration;

/**
 * Makes links by which somebody without credentials may read one blob for a while: a further ability of a {@link BlobStore}.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Tenancy.</b> A link opens one blob and nothing else. Whoever has it can read that blob until it expires.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code INVALID} for a malformed key, or for a time that is not positive or longer than
 * the backend grants, or where the store has nothing to sign links with. Whether the blob exists is not looked at.
 */
public interface BlobLinks {

    /**
     * Makes a link.
     *
     * @param key the key of the blob
     * @param validFor how long the link works, more than zero
     * @return an address that answers a plain GET with the blob's bytes
     */
    URI link(String key, Duration validFor);
}
