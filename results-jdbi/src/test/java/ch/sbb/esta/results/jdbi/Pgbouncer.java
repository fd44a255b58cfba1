package ch.sbb.esta.results.jdbi;

import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A PgBouncer in transaction mode before one server, with few connections behind many. */
final class Pgbouncer implements AutoCloseable {

    private final int port;
    private final Process process;

    /** @param binary the program */
    Pgbouncer(Path binary, int serverPort, PostgresDatabase login) {
        try {
            port = freePort();
            Path folder = Files.createTempDirectory("pgbouncer");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Path users = Files.writeString(
                    folder.resolve("users.txt"), "\"" + login.user() + "\" \"" + login.password() + "\"\n");
            Path config = Files.writeString(folder.resolve("pgbouncer.ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = trust
                    auth_file = %s
                    pool_mode = transaction
                    default_pool_size = 3
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(serverPort, port, users));
            List<String> command = new ArrayList<>(List.of(binary.toString()));
            if (System.getProperty("user.name").equals("root")) {
                // It refuses to run as root.
                command.add("--user=nobody");
            }
            command.add(config.toString());
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            await().atMost(Duration.ofSeconds(20)).until(this::answers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            if (!process.isAlive()) {
                throw new IllegalStateException("PgBouncer has ended with " + process.exitValue(), e);
            }
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
    }
}
