package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.nio.file.Path;

/** One server for each version of Postgres, for all tests of this module; they end with the JVM. */
final class Servers {

    private Servers() {}

    static PostgresServer current() {
        return Current.SERVER;
    }

    static PostgresServer oldest() {
        return Oldest.SERVER;
    }

    private static final class Current {
        static final PostgresServer SERVER = PostgresServer.open();
    }

    private static final class Oldest {
        static final PostgresServer SERVER = PostgresServer.builder()
                .binaries(Path.of("target", "oldest-postgres.jar"))
                .start();
    }
}
