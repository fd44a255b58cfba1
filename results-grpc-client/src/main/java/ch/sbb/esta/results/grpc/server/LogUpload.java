package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;

/**
 * One upload of the text of a log. Each try has a log of its own: one that broke off stays as {@code PARTIAL} and is never gone on with,
 * because nobody knows whether the next one brings the same bytes. Not thread-safe.
 */
final class LogUpload {

    private static final String CONTAINER = "upload";
    private static final int ATTEMPTS = 5;
    private static final int BUFFER_BYTES = 65_536;

    private final LogName name;
    private final RecordName record;
    private final ServedStore store;
    private final LogWriter writer;
    private final InstantSource clock;
    private long received;
    private boolean inLine;

    private LogUpload(LogName name, RecordName record, ServedStore store, LogWriter writer, InstantSource clock) {
        this.name = name;
        this.record = record;
        this.store = store;
        this.writer = writer;
        this.clock = clock;
    }

    /** Whether a log came by upload, and not from a collector, which knows the pod. */
    static boolean isUpload(ContainerLogId id) {
        return id.container().equals(CONTAINER);
    }

    static LogUpload begin(LogName name, ServedLogs logs, UploadParts parts) {
        LogTarget target = logs.names().described(name);
        RecordName record = Objects.requireNonNull(target.logRecord()).name();
        List<LogInfo> stored = parts.source().list(name.result().parent(), target.uid());
        if (stored.stream().anyMatch(info -> !isUpload(info.id()))) {
            throw kept(name, "it was collected while its containers ran");
        }
        if (stored.stream().anyMatch(info -> info.state() == LogState.COMPLETE)) {
            throw kept(name, "delete it before it is uploaded again");
        }
        int attempt =
                1 + stored.stream().mapToInt(info -> info.id().restart()).max().orElse(-1);
        ContainerLogId id =
                new ContainerLogId(name.result().parent(), target.uid(), record.record(), CONTAINER, attempt);
        return new LogUpload(name, record, parts.store(), parts.sink().open(id), parts.clock());
    }

    private static ResultsException kept(LogName name, String why) {
        return new ResultsException(Code.ALREADY_EXISTS, "the log is kept already: " + why).about(name);
    }

    LogName name() {
        return name;
    }

    void append(ByteString data) {
        byte[] buffer = new byte[Math.min(BUFFER_BYTES, data.size())];
        for (int from = 0; from < data.size(); from += buffer.length) {
            int length = Math.min(buffer.length, data.size() - from);
            data.substring(from, from + length).copyTo(buffer, 0);
            append(buffer, length);
        }
        received += data.size();
    }

    private void append(byte[] buffer, int length) {
        int from = 0;
        while (from < length) {
            if (!inLine) {
                writer.beginLine(clock.instant());
                inLine = true;
            }
            int end = from;
            while (end < length && buffer[end] != '\n') {
                end++;
            }
            boolean ended = end < length;
            int until = ended ? end + 1 : end;
            writer.append(buffer, from, until - from);
            inLine = !ended;
            from = until;
        }
    }

    /** Ends the log; only then its Record says that it is stored. */
    Received finish() {
        try (LogWriter sealing = writer) {
            LogInfo sealed = sealing.seal();
            describe(sealed);
        }
        return new Received(record, received);
    }

    private void describe(LogInfo sealed) {
        for (int attempt = 1; ; attempt++) {
            Record current = store.reader().findRecord(record).orElseThrow(() -> ResultsException.notFound(record));
            ObjectNode data = (ObjectNode) Messages.json(current.data());
            ObjectNode status = data.withObject("/status");
            status.put("size", sealed.extent().bytes()).put("isStored", true).put("isRetryableErr", false);
            status.remove("errorOnStoreMsg");
            byte[] json = data.toString().getBytes(StandardCharsets.UTF_8);
            try {
                Record unused = store.updateRecord(
                        record, current.type(), json, current.stored().etag());
                return;
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Keeps what came as a log that is known to be incomplete. */
    void breakOff(String why) {
        try (LogWriter sealing = writer) {
            sealing.defect(LogDefect.Reason.ABANDONED, why);
            LogInfo unused = sealing.seal();
        }
    }

    /**
     * What an upload brought.
     *
     * @param record the Record that describes the log
     * @param bytes how many
     */
    record Received(RecordName record, long bytes) {}

    /** Where uploads go. */
    record UploadParts(ServedStore store, LogSource source, LogSink sink, InstantSource clock) {}
}
