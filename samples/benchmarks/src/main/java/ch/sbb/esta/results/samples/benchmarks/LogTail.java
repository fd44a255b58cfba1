package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/** What the last lines of a large sealed log cost to read. */
final class LogTail implements Benchmark {

    private static final int LINES = 1000;
    private static final ContainerLogId ID = new ContainerLogId("team-a", "task-run", "pod", Pods.CONTAINER, 0);

    private final long bytes;

    LogTail(long bytes) {
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return "log-tail";
    }

    @Override
    public String description() {
        return "bytes fetched from the blob store to read the last " + LINES
                + " lines of a sealed log / bytes of its gzip file";
    }

    @Override
    public String run(PrintStream out) throws IOException {
        LogLinesText text = LogLinesText.load();
        try (TemporaryFolder folder = TemporaryFolder.make()) {
            LogInfo log = write(folder.path(), text);
            long sealed = textFile(store(folder.path())).size();
            CountingBlobStore counting = new CountingBlobStore(store(folder.path()));
            try (SegmentedLogs stored = open(counting, folder.path())) {
                long start = System.nanoTime();
                LogSpan last = stored.locate(ID, LogSelection.last(LINES));
                byte[] read;
                try (InputStream in = stored.read(ID, last.offset(), last.bytes())) {
                    read = in.readAllBytes();
                }
                double millis = (System.nanoTime() - start) / 1e6;
                requireLastLines(text, read);
                return String.format(
                        Locale.ROOT,
                        "ratio=%.4f fetched=%d sealed=%d requests=%d read=%d millis=%.0f bytes=%d",
                        (double) counting.bytes() / sealed,
                        counting.bytes(),
                        sealed,
                        counting.requests(),
                        read.length,
                        millis,
                        log.extent().bytes());
            }
        }
    }

    private static BlobStore store(Path folder) {
        return new FileSystemBlobStore(folder.resolve("blobs"));
    }

    private static SegmentedLogs open(BlobStore store, Path folder) {
        return new SegmentedLogs(
                store,
                LogStoreConfig.builder().spoolDirectory(folder.resolve("spool")).build());
    }

    private LogInfo write(Path folder, LogLinesText text) {
        Random random = new Random(20261121);
        Instant time = Instant.parse("2026-11-20T10:00:00Z");
        try (SegmentedLogs stored = open(store(folder), folder);
                LogWriter writer = stored.open(ID)) {
            for (int i = text.repetitions(bytes); i > 0; i--) {
                for (int at = 0; at < text.bytes().length; ) {
                    int end = text.endOfLine(at);
                    time = time.plusNanos(random.nextInt(20_000));
                    writer.beginLine(time);
                    writer.append(text.bytes(), at, end - at);
                    at = end;
                }
            }
            return writer.seal();
        }
    }

    /** The largest blob. */
    private static BlobStore.Blob textFile(BlobStore store) {
        return store.list(ID.path() + "/", "").items().stream()
                .filter(blob -> blob.key().endsWith(".log.gz"))
                .max(java.util.Comparator.comparingLong(BlobStore.Blob::size))
                .orElseThrow();
    }

    private static void requireLastLines(LogLinesText text, byte[] read) {
        int from = text.bytes().length;
        for (int lines = 0; lines < LINES; lines++) {
            do {
                from--;
            } while (from > 0 && text.bytes()[from - 1] != '\n');
        }
        if (!Arrays.equals(read, Arrays.copyOfRange(text.bytes(), from, text.bytes().length))) {
            throw new IllegalStateException("what was read is not the last " + LINES + " lines");
        }
    }
}
