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

    static PostgresServer postgres15() {
        return Postgres15.SERVER;
    }

    static PostgresServer postgres16() {
        return Postgres16.SERVER;
    }

    static PostgresServer postgres17() {
        return Postgres17.SERVER;
    }

    private static PostgresServer start(String jar) {
        return PostgresServer.builder().binaries(Path.of("target", jar)).start();
    }

    private static final class Current {
        static final PostgresServer SERVER = PostgresServer.open();
    }

    private static final class Oldest {
        static final PostgresServer SERVER = start("oldest-postgres.jar");
    }

    private static final class Postgres15 {
        static final PostgresServer SERVER = start("postgres-15.jar");
    }

    private static final class Postgres16 {
        static final PostgresServer SERVER = start("postgres-16.jar");
    }

    private static final class Postgres17 {
        static final PostgresServer SERVER = start("postgres-17.jar");
    }
}
