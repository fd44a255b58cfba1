package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.GzipInput;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.RedactedLog;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Logs in memory: the simplest thing that does what {@link LogSink} and {@link LogSource} say, and what others are measured by. A
 * writer's bytes become visible when it flushes, seals or closes. Thread-safe; what it holds is gone with it.
 */
public final class InMemoryLogs implements LogSink, LogSource, LogDeletion {

    private final Map<ContainerLogId, Stored> logs = new ConcurrentHashMap<>();

    /** Creates a sink without logs. */
    public InMemoryLogs() {}

    @Override
    public LogWriter open(ContainerLogId id) {
        return new Writer(Objects.requireNonNull(id, "id"));
    }

    @Override
    public Optional<LogInfo> find(ContainerLogId id) {
        Stored stored = logs.get(Objects.requireNonNull(id, "id"));
        return stored == null ? Optional.empty() : Optional.of(stored.info(id));
    }

    @Override
    public List<LogInfo> list(String namespace, String taskRunUid) {
        String prefix = new ContainerLogId(namespace, taskRunUid, "pod", "container", 0).path();
        String folder = prefix.substring(0, prefix.length() - "pod/container/0".length());
        return logs.entrySet().stream()
                .filter(log -> log.getKey().path().startsWith(folder))
                .map(log -> log.getValue().info(log.getKey()))
                .sorted(Comparator.comparing(info -> info.id().path()))
                .toList();
    }

    @Override
    public InputStream read(ContainerLogId id, long offset, long length) {
        if (offset < 0 || length < 0) {
            throw ResultsException.invalid(
                    "the range of " + length + " bytes from byte " + offset + " is malformed: neither may be negative");
        }
        Stored stored = stored(id);
        int from = (int) Math.min(offset, stored.text.length);
        return new ByteArrayInputStream(stored.text, from, (int) Math.min(length, stored.text.length - from));
    }

    @Override
    public LogSpan locate(ContainerLogId id, LogSelection lines) {
        Objects.requireNonNull(lines, "lines");
        return stored(id).locate(lines);
    }

