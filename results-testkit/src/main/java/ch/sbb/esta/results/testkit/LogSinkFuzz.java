package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Writes, flushes, closes and kills at random, and compares with a model after every step that makes something durable. */
final class LogSinkFuzz {

    private static final int STEPS = 250;
    private static final List<Reason> REASONS = List.of(Reason.values());

    private final long seed;
    private final Random random;
    private final ContainerLogId id;
    private final Supplier<LogSink> open;
    private final Consumer<LogSink> kill;
    private final LogSource source;

    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final List<Line> lines = new ArrayList<>();
    private final List<LogDefect> defects = new ArrayList<>();
    private int flushedBytes;
    private int flushedDefects;
    private Instant clock = Instant.parse("2026-03-01T10:00:00Z");
    private LogSink sink;
    private LogWriter writer;

    private record Line(Instant time, int start) {}

    LogSinkFuzz(long seed, ContainerLogId id, Supplier<LogSink> open, Consumer<LogSink> kill, LogSource source) {
        this.seed = seed;
        this.random = new Random(seed);
        this.id = id;
        this.open = open;
        this.kill = kill;
        this.source = source;
        this.sink = open.get();
        this.writer = sink.open(id);
    }

    void run() throws IOException {
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(20)) {
                case 0 -> flush();
                case 1 -> defect();
                case 2 -> crash();
                case 3 -> reopen();
                case 4, 5 -> bytes();
                default -> line();
            }
            assertThat(writer.info().extent().bytes()).as(place(step)).isEqualTo(text.size());
            if (step % 10 == 0) {
                assertThat(writer.lastLines()).as(place(step)).isEqualTo(marks());
            }
        }
        LogInfo sealed = writer.seal();
        assertThat(sealed.state()).as(place(STEPS)).isEqualTo(LogState.sealed(defects));
        assertThat(sealed.defects()).as(place(STEPS)).isEqualTo(defects);
        assertThat(sealed.extent().lines()).as(place(STEPS)).isEqualTo(lines.size());
        assertThat(source.find(id)).as(place(STEPS)).contains(sealed);
        for (int i = 0; i < 20; i++) {
            compareRange(STEPS + i);
        }
    }

    private void line() {
        clock = clock.plusNanos(random.nextInt(1_000_000_000) - 1000);
        writer.beginLine(clock);
        lines.add(new Line(clock, text.size()));
        append(1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 200));
    }

    private void bytes() {
        if (!lines.isEmpty()) {
            append(1 + random.nextInt(300));
        }
    }

    private void append(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : 'a' + i % 7);
        }
        writer.append(bytes, 0, size);
        text.writeBytes(bytes);
    }

    private void defect() {
        Reason reason = REASONS.get(random.nextInt(REASONS.size()));
        String detail = "seen " + defects.size();
        if (defects.size() < 50) {
            writer.defect(reason, detail);
            defects.add(new LogDefect(reason, text.size(), detail));
        }
    }

    private void flush() throws IOException {
        writer.flush();
        flushedBytes = text.size();
        flushedDefects = defects.size();
        compareRange(0);
        if (flushedBytes > 0 || flushedDefects > 0) {
            assertThat(source.find(id)).as(place(0)).contains(writer.info());
        }
    }

    /** Nothing that was flushed may be missing, and nothing may be there that was not written. */
    private void crash() throws IOException {
        kill.accept(sink);
        sink = open.get();
        writer = sink.open(id);
        LogInfo info = writer.info();
        int durable = (int) info.extent().bytes();
        assertThat(durable).as(place(0)).isBetween(flushedBytes, text.size());
        byte[] written = text.toByteArray();
        text.reset();
        text.write(written, 0, durable);
        lines.removeIf(line -> line.start >= durable);
        assertThat(info.extent().lines()).as(place(0)).isEqualTo(lines.size());
        assertThat(info.defects().size()).as(place(0)).isBetween(flushedDefects, defects.size());
        assertThat(info.defects())
                .as(place(0))
                .isEqualTo(defects.subList(0, info.defects().size()));
        defects.subList(info.defects().size(), defects.size()).clear();
        flushedBytes = durable;
        flushedDefects = defects.size();
        assertThat(writer.lastLines()).as(place(0)).isEqualTo(marks());
        compareRange(0);
    }

    private void reopen() throws IOException {
        writer.close();
        writer = sink.open(id);
        flushedBytes = text.size();
        flushedDefects = defects.size();
        assertThat(writer.info().defects()).as(place(0)).isEqualTo(defects);
        assertThat(writer.lastLines()).as(place(0)).isEqualTo(marks());
        compareRange(0);
    }

    private void compareRange(int step) throws IOException {
        if (flushedBytes == 0 && source.find(id).isEmpty()) {
            return;
        }
        byte[] all = text.toByteArray();
        int from = step == 0 ? 0 : random.nextInt(all.length + 10);
        int length = step == 0 ? all.length : random.nextInt(all.length + 10);
        try (InputStream in = source.read(id, from, length)) {
            byte[] expected = from >= all.length
                    ? new byte[0]
                    : Arrays.copyOfRange(all, from, Math.min(all.length, from + length));
            assertThat(in.readAllBytes()).as(place(step)).isEqualTo(expected);
        }
        compareLines(step, all.length);
    }

    private void compareLines(int step, int end) throws IOException {
        int from = random.nextInt(end + 2);
        List<LogLine> expected = lines.stream()
                .filter(line -> line.start >= from)
                .map(line -> new LogLine(line.start, line.time))
                .toList();
        List<LogLine> found = new ArrayList<>();
        try (LogLines in = source.lines(id, from)) {
            for (LogLine line = in.next(); line != null; line = in.next()) {
                found.add(line);
            }
        }
        assertThat(found).as("lines from %d on, %s", from, place(step)).isEqualTo(expected);
        int first = random.nextInt(lines.size() + 2);
        int count = random.nextInt(lines.size() + 2);
        compareSpan(step, LogSelection.lines(first, count), first, first + count);
        compareSpan(step, LogSelection.last(count), lines.size() - count, lines.size());
        Instant since = clock.minusMillis(random.nextInt(1 + 200 * lines.size()));
        int at = 0;
        while (at < lines.size() && lines.get(at).time.isBefore(since)) {
            at++;
        }
        compareSpan(step, LogSelection.since(since), at, lines.size());
    }

    private void compareSpan(int step, LogSelection selection, int first, int last) {
        int from = Math.min(Math.max(0, first), lines.size());
        int to = Math.min(last, lines.size());
        LogSpan expected = new LogSpan(start(from), start(to) - start(from), from, to - from);
        assertThat(source.locate(id, selection))
                .as("%s of %d lines, %s", selection, lines.size(), place(step))
                .isEqualTo(expected);
    }

    private long start(int line) {
        return line < lines.size() ? lines.get(line).start : text.size();
    }

    private List<LineMark> marks() {
        byte[] all = text.toByteArray();
        List<LineMark> marks = new ArrayList<>();
        for (int i = Math.max(0, lines.size() - LineMark.KEPT); i < lines.size(); i++) {
            int end = i + 1 < lines.size() ? lines.get(i + 1).start : all.length;
            Line line = lines.get(i);
            marks.add(LogSinkContract.mark(line.time, Arrays.copyOfRange(all, line.start, end)));
        }
        return marks;
    }

    private String place(int step) {
        return "seed " + seed + ", step " + step;
    }
}
