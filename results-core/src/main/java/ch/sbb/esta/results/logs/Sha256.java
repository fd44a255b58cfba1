package ch.sbb.esta.results.logs;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The one checksum of this package. */
final class Sha256 {

    private Sha256() {}

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static byte[] of(byte[] bytes, int offset, int length) {
        MessageDigest digest = digest();
        digest.update(bytes, offset, length);
        return digest.digest();
    }

    static String hex(byte[] sha) {
        return HexFormat.of().formatHex(sha);
    }

    static String hexOf(byte[] bytes) {
        return hex(of(bytes, 0, bytes.length));
    }

    /** The first eight bytes of what was digested so far; the digest begins anew. */
    static long finishedMark(MessageDigest digest) {
        return ByteBuffer.wrap(digest.digest()).getLong();
    }

    /** The first eight bytes of what was digested so far; the digest can go on. */
    static long mark(MessageDigest digest) {
        try {
            return ByteBuffer.wrap(((MessageDigest) digest.clone()).digest()).getLong();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the security provider's SHA-256 cannot be cloned", e);
        }
    }
}
