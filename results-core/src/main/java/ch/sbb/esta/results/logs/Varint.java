package ch.sbb.esta.results.logs;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Whole numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit set while more follow. */
final class Varint {

    static final int MAX_BYTES = 10;

    private Varint() {}

    static int put(byte[] out, int at, long value) {
        long rest = value;
        int i = at;
        while ((rest & ~0x7fL) != 0) {
            out[i++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        out[i++] = (byte) rest;
        return i;
    }

    /** Small numbers of either sign become small ones without. */
    static int putSigned(byte[] out, int at, long value) {
        return put(out, at, (value << 1) ^ (value >> 63));
    }

    static long get(InputStream in) throws IOException {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the index ends within a number");
            }
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw GzipMember.corrupt("a number of the index has too many bytes");
    }

    static long getSigned(InputStream in) throws IOException {
        long value = get(in);
        return (value >>> 1) ^ -(value & 1);
    }
}
