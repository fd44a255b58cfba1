package ch.sbb.esta.results.s3;

import java.util.Objects;

/**
 * What a store can, as {@link S3BlobStore#probe()} found by trying.
 *
 * @param put what becomes of the condition on a single put
 * @param multipart what becomes of the condition on the completion of a multipart upload
 */
public record S3Probe(Condition put, Condition multipart) {

    /**
     * Checks that no component is null.
     *
     * @param put what becomes of the condition on a single put
     * @param multipart what becomes of the condition on the completion of a multipart upload
     */
    public S3Probe {
        Objects.requireNonNull(put, "put");
        Objects.requireNonNull(multipart, "multipart");
    }

    /** What a store does with {@code If-None-Match: *}. */
    public enum Condition {
        /** It refuses to overwrite: of several writers one wins. */
        HONOURED,
        /** It overwrites. A look beforehand remains as guard, which two processes at the same moment both pass. */
        IGNORED,
        /** It refuses the request, so the condition is left away. A look beforehand is the guard, as with {@link #IGNORED}. */
        REFUSED,
        /** Of multipart uploads only: it has none. Large blobs are stored by a single put as well, up to what S3 takes so. */
        UNSUPPORTED
    }
}
