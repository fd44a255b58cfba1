package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The connection breaks at a statement or a commit of a call; the same call by somebody else reaches the end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantBreaksIT {

    private static final Removal DELETE = Removal.deleteAfter(Duration.ZERO);
    private static final int MOST_CALLS = 400;

    private final TenancyDatabase database = new TenancyDatabase(Servers.current()).shut();

    /** Whether the server had done it when the connection broke. */
    enum Moment {
        BEFORE,
        AFTER
    }

    private JdbiTenantProvisioner provisioner(DataSource connections, String cluster) {
        return JdbiTenantProvisioner.builder(connections, cluster)
                .logins(database.admin().dataSource())
                .failoverTimeout(Duration.ZERO)
                .build();
    }

    private JdbiTenantProvisioner sound(String cluster) {
        return provisioner(database.admin().dataSource(), cluster);
    }

    /** @return whether it broke */
    private boolean breaking(String cluster, int call, Moment moment, Consumer<JdbiTenantProvisioner> work) {
        DyingDataSource dying = new DyingDataSource(database.admin().dataSource(), call, moment == Moment.AFTER);
        try {
            work.accept(provisioner(dying, cluster));
        } catch (ResultsException e) {
            assertThat(dying.isDead()).as(e.toString()).isTrue();
        }
        return dying.isDead();
    }

    private interface Attempt {
        boolean breaks(int call);
    }

    private static void forEach(int stride, Attempt attempt, int atLeast) {
        int call = 1 + (int) (System.nanoTime() % stride);
        System.out.println("breaks at call " + call + " and every " + stride + " after it");
        while (attempt.breaks(call)) {
            call += stride;
            assertThat(call).as("statements and commits of one call").isLessThan(MOST_CALLS);
        }
        assertThat(call).as("calls that were tried").isGreaterThan(atLeast);
    }

    private void assertWell(JdbiTenantProvisioner provisioner, String namespace) {
        assertThat(provisioner.verify(namespace, provisioner.resetPassword(namespace)))
                .isEmpty();
    }

    private void provisionBreaks(int stride, Moment moment) {
        forEach(
                stride,
                call -> {
                    String cluster = TenancyDatabase.newCluster();
                    boolean broke = breaking(cluster, call, moment, them -> them.provision(TenantRequest.of("ci")));
                    sound(cluster).provision(TenantRequest.of("ci"));
                    assertWell(sound(cluster), "ci");
                    return broke;
                },
                80);
    }

    private void rotateBreaks(int stride, Moment moment) {
        String cluster = TenancyDatabase.newCluster();
        JdbiTenantProvisioner sound = sound(cluster);
        sound.provision(TenantRequest.of("ci"));
        Credentials[] inUse = {sound.resetPassword("ci")};
        forEach(
                stride,
                call -> {
                    boolean broke = breaking(cluster, call, moment, them -> them.rotate("ci", inUse[0].user()));
                    assertThat(sound.verify("ci", inUse[0])).isEmpty();
                    Credentials next = sound.rotate("ci", inUse[0].user());
                    assertThat(sound.verify("ci", inUse[0])).isEmpty();
                    assertThat(sound.verify("ci", next)).isEmpty();
                    inUse[0] = next;
                    return broke;
                },
                10);
    }

    private void removeBreaks(int stride, Moment moment) {
        String cluster = TenancyDatabase.newCluster();
        forEach(
                stride,
                call -> {
                    String namespace = "ci-" + moment.name().toLowerCase(Locale.ROOT) + "-" + call;
                    Tenant tenant = sound(cluster).provision(TenantRequest.of(namespace));
                    boolean broke = breaking(cluster, call, moment, them -> them.remove(namespace, DELETE));
                    assertThat(sound(cluster).remove(namespace, DELETE).outcome())
                            .isIn(Outcome.DELETED, Outcome.ABSENT);
                    assertThat(database.query(
                                    "SELECT rolname FROM pg_roles WHERE rolname LIKE '" + tenant.schema() + "\\_%'"))
                            .isEmpty();
                    assertThat(database.query("SELECT 1 FROM pg_namespace WHERE nspname = '" + tenant.schema() + "'"))
                            .isEmpty();
                    return broke;
                },
                20);
    }

    private void adoptBreaks(int stride, Moment moment) {
        String cluster = TenancyDatabase.newCluster();
        sound(cluster).prepare();
        forEach(
                stride,
                call -> {
                    HandMade made = new HandMade(database, cluster.replace('-', '_') + "_" + call);
                    TenantRequest request = TenantRequest.of("ci-" + call).schema(made.schema());
                    boolean broke = breaking(
                            cluster,
                            call,
                            moment,
                            them -> them.adopt(request, made.login().user()));
                    sound(cluster).adopt(request, made.login().user());
                    assertThat(sound(cluster).verify(request.namespace(), made.credentials()))
                            .isEmpty();
                    return broke;
                },
                60);
    }

    @ParameterizedTest
    @EnumSource
    void whateverBreaksTheNextCallFinishes(Moment moment) {
        provisionBreaks(29, moment);
        rotateBreaks(5, moment);
        removeBreaks(13, moment);
        adoptBreaks(29, moment);
    }

    @Test
    @Tag("long")
    void whateverStatementOfProvisioningBreaksTheNextCallFinishes() {
        provisionBreaks(1, Moment.BEFORE);
        provisionBreaks(1, Moment.AFTER);
    }

    @Test
    @Tag("long")
    void whateverStatementOfARotationBreaksTheNextCallFinishes() {
        rotateBreaks(1, Moment.BEFORE);
        rotateBreaks(1, Moment.AFTER);
    }

    @Test
    @Tag("long")
    void whateverStatementOfARemovalBreaksTheNextCallFinishes() {
        removeBreaks(1, Moment.BEFORE);
        removeBreaks(1, Moment.AFTER);
    }

    @Test
    @Tag("long")
    void whateverStatementOfAnAdoptionBreaksTheNextCallFinishes() {
        adoptBreaks(1, Moment.BEFORE);
        adoptBreaks(1, Moment.AFTER);
    }
}
