package ch.sbb.esta.results.samples.applications;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

class QuarkusIT extends ApplicationScene {

    @Override
    Framework framework(PostgresDatabase database) throws IOException {
        Path folder = SAMPLES.resolve("quarkus/target/quarkus-app");
        assertThat(folder.resolve("lib/main/io.fabric8." + FABRIC8)).exists();
        Map<String, String> properties = Map.of(
                "quarkus.http.port", "0",
                "quarkus.http.host", "127.0.0.1",
                "quarkus.datasource.jdbc.url", database.jdbcUrl(),
                "quarkus.datasource.username", database.user(),
                "quarkus.datasource.password", database.password());
        return new Framework(
                folder.resolve("quarkus-run.jar"),
                properties,
                Pattern.compile("Listening on: http://[^:]+:(\\d+)"),
                "/q/health/ready",
                "/q/health/live",
                "/q/metrics");
    }
}
