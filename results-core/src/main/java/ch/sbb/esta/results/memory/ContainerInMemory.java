package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.ContainerLogs;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One container of the cluster in memory with the logs of its runs; guarded by the cluster. */
final class ContainerInMemory {

    final Deque<LogFault> faults = new ArrayDeque<>();
    final List<LogStreamInMemory> streams = new ArrayList<>();
    PodSnapshot.Container status;

    private RunLog current;
    private @Nullable RunLog previous;

    /** The log of one run: files of entries, of which only the newest is served to those who come. */
    static final class RunLog {
        final List<List<Entry>> files = new ArrayList<>(List.of(new ArrayList<>()));
        boolean over;

        List<Entry> newest() {
            return files.get(files.size() - 1);
        }
    }

    /** What a runtime writes at once: a line or a part of one. */
    static final class Entry {

        private final byte[] bytes;
        private final Instant time;

        Entry(byte[] bytes, Instant time) {
            this.bytes = bytes;
            this.time = time;
        }

        byte[] bytes() {
            return bytes;
        }

        Instant time() {
            return time;
        }

        boolean endsLine() {
            return bytes.length > 0 && bytes[bytes.length - 1] == '\n';
        }
    }

    ContainerInMemory(PodSnapshot.Container status) {
        this.status = status;
        this.current = new RunLog();
        this.current.over = status.state() == State.TERMINATED;
        if (status.restarts() > 0) {
            previous = new RunLog();
            previous.over = true;
        }
    }

    void state(State state, Instant now) {
        int restarts = status.restarts();
        if (state == State.RUNNING && status.state() == State.TERMINATED) {
            previous = current;
            current = new RunLog();
            restarts++;
        }
        current.over = state == State.TERMINATED;
        Instant started = state == State.RUNNING ? now : status.startedAt();
        status = new PodSnapshot.Container(
                status.name(),
                status.role(),
                state,
                restarts,
                started == null && state == State.TERMINATED ? now : started,
                state == State.TERMINATED ? now : null,
                status.waitsFor());
    }

    void append(byte[] part, Instant time) {
        current.newest().add(new Entry(part, time));
        streams.forEach(LogStreamInMemory::push);
    }

    void rotate() {
        current.files.add(new ArrayList<>());
    }

    void cut() {
        streams.forEach(LogStreamInMemory::cut);
    }

    void vanish() {
        current.over = true;
        streams.forEach(LogStreamInMemory::vanish);
    }

    int openStreams() {
        return streams.size();
    }

    InputStream open(Object lock, ContainerLogs.Request request, ZoneOffset zone) {
        LogFault fault = faults.poll();
        if (fault != null && fault.code != null) {
            throw new ResultsException(fault.code, "the log of " + status.name() + " is refused, as the test said");
        }
        RunLog log = current;
        if (request.mode() == ContainerLogs.Mode.PREVIOUS) {
            if (previous == null) {
                throw ResultsException.notFound("previous run of " + request.container());
            }
            log = previous;
        } else if (status.state() == State.WAITING) {
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE, "container " + status.name() + " is waiting to start");
        }
        LogStreamInMemory stream = new LogStreamInMemory(lock, this, log, request, zone, fault);
        streams.add(stream);
        return stream;
    }
}
