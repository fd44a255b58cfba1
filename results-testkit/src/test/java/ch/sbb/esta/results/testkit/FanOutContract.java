package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.logs.FanOutConfig;
import ch.sbb.esta.results.logs.FanOutLogs;
import ch.sbb.esta.results.logs.UncopiedLog;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;

/** What is written through a fan-out is as the contract says, and afterwards the secondary has the same, or the fan-out names what not. */
abstract class FanOutContract extends LogSinkContract {

    private final Map<LogSink, Running> processes = new ConcurrentHashMap<>();
    private final Set<ContainerLogId> ids = ConcurrentHashMap.newKeySet();

    private record Running(FanOutLogs logs, CutSink primary, CutSink secondary, Runnable ends) {}

    /** A primary as one more process opens it. */
    abstract LogSink openPrimary();

    /** A secondary as one more process opens it. */
    abstract LogSink openSecondary();

    /** A sink ends as that of a killed process does. */
    abstract void end(LogSink primaryOrSecondary);

    abstract void closeStorage();

    abstract LogSource primarySource();

    abstract LogSource secondarySource();

    @Override
    protected final LogSink openSink() {
        LogSink openedPrimary = openPrimary();
        LogSink openedSecondary = openSecondary();
        CutSink primary = new CutSink(openedPrimary, ids::add);
        CutSink secondary = new CutSink(openedSecondary, id -> {});
        FanOutConfig config = FanOutConfig.builder()
                .minPause(Duration.ofMillis(1))
                .maxPause(Duration.ofMillis(20))
                .build();
        FanOutLogs logs = new FanOutLogs(primary, primarySource(), secondary, config);
        processes.put(logs, new Running(logs, primary, secondary, () -> {
            end(openedPrimary);
            end(openedSecondary);
        }));
        return logs;
    }

    @Override
    protected final void kill(LogSink killed) {
        Running running = processes.remove(killed);
        assertThat(running).isNotNull();
        running.primary.cut();
        running.secondary.cut();
        running.ends.run();
        // Only ends its threads: neither side takes anything from it any more.
        running.logs.close();
    }

    @Override
    protected final LogSource openSource() {
        return primarySource();
    }

    @AfterEach
    final void theSecondaryHasTheSameOrItIsNamed() throws IOException {
        Set<ContainerLogId> named = new HashSet<>();
        for (Running running : processes.values()) {
            running.logs.close();
            running.logs.uncopied().stream().map(UncopiedLog::id).forEach(named::add);
        }
        for (ContainerLogId id : ids) {
            LogInfo info = primarySource().find(id).orElse(null);
            if (info != null && info.isSealed() && !named.contains(id)) {
                assertThat(secondarySource().find(id)).contains(info);
                assertThat(digest(secondarySource(), id)).isEqualTo(digest(primarySource(), id));
                assertThat(lines(secondarySource(), id)).isEqualTo(lines(primarySource(), id));
            }
        }
        closeStorage();
    }

    private static String digest(LogSource source, ContainerLogId id) throws IOException {
        try (InputStream in = source.read(id, 0, Long.MAX_VALUE)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static List<LogLine> lines(LogSource source, ContainerLogId id) throws IOException {
        List<LogLine> all = new ArrayList<>();
        try (LogLines lines = source.lines(id, 0)) {
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                all.add(line);
            }
        }
        return all;
    }
}
