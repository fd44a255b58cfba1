package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.spi.BlobStore.Content;
import java.io.InputStream;

/** Content of any length that is computed while it is read; the same number gives the same bytes. */
record Generated(long length, int number) implements Content {

    @Override
    public InputStream open() {
        return new InputStream() {
            private long position;

            @Override
            public int read() {
                return position < length ? byteAt(position++) & 0xff : -1;
            }

            @Override
            public int read(byte[] buffer, int offset, int wanted) {
                if (position >= length) {
                    return -1;
                }
                int n = (int) Math.min(wanted, length - position);
                for (int i = 0; i < n; i++) {
                    buffer[offset + i] = byteAt(position++);
                }
                return n;
            }
        };
    }

    byte byteAt(long position) {
        return (byte) (position * 31 + (position >>> 13) + number);
    }
}
