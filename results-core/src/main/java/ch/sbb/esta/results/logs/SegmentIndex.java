package ch.sbb.esta.results.logs;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * The index of one segment: a deflate stream in the extra data of gzip members without text (kind 5, version 1, then up to
 * {@value #CHUNK} bytes of the stream). Inflated it holds the {@link LogTail} at the segment's end; the number of members with text and
 * for each its bytes of text and its bytes as a member; the number of lines that begin in the segment and for each the distance of
 * its first byte from that of the line before (the first: from the segment's), and the difference of its time in seconds and in
 * nanoseconds from that of the line before (the first: from 1970). All numbers of the last two parts are {@link Varint}s.
 *
 * @param tail what is known at the end of the segment
 * @param members the sizes of the members with text
 */
record SegmentIndex(LogTail tail, Members members) {

    private static final byte KIND = 5;
    private static final int CHUNK = 60_000;
    private static final int MAX_MEMBERS = 1 << 24;

    /** Writes an index; returns how many bytes its members take. */
    static void write(OutputStream out, LogTail tail, Members members, long lines, InputStream lineEntries)
            throws IOException {
        // Differences of nanoseconds hardly get smaller at a higher level, and take a sixth of the time that the text
        // takes.
        Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
        try (Chunks chunks = new Chunks(out);
                DataOutputStream data = new DataOutputStream(new DeflaterOutputStream(chunks, deflater, 4096))) {
            tail.write(data);
            byte[] number = new byte[Varint.MAX_BYTES];
            data.write(number, 0, Varint.put(number, 0, members.count()));
            for (int i = 0; i < members.count(); i++) {
                data.write(number, 0, Varint.put(number, 0, members.text(i)));
                data.write(number, 0, Varint.put(number, 0, members.bytes(i)));
            }
            data.write(number, 0, Varint.put(number, 0, lines));
            lineEntries.transferTo(data);
        } finally {
            deflater.end();
        }
    }

    /** Reads the index from its members up to the lines. */
    static SegmentIndex read(InputStream members) throws IOException {
        Inflater inflater = new Inflater(true);
        try {
            return readBeforeLines(inflated(members, inflater));
        } finally {
            inflater.end();
        }
    }

    /** The content of an index. */
    static DataInputStream inflated(InputStream members, Inflater inflater) {
        return new DataInputStream(
                new BufferedInputStream(new InflaterInputStream(new Joined(members), inflater, 4096), 4096));
    }

    static SegmentIndex readBeforeLines(DataInputStream in) throws IOException {
        LogTail tail = LogTail.read(in);
        long count = Varint.get(in);
        if (count < 0 || count > MAX_MEMBERS) {
            throw GzipMember.corrupt("an index says that it has " + count + " members");
        }
        Members sizes = new Members();
        for (int i = 0; i < count; i++) {
            sizes.add((int) Varint.get(in), (int) Varint.get(in));
        }
        return new SegmentIndex(tail, sizes);
    }

    /** Where the member begins that holds a place, among the members; the place counts from the segment's first byte. */
    long memberStart(long place) {
        long text = 0;
        long bytes = 0;
        for (int i = 0; i < members.count() && text + members.text(i) <= place; i++) {
            text += members.text(i);
            bytes += members.bytes(i);
        }
        return bytes;
    }

    /** Where the member ends that holds the byte before a place. */
    long memberEnd(long place) {
        long text = 0;
        long bytes = 0;
        for (int i = 0; i < members.count() && text < place; i++) {
            text += members.text(i);
            bytes += members.bytes(i);
        }
        return bytes;
    }

    /** Sizes of members with text, in their order. */
    static final class Members {

        private int[] sizes = new int[32];
        private int count;

        void add(int text, int bytes) {
            if (2 * count == sizes.length) {
                sizes = Arrays.copyOf(sizes, 2 * sizes.length);
            }
            sizes[2 * count] = text;
            sizes[2 * count + 1] = bytes;
            count++;
        }

        int count() {
            return count;
        }

        int text(int i) {
            return sizes[2 * i];
        }

        int bytes(int i) {
            return sizes[2 * i + 1];
        }
    }

    /** Cuts a stream into the extra data of gzip members. */
    private static final class Chunks extends OutputStream {

        private final OutputStream out;
        private final ByteBuffer chunk = ByteBuffer.allocate(2 + CHUNK);

        Chunks(OutputStream out) {
            this.out = out;
            begin();
        }

        private void begin() {
            chunk.clear().put(KIND).put(SegmentHeader.VERSION);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int done = 0;
            while (done < length) {
                int n = Math.min(length - done, chunk.remaining());
                chunk.put(bytes, offset + done, n);
                done += n;
                if (!chunk.hasRemaining()) {
                    emit();
                }
            }
        }

        @Override
        public void close() throws IOException {
            if (chunk.position() > 2) {
                emit();
            }
        }

        private void emit() throws IOException {
            out.write(GzipMember.empty(Arrays.copyOf(chunk.array(), chunk.position())));
            begin();
        }
    }

    /** Joins the chunks again. */
    private static final class Joined extends InputStream {

        private final InputStream in;
        private InputStream chunk = InputStream.nullInputStream();

        Joined(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = chunk.read(buffer, offset, length);
            while (n < 0) {
                byte[] data = GzipMember.readData(in);
                if (data == null) {
                    return -1;
                }
                if (data.length < 3 || data[0] != KIND || data[1] != SegmentHeader.VERSION) {
                    throw GzipMember.corrupt("a gzip member is not one of an index");
                }
                GzipMember.skipEmptyBody(in);
                chunk = new ByteArrayInputStream(data, 2, data.length - 2);
                n = chunk.read(buffer, offset, length);
            }
            return n;
        }
    }
}
