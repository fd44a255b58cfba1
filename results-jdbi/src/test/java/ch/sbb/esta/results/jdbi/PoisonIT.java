package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Runs that Postgres refuses do not hold up the others. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class PoisonIT {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private String schema;
    private JdbiResultsStore store;

    @BeforeEach
    void storeOneBefore() {
        schema = fixture.newSchema();
        store = JdbiResultsStore.builder(fixture.pool(), schema).build();
        store.archive(List.of(Fixture.run("known", "1", "{}")));
    }

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void aNumberThatIsTooLargeIsQuarantinedAndTheOthersAreStored() {
        List<RunPlacement> batch = batch();
        batch.add(17, Fixture.run("poison-1", "1", "{\"secret\":1e200000}"));
        batch.add(33, Fixture.run("poison-2", "1", "{\"secret\":-1e200000}"));
        batch.add(34, Fixture.run("known", "2", "{\"b\":1}"));

        List<ArchiveOutcome> outcomes = store.archive(batch);

        for (int i = 0; i < batch.size(); i++) {
            Status expected = i == 17 || i == 33 ? Status.QUARANTINED : i == 34 ? Status.UPDATED : Status.CREATED;
            assertThat(outcomes.get(i).status()).as("element %s", i).isEqualTo(expected);
        }
        assertThat(outcomes.get(17).code()).contains(Code.INVALID);
        assertThat(outcomes.get(17).reason()).contains("22003").doesNotContain("1e200000");
        assertThat(store.list("", 10).items())
                .extracting(QuarantinedRun::namespace)
                .containsExactly("ci", "ci");
        QuarantinedRun kept = store.find(QuarantinedRun.of(
                                "ci", outcomes.get(17), batch.get(17).run().json(), java.time.Instant.EPOCH)
                        .id())
                .orElseThrow();
        assertThat(kept.data()).isEqualTo(batch.get(17).run().json());
        assertThat(store.listRecords(ListQuery.of("ci/results/-").pageSize(1000))
                        .items())
                .hasSize(51);
        assertThat(store.listResults(ListQuery.of("ci").pageSize(1000)).items()).hasSize(51);
        assertThat(store.archive(batch))
                .extracting(ArchiveOutcome::isArchived)
                .contains(false)
                .contains(true);
        assertThat(fixture.query("SELECT count FROM \"" + schema + "\".esta_quarantine"))
                .containsExactly("2", "2");
    }

    @Test
    void aRowThatATriggerRefusesIsQuarantinedWithoutItsText() {
        trigger("RAISE EXCEPTION 'secret %%', NEW.data");

        List<ArchiveOutcome> outcomes = archiveWithPoison();

        assertThat(outcomes.get(5).reason()).contains("P0001").doesNotContain("secret");
        assertThat(outcomes.get(5).code()).contains(Code.INVALID);
    }

    @Test
    void aRowThatATriggerSwallowsIsQuarantined() {
        trigger("RETURN NULL");

        assertThat(archiveWithPoison().get(5).reason()).contains("did not keep it");
    }

    @Test
    void aRowThatAConstraintRefusesIsQuarantinedWithTheNameOfTheConstraint() {
        fixture.execute("ALTER TABLE \"" + schema + "\".records ADD CONSTRAINT no_poison CHECK (name <> 'poison')");

        assertThat(archiveWithPoison().get(5).reason())
                .contains("23514")
                .contains("no_poison")
                .doesNotContain("Failing");
    }

    @Test
    void aRowThatAnIndexFoundAtCommitRefusesIsQuarantined() {
        fixture.execute("""
                CREATE FUNCTION "%1$s".late() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF NEW.name = 'poison' THEN RAISE EXCEPTION 'secret'; END IF; RETURN NEW; END $$;
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON "%1$s".records DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION "%1$s".late()""".formatted(schema));

        assertThat(archiveWithPoison().get(5).reason()).contains("P0001").doesNotContain("secret");
    }

    @Test
    void aPoisonedSummaryIsQuarantinedWithItsRun() {
        RunPlacement poison = Fixture.placed("""
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"namespace":"ci","name":"n","uid":"poison"},
                 "status":{"startTime":"+400000-01-01T00:00:00Z"}}""");

        List<ArchiveOutcome> outcomes = store.archive(List.of(Fixture.run("a", "1", "{}"), poison));

        assertThat(outcomes).extracting(ArchiveOutcome::status).containsExactly(Status.CREATED, Status.QUARANTINED);
        assertThat(store.findResult(poison.record().result())).isEmpty();
    }

    private void trigger(String statement) {
        fixture.execute("""
                CREATE FUNCTION "%1$s".refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF NEW.name = 'poison' THEN %2$s; END IF; RETURN NEW; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON "%1$s".records FOR EACH ROW EXECUTE FUNCTION "%1$s".refuse()""".formatted(schema, statement.replace("%%", "%")));
    }

    private List<ArchiveOutcome> archiveWithPoison() {
        List<RunPlacement> batch = batch();
        batch.add(5, Fixture.run("poison", "1", "{\"secret\":1}"));
        List<ArchiveOutcome> outcomes = store.archive(batch);
        assertThat(outcomes.get(5).status()).isEqualTo(Status.QUARANTINED);
        outcomes.stream()
                .filter(outcome -> !outcome.equals(outcomes.get(5)))
                .forEach(outcome -> assertThat(outcome.status()).isEqualTo(Status.CREATED));
        assertThat(store.listRecords(ListQuery.of("ci/results/-").pageSize(1000))
                        .items())
                .hasSize(51);
        assertThat(store.list("", 10).items()).hasSize(1);
        return outcomes;
    }

    private static List<RunPlacement> batch() {
        List<RunPlacement> batch = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            batch.add(Fixture.run("fine-" + i, "1", "{\"i\":" + i + "}"));
        }
        return batch;
    }
}
