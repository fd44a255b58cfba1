package ch.sbb.esta.results.samples.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/**
 * What a kubelet shows of the log of a container that writes exactly as fast as it is read: each line gets the time at which it is taken, the file is rotated
 * at 10 MiB. Thread-safe.
 */
final class LogFile {

    private static final int BLOCK = 60 * 1024;
    private static final int ROTATED_AT = 10 << 20;
    private static final int BILLION = 1_000_000_000;
    private static final int PREFIX = "2026-11-20T10:00:00.123456789Z ".length();
    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);

    private final LogLinesText text;
    private int repetitions;
    private int at;
    private byte[] file = new byte[4 * BLOCK];
    private int size;
    private byte[] second = new byte[0];
    private long seconds;
    private int nanos;

    LogFile(LogLinesText text, int repetitions) {
        this.text = text;
        this.repetitions = repetitions;
    }

    /** The newest file, from its start. No file is older than a collector asks for, so nobody needs a filter by time. */
    synchronized byte[] newest() {
        return Arrays.copyOf(file, size);
    }

    /** Lets the container write on; nothing when it has written everything. */
    synchronized byte[] write() {
        if (size > ROTATED_AT) {
            size = 0;
        }
        int start = size;
        tick();
        while (repetitions > 0 && size - start < BLOCK) {
            line();
        }
        return Arrays.copyOfRange(file, start, size);
    }

    private void line() {
        int end = text.endOfLine(at);
        int needed = size + PREFIX + end - at;
        if (needed > file.length) {
            file = Arrays.copyOf(file, Math.max(needed, 2 * file.length));
        }
        System.arraycopy(second, 0, file, size, second.length);
        int digits = nanos;
        for (int i = PREFIX - 3; i >= second.length; i--) {
            file[size + i] = (byte) ('0' + digits % 10);
            digits /= 10;
        }
        file[size + PREFIX - 2] = 'Z';
        file[size + PREFIX - 1] = ' ';
        System.arraycopy(text.bytes(), at, file, size + PREFIX, end - at);
        size = needed;
        at = end;
        if (at == text.bytes().length) {
            at = 0;
            repetitions--;
        }
        if (nanos + 1 == BILLION) {
            set(seconds + 1, 0);
        } else {
            nanos++;
        }
    }

    /** Never goes back, so that each line has a time of its own. */
    private void tick() {
        Instant now = Instant.now();
        boolean later = now.getEpochSecond() > seconds || (now.getEpochSecond() == seconds && now.getNano() > nanos);
        if (later) {
            set(now.getEpochSecond(), now.getNano());
        }
    }

    private void set(long newSeconds, int newNanos) {
        seconds = newSeconds;
        nanos = newNanos;
        second = SECOND.format(Instant.ofEpochSecond(newSeconds)).getBytes(StandardCharsets.US_ASCII);
    }
}
