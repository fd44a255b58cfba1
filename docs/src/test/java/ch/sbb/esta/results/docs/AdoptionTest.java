package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.jdbi.Adoption;
import ch.sbb.esta.results.jdbi.AdoptionStatus;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The program of the chapter on Postgres. */
class AdoptionTest {

    @Test
    void aSchemaIsCompleteAfterwards() {
        try (PostgresServer postgres = PostgresServer.open()) {
            DataSource dataSource = postgres.newDatabase().dataSource();

            // snippet: adopt
            new Migrations(dataSource, "tekton-results").migrate();
            AdoptionStatus status = new Adoption(dataSource, "tekton-results").run();
            // end snippet

            assertThat(status.remaining()).isEmpty();
        }
    }
}
