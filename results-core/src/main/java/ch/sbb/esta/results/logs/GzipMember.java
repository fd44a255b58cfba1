package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The frame that all our gzip members share: the header of RFC 1952, section 2.3, with exactly one extra subfield (section 2.3.1.1)
 * whose id is {@code ER} and whose data we define. Any gzip reader passes over it.
 */
final class GzipMember {

    static final int HEADER_BYTES = 16;
    static final int TRAILER_BYTES = 8;
    static final int MAX_DATA = 65_535 - 4;
    /** An empty deflate block, the CRC-32 of nothing, and its size. */
    private static final byte[] EMPTY = {3, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    private GzipMember() {}

    static int emptyBytes(int dataBytes) {
        return HEADER_BYTES + dataBytes + EMPTY.length;
    }

    /** Writes the header; what follows is the deflate stream and the trailer. */
    static void putHeader(ByteBuffer out, byte[] data) {
        if (data.length > MAX_DATA) {
            throw new IllegalArgumentException(data.length + " bytes do not fit into an extra subfield");
        }
        out.order(ByteOrder.LITTLE_ENDIAN);
        // ID1, ID2, CM = deflate, FLG = FEXTRA, MTIME = none, XFL = 0, OS = unknown
        out.put(new byte[] {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 255});
        out.putShort((short) (data.length + 4));
        out.put((byte) 'E').put((byte) 'R').putShort((short) data.length).put(data);
    }

    static void putTrailer(ByteBuffer out, int crc, int size) {
        out.order(ByteOrder.LITTLE_ENDIAN).putInt(crc).putInt(size);
    }

    /** A member without text, which carries its data only. */
    static byte[] empty(byte[] data) {
        ByteBuffer out = ByteBuffer.allocate(emptyBytes(data.length));
        putHeader(out, data);
        return out.put(EMPTY).array();
    }

    /** Reads a header up to its end; null at the end of the stream. */
    static byte @Nullable [] readData(InputStream in) throws IOException {
        byte[] head = in.readNBytes(HEADER_BYTES);
        if (head.length == 0) {
            return null;
        }
        if (head.length < HEADER_BYTES) {
            throw new EOFException("the stream ends within the header of a gzip member");
        }
        ByteBuffer fields = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        int extra = Short.toUnsignedInt(fields.getShort(10));
        int length = Short.toUnsignedInt(fields.getShort(14));
        boolean ours = head[0] == 0x1f
                && head[1] == (byte) 0x8b
                && head[2] == 8
                && head[3] == 4
                && head[12] == 'E'
                && head[13] == 'R'
                && extra == length + 4;
        if (!ours) {
            throw corrupt("there is no gzip member of this library where one should begin");
        }
        return exactly(in, length);
    }

    /** Passes over the rest of a member without text. */
    static void skipEmptyBody(InputStream in) throws IOException {
        byte[] body = exactly(in, EMPTY.length);
        if (!java.util.Arrays.equals(body, EMPTY)) {
            throw corrupt("a gzip member that should be empty has content");
        }
    }

    static byte[] exactly(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the stream ends " + (count - bytes.length) + " bytes too early");
        }
        return bytes;
    }

    static ResultsException corrupt(String what) {
        return new ResultsException(
                Code.INTERNAL, what + ": the stored bytes were changed or damaged, restore them from a copy");
    }
}
