package ch.sbb.esta.results.logs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.UUID;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * A gzip member with text: at most {@value #MAX_TEXT} bytes of it, so that a reader who wants some lines inflates little. Its extra
 * data, big-endian: kind 4, version 1, writer (16 bytes), offset of the text in the log (8), bytes of text (4), bytes of the deflate
 * stream (4), SHA-256 of the text (32).
 */
final class TextMember {

    static final int MAX_TEXT = 256 * 1024;

    private static final byte KIND = 4;
    private static final int DATA_BYTES = 2 + 16 + 8 + 4 + 4 + 32;
    private static final int FRAME = GzipMember.HEADER_BYTES + DATA_BYTES + GzipMember.TRAILER_BYTES;

    private TextMember() {}

    /** How much room a member needs at most. */
    static int bound(int textBytes) {
        return FRAME + textBytes + textBytes / 256 + 64;
    }

    /** Packs text into a member; returns how many bytes of {@code out} it takes. */
    static int encode(UUID writer, long offset, ByteBuffer text, Deflater deflater, byte[] out) {
        int size = text.remaining();
        byte[] sha = Sha256.of(text.array(), text.arrayOffset() + text.position(), size);
        CRC32 crc = new CRC32();
        crc.update(text.array(), text.arrayOffset() + text.position(), size);
        deflater.reset();
        deflater.setInput(text.array(), text.arrayOffset() + text.position(), size);
        deflater.finish();
        int start = GzipMember.HEADER_BYTES + DATA_BYTES;
        int deflated = deflater.deflate(out, start, out.length - start - GzipMember.TRAILER_BYTES);
        if (!deflater.finished()) {
            throw new IllegalStateException(size + " bytes of text did not fit into " + out.length + " bytes deflated");
        }
        byte[] data = ByteBuffer.allocate(DATA_BYTES)
                .put(KIND)
                .put(SegmentHeader.VERSION)
                .putLong(writer.getMostSignificantBits())
                .putLong(writer.getLeastSignificantBits())
                .putLong(offset)
                .putInt(size)
                .putInt(deflated)
                .put(sha)
                .array();
        GzipMember.putHeader(ByteBuffer.wrap(out), data);
        GzipMember.putTrailer(ByteBuffer.wrap(out).position(start + deflated), (int) crc.getValue(), size);
        return FRAME + deflated;
    }

    /** Reads the member that begins at the stream's place and checks it; null at the end of the stream. */
    static @Nullable Text read(InputStream in) throws IOException {
        byte[] data = GzipMember.readData(in);
        if (data == null) {
            return null;
        }
        if (data.length != DATA_BYTES || data[0] != KIND || data[1] != SegmentHeader.VERSION) {
            throw GzipMember.corrupt("a gzip member is not one with text");
        }
        ByteBuffer fields = ByteBuffer.wrap(data);
        long offset = fields.getLong(18);
        int size = fields.getInt(26);
        int deflated = fields.getInt(30);
        if (size <= 0 || size > MAX_TEXT || deflated <= 0 || deflated > bound(size)) {
            throw GzipMember.corrupt("a gzip member says that it has " + size + " bytes of text");
        }
        byte[] body = GzipMember.exactly(in, deflated + GzipMember.TRAILER_BYTES);
        byte[] text = inflate(body, deflated, size);
        CRC32 crc = new CRC32();
        crc.update(text);
        ByteBuffer trailer =
                ByteBuffer.wrap(body, deflated, GzipMember.TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean same = trailer.getInt() == (int) crc.getValue()
                && trailer.getInt() == size
                && MessageDigest.isEqual(Sha256.of(text, 0, size), java.util.Arrays.copyOfRange(data, 34, DATA_BYTES));
        if (!same) {
            throw GzipMember.corrupt("the text from byte " + offset + " on does not fit its checksum");
        }
        return new Text(offset, ByteBuffer.wrap(text));
    }

    private static byte[] inflate(byte[] body, int deflated, int size) {
        byte[] text = new byte[size];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(body, 0, deflated);
            int length = 0;
            while (!inflater.finished()) {
                int n = inflater.inflate(text, length, size - length);
                if (n == 0 && !inflater.finished()) {
                    throw GzipMember.corrupt("the text of a gzip member has not the size that it says");
                }
                length += n;
            }
            if (length != size) {
                throw GzipMember.corrupt("the text of a gzip member is shorter than it says");
            }
            return text;
        } catch (DataFormatException e) {
            throw GzipMember.corrupt("the text of a gzip member cannot be inflated (" + e.getMessage() + ")");
        } finally {
            inflater.end();
        }
    }

    /**
     * Checked text.
     *
     * @param offset its place in the log
     * @param bytes the text
     */
    record Text(long offset, ByteBuffer bytes) {}
}
