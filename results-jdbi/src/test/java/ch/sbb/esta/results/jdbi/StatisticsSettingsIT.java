package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Grouping.ByField;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatisticsSettingsIT {

    private static final StatisticsQuery ALL = StatisticsQuery.builder("-").build();

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @AfterAll
    void close() {
        fixture.close();
    }

    private String schemaWith(String... uids) {
        String schema = fixture.newSchema();
        for (String uid : uids) {
            JdbiResultsStore.builder(fixture.pool(), schema).build().archive(List.of(Fixture.run(uid, "1", "{}")));
        }
        return schema;
    }

    @Test
    void theRunsOfSeveralSchemasAreOneSet() {
        String one = schemaWith("a", "b");
        String two = schemaWith("c");
        fixture.execute(
                "UPDATE \"%1$s\".esta_filling SET finished_time = NULL; DELETE FROM \"%1$s\".esta_runs".formatted(two));

        JdbiRecordStatistics statistics =
                JdbiRecordStatistics.builder(fixture.pool(), one).schema(two).build();

        assertThat(statistics.summarize(ALL).rows().get(0).count(Aggregate.TOTAL))
                .isEqualTo(3);
        RunStatistics grouped = statistics.summarize(
                StatisticsQuery.builder("ci").groupBy(ByField.NAMESPACE).build());
        assertThat(grouped.rows())
                .containsExactly(StatisticsRow.builder()
                        .group("ci")
                        .count(Aggregate.TOTAL, 3)
                        .build());
    }

    @Test
    void rowsThatAreNotFilledYetAreCountedToo() {
        String schema = schemaWith("a", "b");
        fixture.execute("UPDATE \"%1$s\".esta_filling SET finished_time = NULL;".formatted(schema)
                + "DELETE FROM \"%1$s\".esta_runs WHERE record_id IN (SELECT id FROM \"%1$s\".records WHERE name = 'a')"
                        .formatted(schema));

        JdbiRecordStatistics statistics =
                JdbiRecordStatistics.builder(fixture.pool(), schema).build();
        assertThat(statistics.summarize(ALL).rows().get(0).count(Aggregate.TOTAL))
                .isEqualTo(2);
    }

    @Test
    void aSchemaWithoutTablesIsAFailureAndNoZero() {
        JdbiRecordStatistics statistics =
                JdbiRecordStatistics.builder(fixture.pool(), "nowhere").build();

        assertThatThrownBy(() -> statistics.summarize(ALL))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INTERNAL))
                .hasMessageContaining("run the migrations");
    }

    @Test
    void aQueryThatTakesTooLongEndsWithTimeout() {
        String schema = schemaWith("a");
        fixture.execute(
                "ALTER TABLE \"%1$s\".esta_runs RENAME TO kept; CREATE VIEW \"%1$s\".esta_runs AS SELECT k.*, 1 AS slept FROM \"%1$s\".kept k, pg_sleep(20)"
                        .formatted(schema));

        JdbiRecordStatistics statistics = JdbiRecordStatistics.builder(fixture.pool(), schema)
                .statementTimeout(Duration.ofMillis(300))
                .build();
        assertThatThrownBy(() -> statistics.summarize(ALL))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.TIMEOUT));
    }

    @Test
    void allWrongSettingsAreNamedAtOnce() {
        assertThatThrownBy(() -> JdbiRecordStatistics.builder(fixture.pool(), "pg_temp")
                        .schema("a\"b")
                        .statementTimeout(Duration.ZERO)
                        .build())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("pg_temp")
                .hasMessageContaining("a\\\"b")
                .hasMessageContaining("statementTimeout");
    }
}
