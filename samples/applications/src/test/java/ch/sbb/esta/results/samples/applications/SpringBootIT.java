package ch.sbb.esta.results.samples.applications;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

class SpringBootIT extends ApplicationScene {

    @Override
    Framework framework(PostgresDatabase database) throws IOException {
        Path jar = SAMPLES.resolve("spring-boot/target/results-spring-boot-0.1.0-SNAPSHOT.jar");
        try (JarFile libraries = new JarFile(jar.toFile())) {
            assertThat(libraries.getEntry("BOOT-INF/lib/" + FABRIC8)).isNotNull();
        }
        Map<String, String> properties = Map.of(
                "server.port", "0",
                "spring.datasource.url", database.jdbcUrl(),
                "spring.datasource.username", database.user(),
                "spring.datasource.password", database.password());
        return new Framework(
                jar,
                properties,
                Pattern.compile("Tomcat started on port (\\d+)"),
                "/actuator/health/readiness",
                "/actuator/health/liveness",
                "/actuator/prometheus");
    }
}
