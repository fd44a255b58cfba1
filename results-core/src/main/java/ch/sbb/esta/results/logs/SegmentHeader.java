package ch.sbb.esta.results.logs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;

/**
 * The first gzip member of a segment, without text. Its extra data, big-endian: kind (1 text, 2 end, 3 note), version 1, writer (16
 * bytes), offset of the segment's first byte of text in the log (8), bytes of text (8), lines of the log up to the segment's end (8),
 * bytes of the members with text (8), bytes of the members with the index (8), SHA-256 of the former (32), SHA-256 of the latter (32).
 *
 * @param kind what the segment is for
 * @param writer who wrote it
 * @param offset of its first byte of text
 * @param textBytes how much text it has
 * @param lines of the log that begin before its end
 * @param bodyBytes of its members with text
 * @param indexBytes of its members with the index
 * @param bodySha SHA-256 of the members with text, in hexadecimal digits
 * @param indexSha SHA-256 of the members with the index
 */
record SegmentHeader(
        Kind kind,
        UUID writer,
        long offset,
        long textBytes,
        long lines,
        long bodyBytes,
        long indexBytes,
        String bodySha,
        String indexSha) {

    static final byte VERSION = 1;
    private static final int DATA_BYTES = 2 + 16 + 5 * 8 + 2 * 32;
    static final int BYTES = GzipMember.emptyBytes(DATA_BYTES);

    SegmentHeader {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(writer, "writer");
        Objects.requireNonNull(bodySha, "bodySha");
        Objects.requireNonNull(indexSha, "indexSha");
    }

    long end() {
        return offset + textBytes;
    }

    long indexOffset() {
        return BYTES + bodyBytes;
    }

    byte[] encode() {
        return GzipMember.empty(ByteBuffer.allocate(DATA_BYTES)
                .put(kind.code)
                .put(VERSION)
                .putLong(writer.getMostSignificantBits())
                .putLong(writer.getLeastSignificantBits())
                .putLong(offset)
                .putLong(textBytes)
                .putLong(lines)
                .putLong(bodyBytes)
                .putLong(indexBytes)
                .put(HexFormat.of().parseHex(bodySha))
                .put(HexFormat.of().parseHex(indexSha))
                .array());
    }

    static SegmentHeader decode(byte[] member) {
        try {
            byte[] data = GzipMember.readData(new ByteArrayInputStream(member));
            if (data == null || data.length != DATA_BYTES || data[1] != VERSION) {
                throw GzipMember.corrupt("a segment does not begin with a header that is understood");
            }
            ByteBuffer in = ByteBuffer.wrap(data, 2, DATA_BYTES - 2);
            SegmentHeader header = new SegmentHeader(
                    Kind.of(data[0]),
                    new UUID(in.getLong(), in.getLong()),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    hex(in),
                    hex(in));
            if (header.offset < 0 || header.textBytes < 0 || header.bodyBytes < 0 || header.indexBytes < 0) {
                throw GzipMember.corrupt("a segment's header has a negative size");
            }
            return header;
        } catch (IOException e) {
            throw new UncheckedIOException("a segment's header is cut", e);
        }
    }

    private static String hex(ByteBuffer in) {
        byte[] sha = new byte[32];
        in.get(sha);
        return Sha256.hex(sha);
    }

    /** What a segment is for. */
    enum Kind {
        /** Text and what is known at its end. */
        TEXT(1),
        /** The fence behind the last byte: no text comes any more. */
        END(2),
        /** No text, but a defect that is to be remembered. */
        NOTE(3);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        static Kind of(byte code) {
            return switch (code) {
                case 1 -> TEXT;
                case 2 -> END;
                case 3 -> NOTE;
                default -> throw GzipMember.corrupt("a segment is of the unknown kind " + code);
            };
        }
    }
}
