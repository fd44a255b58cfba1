package ch.sbb.esta.results.logs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.function.Supplier;

/** Texts one after the other, each opened when its turn comes and beginning on a line of its own. Not thread-safe. */
final class JoinedText extends InputStream {

    private final Iterator<Supplier<InputStream>> texts;
    private InputStream text = InputStream.nullInputStream();
    private boolean lineOpen;

    JoinedText(Iterator<Supplier<InputStream>> texts) {
        this.texts = texts;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int n = text.read(buffer, offset, length);
        while (n < 0) {
            text.close();
            if (!texts.hasNext()) {
                text = InputStream.nullInputStream();
                return -1;
            }
            text = texts.next().get();
            if (lineOpen) {
                lineOpen = false;
                buffer[offset] = '\n';
                return 1;
            }
            n = text.read(buffer, offset, length);
        }
        lineOpen = buffer[offset + n - 1] != '\n';
        return n;
    }

    @Override
    public void close() throws IOException {
        text.close();
    }
}
