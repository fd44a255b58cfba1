package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Turns the entries of a log file into the text that the kubelet sends ({@code kubernetes/pkg/kubelet/kuberuntime/logs/logs.go}): pieces of a split line are
 * joined without repeating the timestamp, {@code since} looks at each entry's own time, {@code tailLines} counts entries.
 *
 * <p>For one thread.
 */
final class LogReader {

    private static final int BATCH_BYTES = 64 * 1024;
    private static final DateTimeFormatter RFC_3339_NANO =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnnXXX", Locale.ROOT);

    private final LogOptions options;
    private final DateTimeFormatter timeFormat;
    private ContainerLogFile file;
    private int next;
    private boolean lineBegins = true;
    private long left;

    LogReader(ContainerLogFile file, LogOptions options, ZoneId zone) {
        this.file = file;
        this.options = options;
        this.timeFormat = RFC_3339_NANO.withZone(zone);
        this.left = options.limit() < 0 ? Long.MAX_VALUE : options.limit();
        this.next = options.tail() < 0 ? 0 : (int) Math.max(0, file.size() - options.tail());
    }

    /** Goes on at the beginning of another file. */
    void reopen(ContainerLogFile newer) {
        file = newer;
        next = 0;
    }

    /** Whether the limit of the request is used up. */
    boolean isExhausted() {
        return left == 0;
    }

    /** The next text, at most a few entries; empty when the end of the file is reached. */
    Buffer read() {
        Buffer text = Buffer.buffer();
        int size = file.size();
        while (next < size && text.length() < BATCH_BYTES && left > text.length()) {
            append(text, file.entry(next++));
        }
        Buffer limited = text.length() > left ? text.getBuffer(0, (int) left) : text;
        left -= limited.length();
        return limited;
    }

    private void append(Buffer text, ContainerLogFile.Entry entry) {
        @Nullable Instant since = options.since();
        if (since == null || !entry.time().isBefore(since)) {
            if (options.timestamps() && lineBegins) {
                text.appendBytes((timeFormat.format(entry.time()) + " ").getBytes(StandardCharsets.US_ASCII));
            }
            text.appendBytes(file.read(entry));
        }
        lineBegins = !entry.partial();
    }
}
