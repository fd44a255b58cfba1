package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantStoresIT {

    private final Tenants tenants = new Tenants(Servers.current(), "a", "b", "c");
    private final Fixture elsewhere = new Fixture(Servers.current().newDatabase());
    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T12:00:00Z"));
    private final TenantStores stores = tenants.stores().clock(clock).build();
    private final RoutedResultsStore store = stores.routed();

    @BeforeEach
    void empty() {
        tenants.empty();
    }

    @AfterEach
    void noConnectionLeaked() {
        tenants.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        tenants.close();
        elsewhere.close();
    }

    @Test
    void eachNamespaceIsInItsOwnSchemaAndBelongsToItsOwner() {
        store.archive(List.of(run("a", "1"), run("b", "2"), run("a", "3")));

        assertThat(ids("a")).containsExactly("1", "3");
        assertThat(ids("b")).containsExactly("2");
        assertThat(rows("a")).containsExactly("a | 1", "a | 3");
        assertThat(rows("b")).containsExactly("b | 2");
        assertThat(rows("c")).isEmpty();
    }

    @Test
    void aNamespaceThatIsNoTenantIsRefusedWithWhatToDo() {
        assertFails(Code.NOT_FOUND, "\"nobody\"", () -> stores.store("nobody"));
        assertThatThrownBy(() -> stores.store("nobody")).hasMessageContaining("provision");
        assertFails(Code.NOT_FOUND, "\"nobody\"", () -> store.listResults(ListQuery.of("nobody")));
    }

    @Test
    void aTenantIsSeenWhenItIsProvisionedAndRefusedSoonAfterItIsRemoved() {
        assertFails(Code.NOT_FOUND, "late", () -> stores.store("late"));

        tenants.provision("late");
        store.archive(List.of(run("late", "1")));
        assertThat(ids("late")).containsExactly("1");
        assertThat(ids("-")).containsExactly("1");

        tenants.provisioner().remove("late", Removal.retain());
        clock.advance(Duration.ofSeconds(11));
        assertFails(Code.NOT_FOUND, "RETAINED", () -> store.listResults(ListQuery.of("late")));
        assertThat(ids("-")).isEmpty();

        tenants.provision("late");
        assertThat(ids("late")).containsExactly("1");
    }

    @Test
    void oneTenantThatFailsDoesNotKeepTheOthersFromBeingArchived() {
        String broken = Identifiers.quote(tenants.tenant("b").schema());
        tenants.database().execute("ALTER TABLE " + broken + ".records RENAME TO gone");
        try {
            assertThatThrownBy(() -> store.archive(List.of(run("b", "1"), run("a", "2"), run("c", "3"))))
                    .isInstanceOf(ResultsException.class);

            assertThat(rows("a")).containsExactly("a | 2");
            assertThat(rows("c")).containsExactly("c | 3");
            assertThat(store.findUnreadable()).containsExactly("b");
            assertThat(ids("-")).containsExactly("2", "3");
        } finally {
            tenants.database().execute("ALTER TABLE " + broken + ".gone RENAME TO records");
        }
        assertThat(store.findUnreadable()).isEmpty();
    }

    @Test
    void runsOfNoTenantArePutAsideAndTheOthersArchived() {
        JdbiResultsStore homeless = JdbiResultsStore.builder(elsewhere.pool(), elsewhere.newSchema())
                .build();
        RoutedResultsStore routed = stores.routed(homeless);

        List<ArchiveOutcome> outcomes = routed.archive(List.of(run("nobody", "1"), run("a", "2")));

        assertThat(outcomes).extracting(ArchiveOutcome::status).containsExactly(Status.QUARANTINED, Status.CREATED);
        assertThat(homeless.list("", 10).items()).singleElement().satisfies(entry -> {
            assertThat(entry.namespace()).isEqualTo("nobody");
            assertThat(entry.code()).isEqualTo(Code.NOT_FOUND);
        });
        assertThat(routed.list("", 10).items()).hasSize(1);
    }

    @Test
    void whatATenantWritesUnderAnotherNameAppearsNowhereElse() {
        store.archive(List.of(run("a", "1"), run("b", "2")));
        String schema = Identifiers.quote(tenants.tenant("a").schema());
        tenants.database()
                .execute("INSERT INTO " + schema + ".results (parent, id, name) VALUES ('b', 'forged', 'forged')");

        assertThat(ids("b")).containsExactly("2");
        assertThat(ids("-")).containsExactly("1", "2");
        assertThat(ids("a")).containsExactly("1");
    }

    @Test
    void aTenantWhoseTablesHaveBecomeSomethingElseIsNotReadWithTheRightsOfAll() {
        store.archive(List.of(run("a", "1"), run("b", "2")));
        String schema = Identifiers.quote(tenants.tenant("a").schema());
        String owner = Identifiers.quote(tenants.tenant("a").owner());
        tenants.database().execute("ALTER TABLE " + schema + ".results RENAME TO kept", """
                CREATE VIEW %1$s.results AS SELECT * FROM %1$s.kept; ALTER VIEW %1$s.results OWNER TO %2$s;
                GRANT SELECT ON %1$s.results TO PUBLIC
                """.formatted(schema, owner));
        try {
            assertThat(store.findUnreadable()).containsExactly("a");
            assertThat(ids("-")).containsExactly("2");
        } finally {
            tenants.database()
                    .execute("DROP VIEW " + schema + ".results", "ALTER TABLE " + schema + ".kept RENAME TO results");
        }
    }

    @Test
    void pagesOverAllTenantsGoOnWhereTheyEnded() {
        for (int i = 0; i < 12; i++) {
            store.archive(List.of(run(List.of("a", "b", "c").get(i % 3), "r" + (char) ('a' + i))));
            clock.advance(Duration.ofSeconds(1));
        }
        for (String order : List.of("create_time desc", "create_time asc", "update_time desc", "")) {
            ListQuery query = ListQuery.of("-").orderBy(ListOrder.parse(order));
            List<String> whole = names(query);
            assertThat(whole).hasSize(12);
            for (int size : new int[] {1, 5, 12}) {
                assertThat(names(query.pageSize(size)))
                        .as("%s by %s", order, size)
                        .isEqualTo(whole);
            }
        }
        assertThat(names(ListQuery.of("-").orderBy(ListOrder.parse("create_time desc"))))
                .startsWith("rl", "rk", "rj");
        assertThat(store.listRecords(ListQuery.of("-/results/-")
                                .filter("data_type == PIPELINE_RUN && data.metadata.uid == 'rc'"))
                        .items())
                .extracting(Record::name)
                .extracting(name -> name.parent())
                .containsExactly("c");
    }

    @Test
    void aPageOverAllTenantsReadsNoMoreOfEachThanItShows() {
        for (String namespace : List.of("a", "b", "c")) {
            store.archive(IntStream.range(0, 2000)
                    .mapToObj(i -> run(namespace, namespace + "-" + i))
                    .toList());
            tenants.database()
                    .execute("ANALYZE "
                            + Identifiers.quote(tenants.tenant(namespace).schema()) + ".records");
        }
        ListQuery query = ListQuery.of("-/results/-")
                .orderBy(ListOrder.parse("create_time desc"))
                .pageSize(10);

        String plan = stores.reading()
                .read("explaining", handle -> TenantListing.explain(handle, stores.registered(), query));

        assertThat(plan).contains("Merge Append").contains("esta_records_by_created_time");
        assertThat(plan).doesNotContain("\"Sort\"").doesNotContain("Seq Scan");
    }

    @Test
    void aChosenTenantLivesInADatabaseOfItsOwn() {
        TenantPlace place = new TenantPlace(elsewhere.pool(), elsewhere.newSchema());
        TenantStores mixed = tenants.stores()
                .places(namespace -> namespace.equals("big") ? Optional.of(place) : Optional.empty())
                .build();
        RoutedResultsStore routed = mixed.routed();

        routed.archive(List.of(run("big", "1"), run("a", "2")));

        assertThat(elsewhere.query("SELECT parent, name FROM \"" + place.schema() + "\".results"))
                .containsExactly("big | 1");
        assertThat(rows("a")).containsExactly("a | 2");
        assertThat(mixed.store("big")).isSameAs(mixed.store("big"));
    }

    @Test
    void withPlacesAloneNoRegistryIsNeededAndAllIsNotAnswered() {
        TenantPlace place = new TenantPlace(elsewhere.pool(), elsewhere.newSchema());
        TenantStores alone = TenantStores.builder()
                .places(namespace -> namespace.equals("big") ? Optional.of(place) : Optional.empty())
                .build();

        alone.routed().archive(List.of(run("big", "1")));

        assertFails(Code.NOT_FOUND, "\"small\"", () -> alone.store("small"));
        assertFails(Code.INVALID, "no registry", () -> alone.routed().listResults(ListQuery.of("-")));
    }

    @Test
    void aRoleThatTheLoginMayNotBecomeIsNamed() {
        String owner = tenants.tenant("c").owner();
        String runtime = tenants.runtime().user();
        tenants.database()
                .execute("REVOKE " + Identifiers.quote(owner) + " FROM " + Identifiers.quote(runtime) + " CASCADE");
        tenants.database()
                .execute("SET ROLE "
                        + Identifiers.quote(tenants.database().admin().user()) + "; REVOKE " + Identifiers.quote(owner)
                        + " FROM " + Identifiers.quote(runtime) + " CASCADE");
        try {
            assertFails(Code.DENIED, owner, () -> store.archive(List.of(run("c", "1"))));
        } finally {
            tenants.provision("c");
        }
        store.archive(List.of(run("c", "1")));
        assertThat(ids("c")).containsExactly("1");
    }

    private static RunPlacement run(String namespace, String uid) {
        return Fixture.placed("""
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"namespace":"%s","name":"n","uid":"%s",
                 "resourceVersion":"1"},"status":{"startTime":"2026-03-01T10:00:00Z"}}""".formatted(namespace, uid));
    }

    private List<String> ids(String parent) {
        return names(ListQuery.of(parent)).stream().sorted().toList();
    }

    private List<String> names(ListQuery query) {
        return Pages.stream(query, store::listResults)
                .map(Result::name)
                .map(name -> name.result())
                .toList();
    }

    private List<String> rows(String namespace) {
        String schema = Identifiers.quote(tenants.tenant(namespace).schema());
        return tenants.database().query("SELECT parent, name FROM " + schema + ".results ORDER BY name");
    }

    private static void assertFails(Code code, String part, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class,
                        e -> assertThat(e.code()).as(e.toString()).isEqualTo(code))
                .hasMessageContaining(part);
    }
}
