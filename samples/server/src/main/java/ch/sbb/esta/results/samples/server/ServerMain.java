package ch.sbb.esta.results.samples.server;

import ch.sbb.esta.results.ResultsException;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.ParameterException;

/** Serves until somebody presses Ctrl-C. */
public final class ServerMain {

    private ServerMain() {}

    /**
     * Runs the server and ends the JVM with its exit code.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        try {
            Optional<ServerOptions> options = ServerOptions.parse(arguments);
            return options.isEmpty() ? 0 : serve(options.get());
        } catch (ParameterException e) {
            System.err.println(e.getMessage() + "\nTry --help.");
            return 2;
        } catch (ResultsException | IOException e) {
            System.err.println("cannot serve: " + e.getMessage());
            return 3;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 3;
        }
    }

    private static int serve(ServerOptions options) throws IOException, InterruptedException {
        try (ServerParts parts = ServerParts.open(options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(parts.server()::close, "results-server-stop"));
            System.out.println("serving on port " + parts.server().port());
            parts.server().awaitClosed();
            return 0;
        }
    }
}
