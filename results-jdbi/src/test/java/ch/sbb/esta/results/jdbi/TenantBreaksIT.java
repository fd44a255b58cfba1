package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The connection breaks at a statement or a commit of a call; the same call by somebody else reaches the end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantBreaksIT {

    private static final int MOST_CALLS = 400;

    private final TenancyDatabase database = new TenancyDatabase(Servers.current()).shut();
    private final URI server = URI.create(database.admin().jdbcUrl().substring("jdbc:".length()));
    private final FaultProxy proxy = FaultProxy.to(server.getHost(), server.getPort() < 0 ? 5432 : server.getPort());

    /** How far the statement or the commit comes at which the connection breaks. */
    enum Moment {
        /** It is not sent. */
        BEFORE,
        /** It is done, and that is not told. */
        AFTER,
        /** The connection is cut before the server has it. */
        CUT_ON_THE_WAY,
        /** The connection is cut before the client has the answer. */
        CUT_ON_THE_WAY_BACK
    }

    @AfterAll
    void close() {
        proxy.close();
    }

    private JdbiTenantProvisioner provisioner(DataSource connections, String cluster, InstantSource clock) {
        return JdbiTenantProvisioner.builder(connections, cluster)
                .logins(database.admin().dataSource())
                .clock(clock)
                .failoverTimeout(Duration.ZERO)
                .build();
    }

    private JdbiTenantProvisioner sound(String cluster) {
        return provisioner(database.admin().dataSource(), cluster, InstantSource.system());
    }

    private DyingDataSource dying(int call, Moment moment) {
        PostgresDatabase admin = database.admin();
        DataSource proxied = new PostgresDatabase(
                        "jdbc:postgresql://127.0.0.1:" + proxy.port() + server.getRawPath()
                                + (server.getRawQuery() == null ? "" : "?" + server.getRawQuery()),
                        admin.user(),
                        admin.password())
                .dataSource();
        return switch (moment) {
            case BEFORE -> new DyingDataSource(admin.dataSource(), call, false);
            case AFTER -> new DyingDataSource(admin.dataSource(), call, true);
            case CUT_ON_THE_WAY -> DyingDataSource.cutting(proxied, call, () -> proxy.cutAfter(Direction.TO_SERVER, 0));
            case CUT_ON_THE_WAY_BACK ->
                DyingDataSource.cutting(proxied, call, () -> proxy.cutAfter(Direction.TO_CLIENT, 0));
        };
    }

    /** @return whether it broke */
    private boolean breaking(String cluster, int call, Moment moment, Consumer<JdbiTenantProvisioner> work) {
        return breaking(cluster, call, moment, InstantSource.system(), work);
    }

    private boolean breaking(
            String cluster, int call, Moment moment, InstantSource clock, Consumer<JdbiTenantProvisioner> work) {
        DyingDataSource dying = dying(call, moment);
        try {
            work.accept(provisioner(dying, cluster, clock));
        } catch (ResultsException e) {
            assertThat(dying.isDead()).as(e.toString()).isTrue();
        } finally {
            proxy.heal();
        }
        return dying.isDead();
    }

    private interface Attempt {
        boolean breaks(int call);
    }

    private static void forEach(String what, int stride, Attempt attempt, int atLeast) {
        int call = 1 + (int) (System.nanoTime() % stride);
        int breaks = 0;
        System.out.println(what + " breaks at call " + call + " and every " + stride + " after it");
        while (attempt.breaks(call)) {
            breaks++;
            call += stride;
            assertThat(call).as("statements and commits of one call").isLessThan(MOST_CALLS);
        }
        System.out.println(what + " broke " + breaks + " times, the last at call " + (call - stride));
        assertThat(call).as("calls that were tried").isGreaterThan(atLeast);
    }

    private List<String> state(String cluster, String namespace) {
        return TenancyState.of(database, cluster, namespace);
    }

    private void assertWell(JdbiTenantProvisioner provisioner, String namespace) {
        assertThat(provisioner.verify(namespace, provisioner.resetPassword(namespace)))
                .isEmpty();
    }

    private void provisionBreaks(int stride, Moment moment) {
        String whole = TenancyDatabase.newCluster();
        sound(whole).provision(TenantRequest.of("ci"));
        List<String> end = state(whole, "ci");
        forEach(
                "provisioning, " + moment + ",",
                stride,
                call -> {
                    String cluster = TenancyDatabase.newCluster();
                    boolean broke = breaking(cluster, call, moment, them -> them.provision(TenantRequest.of("ci")));
                    sound(cluster).provision(TenantRequest.of("ci"));
                    assertThat(state(cluster, "ci")).as("call " + call).isEqualTo(end);
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
        Map<String, List<String>> ends = new HashMap<>();
        for (int i = 0; i < 2; i++) {
            inUse[0] = sound.rotate("ci", inUse[0].user());
            ends.put(inUse[0].user(), state(cluster, "ci"));
        }
        forEach(
                "rotation, " + moment + ",",
                stride,
                call -> {
                    boolean broke = breaking(cluster, call, moment, them -> them.rotate("ci", inUse[0].user()));
                    assertThat(sound.verify("ci", inUse[0])).isEmpty();
                    Credentials next = sound.rotate("ci", inUse[0].user());
                    assertThat(state(cluster, "ci")).as("call " + call).isEqualTo(ends.get(next.user()));
                    assertThat(sound.verify("ci", inUse[0])).isEmpty();
                    assertThat(sound.verify("ci", next)).isEmpty();
                    inUse[0] = next;
                    return broke;
                },
                10);
    }

    private void removeBreaks(int stride, Moment moment, Duration grace) {
        String cluster = TenancyDatabase.newCluster();
        ManualClock clock = new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
        JdbiTenantProvisioner sound = provisioner(database.admin().dataSource(), cluster, clock);
        Removal removal = Removal.deleteAfter(grace);
        sound.provision(TenantRequest.of("whole"));
        List<String> gone = state(cluster, "never-there");
        sound.remove("whole", removal);
        List<String> waiting = state(cluster, "whole");
        assertThat(waiting.equals(gone)).isEqualTo(grace.isZero());
        forEach(
                "removal after " + grace + ", " + moment + ",",
                stride,
                call -> {
                    String namespace = "ci-" + moment.name().toLowerCase(Locale.ROOT) + "-" + call;
                    sound.provision(TenantRequest.of(namespace));
                    sound.resetPassword(namespace);
                    boolean broke = breaking(cluster, call, moment, clock, them -> them.remove(namespace, removal));
                    sound.remove(namespace, removal);
                    assertThat(state(cluster, namespace)).as("call " + call).isEqualTo(waiting);
                    if (!grace.isZero()) {
                        clock.advance(grace);
                        broke |= breaking(cluster, call, moment, clock, them -> them.remove(namespace, removal));
                        assertThat(sound.remove(namespace, removal).outcome()).isIn(Outcome.DELETED, Outcome.ABSENT);
                        assertThat(state(cluster, namespace)).as("call " + call).isEqualTo(gone);
                    }
                    return broke;
                },
                grace.isZero() ? 20 : 15);
    }

    private void adoptBreaks(int stride, Moment moment) {
        String cluster = TenancyDatabase.newCluster();
        sound(cluster).prepare();
        List<String> end = adopted(cluster, "whole", them -> {});
        forEach(
                "adoption, " + moment + ",",
                stride,
                call -> {
                    boolean[] broke = {false};
                    List<String> state = adopted(
                            cluster, "ci-" + call, adoption -> broke[0] = breaking(cluster, call, moment, adoption));
                    assertThat(state).as("call " + call).isEqualTo(end);
                    return broke[0];
                },
                60);
    }

    private List<String> adopted(String cluster, String namespace, Consumer<Consumer<JdbiTenantProvisioner>> before) {
        HandMade made = new HandMade(database, (cluster + "_" + namespace).replace('-', '_'));
        TenantRequest request = TenantRequest.of(namespace).schema(made.schema());
        Consumer<JdbiTenantProvisioner> adoption =
                them -> them.adopt(request, made.login().user());
        before.accept(adoption);
        adoption.accept(sound(cluster));
        assertThat(sound(cluster).verify(namespace, made.credentials())).isEmpty();
        return state(cluster, namespace);
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE", "AFTER"})
    void whateverBreaksTheNextCallFinishes(Moment moment) {
        provisionBreaks(47, moment);
        rotateBreaks(5, moment);
        removeBreaks(13, moment, Duration.ZERO);
        adoptBreaks(37, moment);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void whateverStatementOfProvisioningBreaksTheNextCallFinishes(Moment moment) {
        provisionBreaks(1, moment);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void whateverStatementOfARotationBreaksTheNextCallFinishes(Moment moment) {
        rotateBreaks(1, moment);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void whateverStatementOfARemovalBreaksTheNextCallFinishes(Moment moment) {
        removeBreaks(1, moment, Duration.ZERO);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void whateverStatementOfARemovalWithAGracePeriodBreaksTheNextCallFinishes(Moment moment) {
        removeBreaks(1, moment, Duration.ofDays(1));
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void whateverStatementOfAnAdoptionBreaksTheNextCallFinishes(Moment moment) {
        adoptBreaks(1, moment);
    }
}
