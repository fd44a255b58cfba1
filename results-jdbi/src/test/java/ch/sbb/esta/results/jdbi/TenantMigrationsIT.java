package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantMigrationsIT {

    private static final int NEWEST = Migration.ALL.size();

    private final Tenants tenants = new Tenants(Servers.current(), "a", "b", "c");

    @BeforeEach
    void makeUpToDate() {
        for (String namespace : List.of("a", "b", "c")) {
            tenants.provision(namespace);
        }
    }

    @AfterAll
    void close() {
        tenants.close();
    }

    private TenantMigrations.Builder migrations() {
        return TenantMigrations.builder(tenants.runtime().dataSource(), tenants.clusterId());
    }

    @Test
    void allTenantsAreMigratedAsTheirOwnersAndAgainNothingIsDone() {
        makeEmpty("a");
        makeEmpty("c");

        TenantMigrations migrations = migrations().build();
        assertThat(migrations.report().isComplete()).isFalse();
        TenantMigrationReport report = migrations.migrateAll();

        assertThat(report.migrated()).containsExactly("a", "c");
        assertThat(report.upToDate()).isEqualTo(1);
        assertThat(report.isComplete()).isTrue();
        assertThat(owners("a")).containsOnly(tenants.tenant("a").owner());
        assertThat(migrations.migrateAll().migrated()).isEmpty();
        assertThat(migrations.report().upToDate()).isEqualTo(3);
    }

    @Test
    void oneThatCannotBeMigratedIsReportedAndTheOthersAreMigrated() {
        makeEmpty("a");
        makeEmpty("b");
        tenants.database().execute("CREATE VIEW " + schema("a") + ".results AS SELECT 1 AS id");
        try {
            TenantMigrationReport report = migrations().build().migrateAll();

            assertThat(report.migrated()).containsExactly("b");
            assertThat(report.failed()).containsOnlyKeys("a");
            assertThat(report.isComplete()).isFalse();
        } finally {
            tenants.database().execute("DROP VIEW " + schema("a") + ".results");
        }
    }

    @Test
    void theSweepGoesOnByItselfUntilItIsClosed() {
        try (TenantMigrations migrations =
                migrations().interval(Duration.ofSeconds(1)).build()) {
            migrations.start();
            migrations.start();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> migrations.report().isComplete());
            makeEmpty("b");
            await().atMost(Duration.ofSeconds(60)).until(() -> version("b") == NEWEST);
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("esta-results-migrations"));
    }

    @Test
    void theFirstCallToATenantBringsItsTablesUpToDate() {
        makeEmpty("b");
        RoutedResultsStore store =
                tenants.stores().migrations(migrations().build()).build().routed();

        assertThat(store.listResults(ListQuery.of("b")).items()).isEmpty();

        assertThat(version("b")).isEqualTo(NEWEST);
    }

    @Test
    void aTenantThatCannotBeMigratedFailsAtItsFirstCallAndWorksWhenItCan() {
        makeEmpty("b");
        tenants.database().execute("CREATE VIEW " + schema("b") + ".results AS SELECT 1 AS id");
        RoutedResultsStore store =
                tenants.stores().migrations(migrations().build()).build().routed();
        assertThatThrownBy(() -> store.listResults(ListQuery.of("b"))).isInstanceOf(ResultsException.class);
        assertThat(store.listResults(ListQuery.of("a")).items()).isEmpty();

        tenants.database().execute("DROP VIEW " + schema("b") + ".results");

        assertThat(store.listResults(ListQuery.of("b")).items()).isEmpty();
    }

    @Test
    void twoProcessesSweepAtOnceWithoutAnError() throws Exception {
        for (String namespace : List.of("a", "b", "c")) {
            makeEmpty(namespace);
        }
        ExecutorService processes = Executors.newFixedThreadPool(2);
        try {
            List<Future<TenantMigrationReport>> reports = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                reports.add(processes.submit(() -> migrations().build().migrateAll()));
            }
            List<String> migrated = new ArrayList<>();
            for (Future<TenantMigrationReport> report : reports) {
                assertThat(report.get().failed()).isEmpty();
                migrated.addAll(report.get().migrated());
            }
            assertThat(migrated).containsExactlyInAnyOrder("a", "b", "c");
        } finally {
            processes.shutdownNow();
        }
    }

    @Test
    void aSchemaOfANewerVersionIsLeftAloneAndStillUsed() {
        tenants.database()
                .execute("INSERT INTO " + schema("c") + ".esta_schema_version (version, description) VALUES ("
                        + (NEWEST + 1) + ", 'of the next release')");
        tenants.database().execute("ALTER TABLE " + schema("c") + ".results ADD COLUMN of_the_next_release text");
        try {
            RoutedResultsStore store =
                    tenants.stores().migrations(migrations().build()).build().routed();
            store.archive(List.of(Fixture.placed("""
                    {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"c","name":"n","uid":"new",
                     "resourceVersion":"1"}}""")));

            assertThat(migrations().build().migrateAll().isComplete()).isTrue();
            assertThat(store.listResults(ListQuery.of("c")).items()).hasSize(1);
            assertThat(store.findUnreadable()).isEmpty();
            assertThat(version("c")).isEqualTo(NEWEST + 1);
        } finally {
            makeEmpty("c");
        }
    }

    /** As a schema is before the first migration. */
    private void makeEmpty(String namespace) {
        String owner = Identifiers.quote(tenants.tenant(namespace).owner());
        tenants.database().execute("DROP SCHEMA " + schema(namespace) + " CASCADE");
        tenants.database().execute("CREATE SCHEMA " + schema(namespace) + " AUTHORIZATION " + owner);
    }

    private int version(String namespace) {
        List<String> found = tenants.database()
                .query("SELECT CASE WHEN to_regclass('" + schema(namespace)
                        + ".esta_schema_version') IS NULL THEN 0 ELSE " + NEWEST + " END");
        return found.get(0).equals("0")
                ? 0
                : Integer.parseInt(tenants.database()
                        .query("SELECT max(version) FROM " + schema(namespace) + ".esta_schema_version")
                        .get(0));
    }

    private List<String> owners(String namespace) {
        return tenants.database()
                .query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = '"
                        + tenants.tenant(namespace).schema() + "'");
    }

    private String schema(String namespace) {
        return Identifiers.quote(tenants.tenant(namespace).schema());
    }
}