    @Override
    public LogLines lines(ContainerLogId id, long offset) {
        if (offset < 0) {
            throw ResultsException.invalid("the offset " + offset + " in the log " + id + " is negative");
        }
        Iterator<Line> lines =
                stored(id).lines.stream().filter(line -> line.start >= offset).iterator();
        return new LogLines() {
            @Override
            public @Nullable LogLine next() {
                if (!lines.hasNext()) {
                    return null;
                }
                Line line = lines.next();
                return new LogLine(line.start, line.time);
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }

    @Override
    public InputStream openGzip(ContainerLogId id) {
        return new GzipInput(read(id, 0, Long.MAX_VALUE));
    }

    /** Always empty: nobody else can look into this memory. */
    @Override
    public Optional<URI> link(ContainerLogId id, Duration validFor) {
        Objects.requireNonNull(validFor, "validFor");
        stored(id);
        return Optional.empty();
    }

    /** Counts a log as one object of its text. */
    @Override
    public LogVolume measure(RecordName taskRun, String uid) {
        return list(taskRun.parent(), uid).stream()
                .map(log -> new LogVolume(1, log.extent().bytes()))
                .reduce(LogVolume.NONE, LogVolume::plus);
    }

    @Override
    public LogVolume delete(RecordName taskRun, String uid) {
        LogVolume deleted = measure(taskRun, uid);
        list(taskRun.parent(), uid).forEach(log -> logs.remove(log.id()));
        return deleted;
    }

    private Stored stored(ContainerLogId id) {
        Stored stored = logs.get(Objects.requireNonNull(id, "id"));
        if (stored == null) {
            throw ResultsException.notFound(id);
        }
        return stored;
    }

    /** Has no effect: writers that are open keep what they hold until they flush. */
    @Override
    public void close() {
        // Nothing is held.
    }

    /**
     * A line.
     *
     * @param time its timestamp
     * @param start its first byte
     */
    private record Line(Instant time, int start) {}

    /** What is durable of one log; never changed, only replaced. */
    private static final class Stored {

        private static final Stored NOTHING = new Stored(new byte[0], List.of(), List.of(), LogState.LIVE, null);

        private final byte[] text;
        private final List<Line> lines;
        private final List<LogDefect> defects;
        private final LogState state;
        private final @Nullable String redactedBy;

        Stored(byte[] text, List<Line> lines, List<LogDefect> defects, LogState state, @Nullable String redactedBy) {
            this.text = text;
            this.lines = List.copyOf(lines);
            this.defects = List.copyOf(defects);
            this.state = state;
            this.redactedBy = redactedBy;
        }

        LogInfo info(ContainerLogId id) {
            Instant first = lines.isEmpty() ? null : lines.get(0).time;
            Instant last = lines.stream()
                    .map(Line::time)
                    .max(Comparator.naturalOrder())
                    .orElse(null);
            return new LogInfo(
                    id, state, new LogInfo.Extent(text.length, lines.size(), first, last), defects, redactedBy);
        }

        LogSpan locate(LogSelection selection) {
            int from;
            int to = lines.size();
            if (selection instanceof LogSelection.Range range) {
                from = (int) Math.min(range.first(), to);
                to = (int) (from + Math.min(range.count(), to - from));
            } else if (selection instanceof LogSelection.Last last) {
                from = (int) Math.max(0, to - last.count());
            } else {
                Instant since = ((LogSelection.Since) selection).time();
                from = 0;
                while (from < to && lines.get(from).time.isBefore(since)) {
                    from++;
                }
            }
            int start = start(from);
            int end = to == lines.size() ? text.length : start(to);
            return new LogSpan(start, end - start, from, to - from);
        }

        private int start(int line) {
            if (line == 0) {
                return 0;
            }
            return line < lines.size() ? lines.get(line).start : text.length;
        }

        List<LogWriter.LineMark> lastLines() {
            List<LogWriter.LineMark> marks = new ArrayList<>();
            for (int i = Math.max(0, lines.size() - LogWriter.LineMark.KEPT); i < lines.size(); i++) {
                Line line = lines.get(i);
                int end = i + 1 < lines.size() ? lines.get(i + 1).start : text.length;
                MessageDigest digest = sha256();
                digest.update(text, line.start, end - line.start);
                long hash = ByteBuffer.wrap(digest.digest()).getLong();
                marks.add(new LogWriter.LineMark(line.time, end - line.start, hash));
            }
            return marks;
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            }
        }
    }

    private final class Writer implements LogWriter, RedactedLog {

        private final ContainerLogId id;
        private final ByteArrayOutputStream text = new ByteArrayOutputStream();
        private final List<Line> lines = new ArrayList<>();
        private final List<LogDefect> defects = new ArrayList<>();
        private Stored stored;
        private @Nullable Instant begun;
        private boolean closed;
        private @Nullable String redactedBy;

        Writer(ContainerLogId id) {
            this.id = id;
            stored = logs.getOrDefault(id, Stored.NOTHING);
            text.writeBytes(stored.text);
            lines.addAll(stored.lines);
            defects.addAll(stored.defects);
            redactedBy = stored.redactedBy;
        }

        @Override
        public LogInfo info() {
            return written(stored.state).info(id);
        }

        @Override
        public List<LineMark> lastLines() {
            return written(stored.state).lastLines();
        }

        @Override
        public void beginLine(Instant time) {
            requireWritable();
            begun = Objects.requireNonNull(time, "time");
        }

        @Override
        public void append(byte[] buffer, int offset, int length) {
            Objects.checkFromIndexSize(offset, length, buffer.length);
            requireWritable();
            if (begun != null && length > 0) {
                lines.add(new Line(begun, text.size()));
                begun = null;
            }
            text.write(buffer, offset, length);
        }

        @Override
        public void defect(LogDefect.Reason reason, String detail) {
            requireWritable();
            LogDefect defect = new LogDefect(reason, text.size(), detail);
            if (!defects.contains(defect)) {
                defects.add(defect);
            }
        }

        @Override
        public void redactedBy(String redaction) {
            String checked = RedactedLog.requireName(redaction);
            requireWritable();
            redactedBy = checked;
        }

        @Override
        public void flush() {
            requireOpen();
            if (text.size() > stored.text.length || defects.size() > stored.defects.size()) {
                replace(written(LogState.LIVE));
            }
        }

        @Override
        public LogInfo seal() {
            requireOpen();
            if (stored.state == LogState.LIVE) {
                replace(written(LogState.sealed(defects)));
            }
            return stored.info(id);
        }

        @Override
        public void close() {
            if (!closed && stored.state == LogState.LIVE && logs.getOrDefault(id, Stored.NOTHING) == stored) {
                flush();
            }
            closed = true;
        }

        private Stored written(LogState state) {
            return new Stored(text.toByteArray(), lines, defects, state, redactedBy);
        }

        private void replace(Stored next) {
            boolean done =
                    stored == Stored.NOTHING ? logs.putIfAbsent(id, next) == null : logs.replace(id, stored, next);
            if (!done) {
                throw new ResultsException(
                        Code.CONFLICT, "the log " + id + " belongs to another writer; stop writing it");
            }
            stored = next;
        }

        private void requireOpen() {
            if (closed) {
                throw new IllegalStateException("the writer of the log " + id + " is closed");
            }
        }

        private void requireWritable() {
            requireOpen();
            if (stored.state != LogState.LIVE) {
                throw new ResultsException(Code.CONFLICT, "the log " + id + " is sealed; stop writing it");
            }
        }
    }
}
