package ch.sbb.esta.results.samples.standalone;

import com.zaxxer.hikari.HikariConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which Postgres. */
final class PostgresOptions {

    @Option(names = "--jdbc-url", paramLabel = "URL", description = "archive into this Postgres, jdbc:postgresql://…")
    @Nullable
    String url;

    @Option(names = "--jdbc-user", paramLabel = "USER", description = "its user")
    @Nullable
    String user;

    @Option(names = "--jdbc-password-file", paramLabel = "FILE", description = "a file with its password")
    @Nullable
    Path passwordFile;

    @Option(
            names = "--jdbc-schema",
            paramLabel = "NAME",
            defaultValue = "results",
            description = "the schema of the tables (${DEFAULT-VALUE})")
    String schema = "results";

    /** Adds what contradicts itself. */
    void check(List<String> wrong) {
        if ((url == null) != (user == null)) {
            wrong.add("--jdbc-url and --jdbc-user go together");
        }
        if (url == null && passwordFile != null) {
            wrong.add("--jdbc-password-file needs --jdbc-url");
        }
    }

    /** Lets a pool log in to it. */
    void configure(HikariConfig pool) throws IOException {
        pool.setJdbcUrl(url);
        pool.setUsername(user);
        if (passwordFile != null) {
            pool.setPassword(Files.readString(passwordFile).strip());
        }
    }
}
