package ch.sbb.esta.results.jdbi;

import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A real PgBouncer in transaction mode in front of a server, as far as its program is on this machine. */
final class PgBouncer implements AutoCloseable {

    private static final String PROGRAM = "pgbouncer";

    private final Process process;
    private final int port;

    private PgBouncer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts it, or returns empty where the variable names none and none is on the path or in {@code /usr/sbin}. */
    static Optional<PgBouncer> open(PostgresDatabase database, int serverPort) {
        return named().or(() -> Stream.concat(
                                Stream.of(
                                        System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)),
                                Stream.of("/usr/sbin"))
                        .map(folder -> Path.of(folder, PROGRAM))
                        .filter(Files::isExecutable)
                        .findFirst())
                .map(program -> start(program, database, serverPort));
    }

    /** The program that the environment variable {@code PGBOUNCER} names. */
    static Optional<Path> named() {
        return Optional.ofNullable(System.getenv("PGBOUNCER")).map(Path::of);
    }

    private static PgBouncer start(Path program, PostgresDatabase database, int serverPort) {
        try {
            Path folder = Files.createTempDirectory("results-pgbouncer");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            int port = freePort();
            Path settings = folder.resolve("pgbouncer.ini");
            Path users = folder.resolve("users.txt");
            Files.writeString(users, "\"" + database.user() + "\" \"" + database.password() + "\"\n");
            Files.writeString(settings, """
                    [databases]
                    * = host=127.0.0.1 port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = scram-sha-256
                    auth_file = %s
                    pool_mode = transaction
                    max_client_conn = 100
                    default_pool_size = 3
                    server_round_robin = 1
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(serverPort, port, users));
            List<String> command = new ArrayList<>(List.of(program.toString(), "-q"));
            if (System.getProperty("user.name").equals("root")) {
                command.addAll(List.of("-u", "nobody"));
            }
            command.add(settings.toString());
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            await().atMost(ONE_MINUTE).until(() -> !process.isAlive() || isListening(port));
            if (!process.isAlive()) {
                throw new IllegalStateException("PgBouncer has ended: " + Files.readString(folder.resolve("log")));
            }
            return new PgBouncer(process, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** The same database, through the pooler. */
    PostgresDatabase database(PostgresDatabase direct) {
        String url = direct.jdbcUrl().replaceFirst("//localhost:[0-9]+", "//127.0.0.1:" + port);
        return new PostgresDatabase(url, direct.user(), direct.password());
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
