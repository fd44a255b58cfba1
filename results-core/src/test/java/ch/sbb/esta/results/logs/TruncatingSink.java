package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A sink in memory that can lose what was not flushed, at any byte, and refuse calls. */
final class TruncatingSink implements LogSink {

    private final Map<ContainerLogId, Log> logs = new ConcurrentHashMap<>();
    final AtomicInteger refusals = new AtomicInteger();
    private volatile ResultsException.@Nullable Code refusal;

    private static final class Log {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final List<Instant> times = new ArrayList<>();
        final List<Long> starts = new ArrayList<>();
        final List<LogDefect> defects = new ArrayList<>();

        @Nullable
        Object owner;

        boolean sealed;
    }

    /** The next calls that write fail. */
    void refuse(ResultsException.Code code, int calls) {
        refusal = code;
        refusals.set(calls);
    }

    byte[] bytes(ContainerLogId id) {
        Log log = logs.get(id);
        if (log == null) {
            return new byte[0];
        }
        synchronized (log) {
            return log.bytes.toByteArray();
        }
    }

    Map<ContainerLogId, LogInfo> all() {
        Map<ContainerLogId, LogInfo> all = new TreeMap<>((a, b) -> a.path().compareTo(b.path()));
        logs.forEach((id, log) -> all.put(id, info(id, log)));
        return all;
    }

    LogInfo info(ContainerLogId id) {
        return info(id, logs.computeIfAbsent(id, i -> new Log()));
    }

    /** As if the process had died: all writers are fenced off, and of each live log only the first bytes are durable. */
    void crash(Random random) {
        for (Log log : logs.values()) {
            synchronized (log) {
                log.owner = null;
                if (!log.sealed && log.bytes.size() > 0) {
                    truncate(log, random.nextInt(log.bytes.size() + 1));
                }
            }
        }
    }

    private static void truncate(Log log, int length) {
        byte[] kept = Arrays.copyOf(log.bytes.toByteArray(), length);
        log.bytes = new ByteArrayOutputStream();
        log.bytes.writeBytes(kept);
        while (!log.starts.isEmpty() && log.starts.get(log.starts.size() - 1) >= length) {
            log.starts.remove(log.starts.size() - 1);
            log.times.remove(log.times.size() - 1);
        }
        // A defect is durable with the byte behind it.
        log.defects.removeIf(defect -> defect.offset() >= length);
    }

    private static LogInfo info(ContainerLogId id, Log log) {
        synchronized (log) {
            LogState state = !log.sealed
                    ? LogState.LIVE
                    : log.defects.isEmpty()
                            ? LogState.COMPLETE
                            : log.defects.stream().anyMatch(d -> d.reason().state() == LogState.GAPPED)
                                    ? LogState.GAPPED
                                    : LogState.PARTIAL;
            Instant first = log.times.isEmpty() ? null : log.times.get(0);
            Instant last = log.times.stream().max(Instant::compareTo).orElse(null);
            return new LogInfo(
                    id, state, new LogInfo.Extent(log.bytes.size(), log.times.size(), first, last), log.defects);
        }
    }

    @Override
    public LogWriter open(ContainerLogId id) {
        Log log = logs.computeIfAbsent(id, i -> new Log());
        Object me = new Object();
        synchronized (log) {
            log.owner = me;
        }
        return new Writer(id, log, me);
    }

    @Override
    public void close() {}

    private final class Writer implements LogWriter {
        private final ContainerLogId id;
        private final Log log;
        private final Object me;
        private @Nullable Instant begun;

        Writer(ContainerLogId id, Log log, Object me) {
            this.id = id;
            this.log = log;
            this.me = me;
        }

        private void check() {
            if (log.owner != me) {
                throw new ResultsException(ResultsException.Code.CONFLICT, "another writer has " + id);
            }
            ResultsException.Code code = refusal;
            if (code != null && refusals.get() > 0) {
                refusals.decrementAndGet();
                throw new ResultsException(code, "refused, as the test said");
            }
        }

        @Override
        public LogInfo info() {
            return TruncatingSink.info(id, log);
        }

        @Override
        public List<LineMark> lastLines() {
            synchronized (log) {
                byte[] text = log.bytes.toByteArray();
                List<LineMark> marks = new ArrayList<>();
                int lines = log.starts.size();
                for (int i = Math.max(0, lines - LineMark.KEPT); i < lines; i++) {
                    int from = log.starts.get(i).intValue();
                    int to = i + 1 < lines ? log.starts.get(i + 1).intValue() : text.length;
                    marks.add(new LineMark(log.times.get(i), to - from, hash(text, from, to)));
                }
                return marks;
            }
        }

        @Override
        public void beginLine(Instant time) {
            synchronized (log) {
                check();
                begun = time;
            }
        }

        @Override
        public void append(byte[] buffer, int offset, int length) {
            synchronized (log) {
                check();
                if (begun != null) {
                    log.times.add(begun);
                    log.starts.add((long) log.bytes.size());
                    begun = null;
                }
                log.bytes.write(buffer, offset, length);
            }
        }

        @Override
        public void defect(LogDefect.Reason reason, String detail) {
            synchronized (log) {
                check();
                log.defects.add(new LogDefect(reason, log.bytes.size(), detail));
            }
        }

        @Override
        public void flush() {}

        @Override
        public LogInfo seal() {
            synchronized (log) {
                check();
                log.sealed = true;
                return info();
            }
        }

        @Override
        public void close() {}
    }

    static long hash(byte[] text, int from, int to) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(text, from, to - from);
            return ByteBuffer.wrap(digest.digest()).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
