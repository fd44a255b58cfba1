package ch.sbb.esta.results.testkit.postgres;

import ch.sbb.esta.results.testkit.postgres.PostgresServer.Durability;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The processes and the data folder of an embedded server. */
final class EmbeddedServer {

    private static final Duration KILL_WAIT = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration START_WAIT = Duration.ofSeconds(40);
    private static final int STARTS = 3;
    private static final int LOG_LINES = 20;
    private static final int PORTS = 100;
    private static final int FIRST_PORT = 15_000;
    private static final int LAST_PORT = 32_000;

    private final Durability durability;
    private final @Nullable Path binaries;
    private final Path data;
    private final Path log;
    private final Duration shutdownGrace;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread reaper = new Thread(this::discard, "postgres-reaper");
    private @Nullable EmbeddedPostgres running;
    private int port;

    EmbeddedServer(Durability durability, @Nullable Path binaries, Duration shutdownGrace) {
        this.durability = durability;
        this.binaries = binaries;
        this.shutdownGrace = shutdownGrace;
        // Beside zonky's own: what a killed JVM leaves behind is cleaned up there by the next one.
        this.data = Path.of(System.getProperty("java.io.tmpdir"), "embedded-pg", "results-" + UUID.randomUUID());
        // Not in the data folder: initdb wants that empty, and a standby copies it.
        this.log = data.resolveSibling(data.getFileName() + ".log");
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    int port() {
        return port;
    }

    synchronized void start() {
        if (running != null) {
            throw new IllegalStateException("the server is running already");
        }
        boolean again = port != 0;
        for (int attempt = 1; running == null; attempt++) {
            try {
                port = again ? port : freePort();
                running = configured().start();
            } catch (IOException e) {
                killProcesses();
                // Between finding the port and listening on it another process may take it.
                if (again || attempt == STARTS) {
                    throw new UncheckedIOException(
                            "the embedded Postgres does not start on port " + port + "; its data are in " + data
                                    + "; it said last:\n" + logTail(),
                            e);
                }
            }
        }
    }

    /**
     * Outside of the ports that systems give to outgoing connections: while the server is stopped, none of them may hold its port, and no
     * client that tries to connect meets itself.
     */
    private static int freePort() throws IOException {
        IOException taken = new IOException("no free port from " + FIRST_PORT + " to " + LAST_PORT);
        for (int attempt = 0; attempt < PORTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT + 1);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                taken = e;
            }
        }
        throw taken;
    }

    private EmbeddedPostgres.Builder configured() throws IOException {
        Files.createDirectories(data);
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setPGStartupWait(START_WAIT)
                .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .setErrorRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .setServerConfig("password_encryption", "scram-sha-256")
                .setServerConfig("max_connections", "300")
                .setPort(port);
        if (durability == Durability.DURABLE) {
            builder.setServerConfig("fsync", "on").setServerConfig("synchronous_commit", "on");
        }
        if (binaries != null) {
            builder.setPgBinaryResolver(new JarBinaries(binaries));
        }
        return builder;
    }

    private String logTail() {
        try {
            List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "(its log " + log + " cannot be read: " + e + ")";
        }
    }

    synchronized void stop() {
        if (running != null) {
            try {
                running.close();
            } catch (IOException e) {
                throw new UncheckedIOException("the embedded Postgres does not stop", e);
            }
            running = null;
        }
    }

    synchronized void kill() {
        killProcesses();
        // Gives zonky's lock of the folder back; that the server is gone already is what it complains of.
        stop();
    }

    synchronized void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            // The JVM is ending and the hook runs beside us; both do the same.
        }
        try {
            stop();
            deleteData();
        } finally {
            closed.countDown();
        }
    }

    /** A stopped server with a copy of this one's data that follows this one once both run. This one is stopped for the copy. */
    synchronized EmbeddedServer copyAsStandby() {
        EmbeddedServer standby = new EmbeddedServer(durability, binaries, shutdownGrace);
        stop();
        try {
            copyData(standby.data);
            Files.createFile(standby.data.resolve("standby.signal"));
            Files.writeString(
                    standby.data.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=" + port + " user=postgres application_name=standby'\n"
                            + "wal_retrieve_retry_interval = '100ms'\n",
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            standby.close();
            throw new UncheckedIOException("the data in " + data + " cannot be copied for a standby", e);
        } finally {
            start();
        }
        return standby;
    }

    private void copyData(Path target) throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(file -> !file.endsWith("epg-lock")).toList()) {
                Files.copy(file, target.resolve(data.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private void discard() {
        try {
            if (closed.await(shutdownGrace.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        killProcesses();
        deleteData();
    }

    private void killProcesses() {
        try {
            Path pidFile = data.resolve("postmaster.pid");
            if (!Files.exists(pidFile)) {
                return;
            }
            long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).trim());
            ProcessHandle.of(pid).ifPresent(EmbeddedServer::killTree);
        } catch (IOException e) {
            throw new UncheckedIOException("the process of the embedded Postgres is not known", e);
        }
    }

    private static void killTree(ProcessHandle postmaster) {
        List<ProcessHandle> processes =
                Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
        processes.forEach(ProcessHandle::destroyForcibly);
        // Not by onExit(): of processes that are no children of ours it learns seconds later.
        long deadline = System.nanoTime() + KILL_WAIT.toNanos();
        for (ProcessHandle process : processes) {
            while (process.isAlive()) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("process " + process.pid() + " of Postgres does not die");
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }

    private void deleteData() {
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException("the log of the embedded Postgres stays in " + log, e);
        }
        if (!Files.exists(data)) {
            return;
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the data of the embedded Postgres stay in " + data, e);
        }
    }
}
