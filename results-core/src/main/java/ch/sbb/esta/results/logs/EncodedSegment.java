package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.logs.SegmentHeader.Kind;
import ch.sbb.esta.results.spi.BlobStore.Content;
import java.io.ByteArrayInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.UUID;
import java.util.zip.Deflater;

/** A segment as it will lie in the blob store: the header in memory, the rest in the spool. */
final class EncodedSegment implements Content {

    private static final int BUFFER = 16 * 1024;

    private final SegmentHeader header;
    private final byte[] head;
    private final SpoolFile rest;

    private EncodedSegment(SegmentHeader header, SpoolFile rest) {
        this.header = header;
        this.head = header.encode();
        this.rest = rest;
    }

    /** Packs what has grown; that stays as it is. */
    static EncodedSegment of(Kind kind, UUID writer, GrowingSegment grown, LogTail tail, Spool spool)
            throws IOException {
        SpoolFile rest = spool.newFile(BUFFER);
        try {
            SegmentIndex.Members members = new SegmentIndex.Members();
            Digesting body = new Digesting(rest);
            deflate(writer, grown, members, body);
            Digesting index = new Digesting(rest);
            try (InputStream lines = grown.lines().open()) {
                SegmentIndex.write(index, tail, members, grown.lineCount(), lines);
            }
            long textBytes = grown.end() - grown.offset();
            return new EncodedSegment(
                    new SegmentHeader(
                            kind,
                            writer,
                            grown.offset(),
                            textBytes,
                            tail.extent().lines(),
                            body.count,
                            index.count,
                            body.sha(),
                            index.sha()),
                    rest);
        } catch (IOException | RuntimeException e) {
            rest.close();
            throw e;
        }
    }

    private static void deflate(UUID writer, GrowingSegment grown, SegmentIndex.Members members, OutputStream out)
            throws IOException {
        long offset = grown.offset();
        int size = (int) Math.min(grown.end() - offset, TextMember.MAX_TEXT);
        if (size == 0) {
            return;
        }
        byte[] text = new byte[size];
        byte[] member = new byte[TextMember.bound(size)];
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        try (InputStream in = grown.text().open()) {
            for (int n = in.readNBytes(text, 0, size); n > 0; n = in.readNBytes(text, 0, size)) {
                int bytes = TextMember.encode(writer, offset, ByteBuffer.wrap(text, 0, n), deflater, member);
                out.write(member, 0, bytes);
                members.add(n, bytes);
                offset += n;
            }
        } finally {
            deflater.end();
        }
        if (offset != grown.end()) {
            throw new IOException("the spool gave back " + (offset - grown.offset()) + " of "
                    + (grown.end() - grown.offset()) + " bytes: its files were changed from outside");
        }
    }

    SegmentHeader header() {
        return header;
    }

    @Override
    public long length() {
        return head.length + rest.size();
    }

    @Override
    public InputStream open() throws IOException {
        return new SequenceInputStream(new ByteArrayInputStream(head), rest.open());
    }

    void discard() throws IOException {
        rest.close();
    }

    /** Counts and digests what passes through; closing it closes nothing. */
    private static final class Digesting extends FilterOutputStream {

        private final MessageDigest digest = Sha256.digest();
        private long count;

        Digesting(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            digest.update((byte) b);
            count++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            digest.update(bytes, offset, length);
            count += length;
        }

        @Override
        public void close() {
            // The spool file is read later.
        }

        String sha() {
            return Sha256.hex(digest.digest());
        }
    }
}
