package ch.sbb.esta.results.spi;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Objects;

/** Content from memory. */
final class BytesContent implements BlobStore.Content {

    private final byte[] bytes;

    BytesContent(byte[] bytes) {
        this.bytes = Objects.requireNonNull(bytes, "bytes");
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public InputStream open() {
        return new ByteArrayInputStream(bytes);
    }
}
