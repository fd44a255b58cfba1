package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.GzipInput;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSource;
import io.grpc.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the logs of runs that a Tekton Results API server keeps.
 *
 * <p>The server has one text for each run, which joins those of all containers: it is the log of a container named {@value #CONTAINER},
 * with the Record that describes the log in place of a pod. It proves nothing and keeps no times. So no such log is ever {@code COMPLETE};
 * all lines bear the time at which that Record was made, lines cannot be selected by time, and size and number of
 * lines are known only by reading the whole text, which {@link #find} and {@link #list} do. A log is looked up by the UID of its run;
 * servers without an index for that look through all Records of the namespace.
 *
 * <p><b>Concurrency.</b> Thread-safe.
 *
 * <p><b>Ordering.</b> Bytes come in the order of the server.
 *
 * <p><b>Tenancy.</b> What the server allows the token.
 *
 * <p><b>Failure.</b> As {@link GrpcLogsClient}. A text that is shorter than its server says ends with an {@code IOException} or {@code
 * UNAVAILABLE}: servers call a log stored before its last bytes are.
 *
 * <p><b>Lifecycle.</b> The channel is not closed. Streams are closed by the caller.
 */
public final class GrpcLogSource implements LogSource, LogDeletion {

    /** The container's name in the ids of these logs. */
    public static final String CONTAINER = "all-containers";

    private static final int BUFFER = 32 << 10;

    private final GrpcLogsClient logs;
    private final GrpcResultsClient records;

    /**
     * Creates a source; calls nothing.
     *
     * @param channel leads to the server, with TLS unless its maker decided otherwise; not closed
     * @param options timeouts, sizes and token
     */
    public GrpcLogSource(Channel channel, GrpcOptions options) {
        this.logs = new GrpcLogsClient(channel, options);
        this.records = new GrpcResultsClient(channel, options)
                .withDataFields(List.of("spec.type", "spec.resource", "status.size", "status.isStored"));
    }

    @Override
    public Optional<LogInfo> find(ContainerLogId id) {
        return stored(id).flatMap(this::measure);
    }

    @Override
    public List<LogInfo> list(String namespace, String taskRunUid) {
        return described(namespace, taskRunUid).stream()
                .flatMap(log -> measure(log).stream())
                .toList();
    }

    @Override
    public InputStream read(ContainerLogId id, long offset, long length) {
        if (offset < 0 || length < 0) {
            throw ResultsException.invalid(
                    "the range of " + length + " bytes from byte " + offset + " is malformed: neither may be negative");
        }
        return new TextRange(open(id), offset, length);
    }

    @Override
    public LogSpan locate(ContainerLogId id, LogSelection lines) {
        if (lines instanceof LogSelection.Since) {
            throw ResultsException.invalid(
                    "the lines of " + id + " cannot be selected by time: a Tekton Results server keeps none");
        }
        if (lines instanceof LogSelection.Last last) {
            long all = scan(id, Long.MAX_VALUE).lines;
            return locate(id, LogSelection.lines(Math.max(0, all - last.count()), Long.MAX_VALUE));
        }
        LogSelection.Range range = (LogSelection.Range) lines;
        Scan before = scan(id, range.first());
        long until = range.count() > Long.MAX_VALUE - range.first() ? Long.MAX_VALUE : range.first() + range.count();
        Scan through = scan(id, until);
        return new LogSpan(before.bytes, through.bytes - before.bytes, before.lines, through.lines - before.lines);
    }

    @Override
    public LogLines lines(ContainerLogId id, long offset) {
        if (offset < 0) {
            throw ResultsException.invalid("the offset " + offset + " in the log " + id + " is negative");
        }
        DescribedLog log = require(id);
        return new RemoteLines(openText(log), offset, log.time());
    }

    @Override
    public InputStream openGzip(ContainerLogId id) {
        return new GzipInput(open(id));
    }

    /** Always empty: the protocol has no links. */
    @Override
    public Optional<URI> link(ContainerLogId id, Duration validFor) {
        Objects.requireNonNull(validFor, "validFor");
        DescribedLog unused = require(id);
        return Optional.empty();
    }

    /** Reads the texts to measure them. */
    @Override
    public LogVolume measure(RecordName taskRun, String uid) {
        return list(taskRun.parent(), uid).stream()
                .map(log -> new LogVolume(1, log.extent().bytes()))
                .reduce(LogVolume.NONE, LogVolume::plus);
    }

    /** Deletes the text and the Record that describes it. */
    @Override
    public LogVolume delete(RecordName taskRun, String uid) {
        LogVolume deleted = LogVolume.NONE;
        for (DescribedLog log : described(taskRun.parent(), uid)) {
            Optional<LogInfo> info = measure(log);
            logs.delete(log.name());
            deleted = deleted.plus(
                    info.map(text -> new LogVolume(1, text.extent().bytes())).orElse(LogVolume.NONE));
        }
        return deleted;
    }

    private List<DescribedLog> described(String namespace, String uid) {
        ContainerLogId checked = new ContainerLogId(namespace, uid, "pod", CONTAINER, 0);
        ListQuery query = ListQuery.of(checked.namespace() + "/results/-")
                .filter("data.spec.resource.uid == \"" + uid + "\" || data.metadata.uid == \"" + uid + "\"");
        List<Record> found = Pages.stream(query, records::listRecords).toList();
        List<DescribedLog> described = new ArrayList<>();
        for (Record record : found) {
            if (DescribedLog.isDescription(record)) {
                described.add(DescribedLog.of(record, uid));
            }
        }
        if (described.isEmpty()) {
            found.stream().map(run -> DescribedLog.ofRun(run, uid)).forEach(described::add);
        }
        return described;
    }

    private Optional<DescribedLog> stored(ContainerLogId id) {
        if (!id.container().equals(CONTAINER) || id.restart() != 0) {
            return Optional.empty();
        }
        return described(id.namespace(), id.taskRunUid()).stream()
                .filter(log -> log.id().equals(id))
                .findFirst();
    }

    private DescribedLog require(ContainerLogId id) {
        return stored(id).orElseThrow(() -> ResultsException.notFound(id));
    }

    private InputStream open(ContainerLogId id) {
        return openText(require(id));
    }

    private InputStream openText(DescribedLog log) {
        try {
            return logs.open(log.name(), log.expectedBytes());
        } catch (ResultsException e) {
            throw e.about(log.id());
        }
    }

    private Optional<LogInfo> measure(DescribedLog log) {
        Scan scan;
        try (InputStream text = openText(log)) {
            scan = scan(text, Long.MAX_VALUE);
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        } catch (IOException e) {
            throw brokenOff(log.id(), e);
        }
        Instant time = scan.lines == 0 ? null : log.time();
        return Optional.of(new LogInfo(
                log.id(),
                LogState.PARTIAL,
                new LogInfo.Extent(scan.bytes, scan.lines, time, time),
                List.of(new LogDefect(
                        LogDefect.Reason.HEAD_UNPROVEN, 0, "kept by a Tekton Results server, which proves nothing"))));
    }

    /** The first bytes of a text, cut behind a line. */
    private record Scan(long bytes, long lines) {}

    private Scan scan(ContainerLogId id, long lines) {
        try (InputStream text = open(id)) {
            return scan(text, lines);
        } catch (IOException e) {
            throw brokenOff(id, e);
        }
    }

    private static Scan scan(InputStream text, long most) throws IOException {
        long bytes = 0;
        long lines = 0;
        boolean begun = false;
        byte[] buffer = new byte[BUFFER];
        for (int read = text.read(buffer); read >= 0; read = text.read(buffer)) {
            for (int i = 0; i < read; i++) {
                if (!begun && lines == most) {
                    return new Scan(bytes, lines);
                }
                if (!begun) {
                    lines++;
                }
                begun = buffer[i] != '\n';
                bytes++;
            }
        }
        return new Scan(bytes, lines);
    }

    private static ResultsException brokenOff(ContainerLogId id, IOException e) {
        if (e.getCause() instanceof ResultsException cause) {
            return cause.about(id);
        }
        return new ResultsException(Code.UNAVAILABLE, String.valueOf(e.getMessage()), e).about(id);
    }

    /** Lines without times of their own. */
    private static final class RemoteLines implements LogLines {

        private final InputStream text;
        private final long from;
        private final Instant time;
        private final byte[] buffer = new byte[BUFFER];
        private int next;
        private int filled;
        private long at;
        private boolean begins = true;

        RemoteLines(InputStream text, long from, Instant time) {
            this.text = text;
            this.from = from;
            this.time = time;
        }

        @Override
        public @Nullable LogLine next() throws IOException {
            while (true) {
                if (next == filled) {
                    filled = text.read(buffer);
                    next = 0;
                    if (filled < 0) {
                        filled = 0;
                        return null;
                    }
                }
                long start = at;
                boolean isFirst = begins;
                begins = buffer[next] == '\n';
                next++;
                at++;
                if (isFirst && start >= from) {
                    return new LogLine(start, time);
                }
            }
        }

        @Override
        public void close() throws IOException {
            text.close();
        }
    }
}
