package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogRedaction;
import ch.sbb.esta.results.spi.RedactedLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Replaces known secrets in logs by {@value #MASK}, as exact bytes, however they are cut by the network. Where secrets overlap or touch,
 * all of it becomes one mask. Of a secret with several lines each line counts as a secret of its own. What is not written as it is, for
 * example in Base64, is not found: give that form too.
 *
 * <p>Memory: for each open stream as many bytes as the longest secret has; for the secrets about 1 KiB for each of their bytes at most.
 *
 * <p>Thread-safe.
 */
public final class SecretRedaction implements LogRedaction {

    /** What is stored instead of a secret. */
    public static final String MASK = "*****";

    /** A line of a secret that is shorter than this would mask half of every log. */
    public static final int MIN_BYTES = 4;

    private final String name;
    private final Function<ContainerLogId, Collection<String>> secrets;

    /**
     * Creates a redaction.
     *
     * @param name by which name the index of a log tells of it, 1 to 200 characters
     * @param secrets says which secrets a log may hold; asked for each stream that is opened, and thread-safe. Lines of fewer than
     *     {@value #MIN_BYTES} bytes are passed over
     * @throws ResultsException {@code INVALID} for a name of another length
     */
    public SecretRedaction(String name, Function<ContainerLogId, Collection<String>> secrets) {
        this.name = RedactedLog.requireName(name);
        this.secrets = Objects.requireNonNull(secrets, "secrets");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Session open(ContainerLogId id) {
        List<byte[]> words = new ArrayList<>();
        for (String secret : secrets.apply(Objects.requireNonNull(id, "id"))) {
            secret.lines()
                    .map(line -> line.getBytes(StandardCharsets.UTF_8))
                    .filter(line -> line.length >= MIN_BYTES)
                    .forEach(words::add);
        }
        return new Masking(new WordMatcher(words), MASK.getBytes(StandardCharsets.US_ASCII));
    }

    /** One stream: holds back as many bytes as may be the beginning of a secret. */
    private static final class Masking implements Session {

        private final WordMatcher matcher;
        private final byte[] mask;
        /** A ring of the bytes that are held back, and whether they belong to a secret. */
        private final byte[] held;

        private final boolean[] secret;
        private final byte[] ready = new byte[4096];
        private int readyBytes;
        private int first;
        private int count;
        private int state;
        private boolean masked;

        Masking(WordMatcher matcher, byte[] mask) {
            this.matcher = matcher;
            this.mask = mask;
            this.held = new byte[matcher.longest() + 1];
            this.secret = new boolean[held.length];
        }

        @Override
        public void begin() {
            first = 0;
            count = 0;
            state = 0;
            masked = false;
        }

        @Override
        public void take(byte[] buffer, int offset, int length, Output out) {
            for (int i = offset; i < offset + length; i++) {
                push(buffer[i]);
                state = matcher.next(state, buffer[i]);
                mark(matcher.matched(state));
                while (count > matcher.depth(state)) {
                    pop(out);
                }
            }
            flush(out);
        }

        @Override
        public void end(Output out) {
            while (count > 0) {
                pop(out);
            }
            flush(out);
            begin();
        }

        private void push(byte b) {
            int at = (first + count) % held.length;
            held[at] = b;
            secret[at] = false;
            count++;
        }

        private void mark(int bytes) {
            for (int i = count - bytes; i < count; i++) {
                secret[(first + i) % held.length] = true;
            }
        }

        private void pop(Output out) {
            boolean hidden = secret[first];
            if (!hidden) {
                put(held[first], out);
            } else if (!masked) {
                for (byte b : mask) {
                    put(b, out);
                }
            }
            masked = hidden;
            first = (first + 1) % held.length;
            count--;
        }

        private void put(byte b, Output out) {
            if (readyBytes == ready.length) {
                flush(out);
            }
            ready[readyBytes++] = b;
        }

        private void flush(Output out) {
            if (readyBytes > 0) {
                int bytes = readyBytes;
                readyBytes = 0;
                out.write(ready, 0, bytes);
            }
        }
    }
}
