package ch.sbb.esta.results.s3;

/** How much of today's S3 protocol a store understands. */
public enum S3Dialect {

    /** Everything: checksums in trailers, bodies signed chunk by chunk. For AWS and stores that keep up with it. */
    AWS,

    /**
     * The protocol as it was: one signature a request, no checksums except MD5 where the protocol demands one. For Ceph RGW, Swift and
     * other stores that answer the SDK's defaults with 400 or 501.
     */
    COMPATIBLE
}
