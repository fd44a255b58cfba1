package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogSource;
import java.io.InputStream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * Shows logs to people: some of their lines, with times and markers put in, or as they grow.
 *
 * <p>Without annotations the text is what the container emitted, byte by byte. Thread-safe; each stream belongs to one thread and may be
 * closed by another one, which ends a blocked read with an {@link java.io.IOException}.
 */
public final class LogView {

    private static final Duration DEFAULT_PAUSE = Duration.ofSeconds(1);

    private final LogSource source;
    private final Duration pause;

    /**
     * Creates a view that looks for more of a followed log every second.
     *
     * @param source where the logs are
     */
    public LogView(LogSource source) {
        this(source, DEFAULT_PAUSE);
    }

    /**
     * Creates a view.
     *
     * @param source where the logs are
     * @param pause between two looks for more of a followed log, at least 10 milliseconds
     * @throws ResultsException {@code INVALID} for a shorter pause
     */
    public LogView(LogSource source, Duration pause) {
        this.source = Objects.requireNonNull(source, "source");
        this.pause = Objects.requireNonNull(pause, "pause");
        if (pause.compareTo(Duration.ofMillis(10)) < 0) {
            throw ResultsException.invalid("the pause of " + pause + " is shorter than 10 milliseconds");
        }
    }

    /**
     * Opens lines of a log, as far as they are stored now.
     *
     * @param id which log
     * @param selection which lines
     * @param annotations what is put in
     * @return the text
     * @throws ResultsException {@code NOT_FOUND} when nothing of the log is stored; what the source throws
     */
    public InputStream open(ContainerLogId id, LogSelection selection, Set<LogAnnotation> annotations) {
        LogInfo info = info(id);
        LogSpan span = source.locate(id, selection);
        long end = span.offset() + span.bytes();
        boolean toTheEnd = end >= info.extent().bytes();
        return new AnnotatedText(
                source,
                info,
                copy(annotations),
                span.offset(),
                toTheEnd ? info.extent().bytes() : end,
                null);
    }

    /**
     * Opens lines of a log and goes on with what comes, until the log is sealed or the stream is closed. What another process writes
     * comes segment by segment, after ten seconds at the latest unless configured otherwise; what this process writes, at once.
     *
     * @param id which log
     * @param selection where to begin; which lines it ends with does not matter
     * @param annotations what is put in
     * @return the text; its end is the end of the sealed log
     * @throws ResultsException {@code NOT_FOUND} when nothing of the log is stored; what the source throws
     */
    public InputStream follow(ContainerLogId id, LogSelection selection, Set<LogAnnotation> annotations) {
        LogInfo info = info(id);
        LogSpan span = source.locate(id, selection);
        return new AnnotatedText(source, info, copy(annotations), span.offset(), Long.MAX_VALUE, pause);
    }

    private LogInfo info(ContainerLogId id) {
        return source.find(Objects.requireNonNull(id, "id")).orElseThrow(() -> ResultsException.notFound(id));
    }

    private static Set<LogAnnotation> copy(Set<LogAnnotation> annotations) {
        return annotations.isEmpty() ? EnumSet.noneOf(LogAnnotation.class) : EnumSet.copyOf(annotations);
    }
}
