package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link TenantProvisioner} must do. A provider's test extends this class and says how to log in. */
public abstract class TenantProvisionerContract {

    @SuppressWarnings("NullAway.Init") // set before each test
    private TenantProvisioner provisioner;

    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T12:00:00Z"));

    /** For subclasses. */
    protected TenantProvisionerContract() {}

    /**
     * Makes a provisioner without tenants; called before each test.
     *
     * @param clock by which grace periods are reckoned
     * @return the provisioner
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract TenantProvisioner newProvisioner(InstantSource clock) throws Exception;

    /**
     * Logs in and writes a text into the tenant's place, over the text before.
     *
     * @param credentials user and password
     * @param text what to write
     * @return false when the login is refused
     * @throws Exception on any other failure; the test fails
     */
    protected abstract boolean write(Credentials credentials, String text) throws Exception;

    /**
     * Logs in and reads what was written last.
     *
     * @param credentials user and password
     * @return the text, or empty when there is none
     * @throws Exception when the login is refused or on any other failure; the test fails
     */
    protected abstract Optional<String> read(Credentials credentials) throws Exception;

    @BeforeEach
    final void makeProvisioner() throws Exception {
        provisioner = newProvisioner(clock);
    }

    private Tenant provision(String namespace) {
        return provisioner.provision(TenantRequest.of(namespace));
    }

    private Credentials provisionWithPassword(String namespace) {
        provision(namespace);
        return provisioner.resetPassword(namespace);
    }

    private static void assertFits(String name) {
        assertThat(name.getBytes(StandardCharsets.UTF_8).length).as(name).isBetween(1, 63);
    }

    private static void assertFails(Code code, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    final void aTenantIsFoundOnceItIsProvisioned() {
        assertThat(provisioner.find("ci")).isEmpty();
        assertThat(provisioner.list()).isEmpty();
        Tenant tenant = provision("ci");
        assertThat(tenant.namespace()).isEqualTo("ci");
        assertThat(tenant.state()).isEqualTo(State.ACTIVE);
        assertThat(provisioner.find("ci")).contains(tenant);
        Tenant other = provision("build");
        assertThat(provisioner.list()).containsExactly(other, tenant);
    }

    @Test
    final void provisioningAgainChangesNothing() throws Exception {
        Credentials credentials = provisionWithPassword("ci");
        assertThat(write(credentials, "kept")).isTrue();
        Tenant before = provisioner.find("ci").orElseThrow();
        assertThat(provision("ci")).isEqualTo(before);
        assertThat(read(credentials)).contains("kept");
    }

    @Test
    final void oneTenantIsMadeByManyAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Tenant>> calls = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                calls.add(threads.submit(() -> provision("ci")));
            }
            Set<Tenant> tenants = new HashSet<>();
            for (Future<Tenant> call : calls) {
                tenants.add(call.get());
            }
            assertThat(tenants).hasSize(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    final void namesFitTheDatabaseAndAreNobodyElses() {
        List<String> namespaces = List.of(
                "a",
                "a-b",
                "a_b",
                "a".repeat(62),
                "a".repeat(63),
                "a".repeat(62) + "b",
                "1",
                "select",
                "public",
                "pg-catalog");
        Set<String> names = new HashSet<>();
        for (String namespace : namespaces) {
            Tenant tenant = provision(namespace);
            String first = provisioner.resetPassword(namespace).user();
            String second = provisioner.rotate(namespace, first).user();
            for (String name : Set.of(tenant.schema(), tenant.owner(), tenant.reader(), first, second)) {
                assertFits(name);
                assertThat(names.add(name))
                        .as("%s of %s is its own", name, namespace)
                        .isTrue();
            }
        }
        assertThat(provisioner.list()).hasSize(namespaces.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "A", "a b", "a;drop schema public", "a\"b", "../a", "a'b", "\u00e4"})
    final void whatIsNoNamespaceIsRefused(String namespace) {
        assertFails(Code.INVALID, () -> provision(namespace));
        assertThat(provisioner.list()).isEmpty();
    }

    @Test
    final void aSchemaIsOneTenantsForGood() {
        Tenant tenant = provisioner.provision(TenantRequest.of("ci").schema("builds"));
        assertThat(tenant.schema()).isEqualTo("builds");
        assertThat(provision("ci")).as("asked for without a schema").isEqualTo(tenant);
        assertFails(
                Code.INVALID, () -> provisioner.provision(TenantRequest.of("ci").schema("other")));
        assertFails(
                Code.CONFLICT,
                () -> provisioner.provision(TenantRequest.of("prod").schema("builds")));
        assertThat(provisioner.list()).containsExactly(tenant);
    }

    @Test
    final void whatIsNotProvisionedCannotBeUsed() {
        Credentials none = new Credentials("nobody", "secret".toCharArray());
        assertFails(Code.NOT_FOUND, () -> provisioner.verify("ci", none));
        assertFails(Code.NOT_FOUND, () -> provisioner.rotate("ci", "nobody"));
        assertFails(Code.NOT_FOUND, () -> provisioner.resetPassword("ci"));
        assertThat(provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO))).isEqualTo(RemovalReport.ABSENT);
        assertThat(provisioner.remove("ci", Removal.retain())).isEqualTo(RemovalReport.ABSENT);
        assertThat(provisioner.find("ci")).isEmpty();
    }

    @Test
    final void aRotationGivesTheOtherLoginAndLeavesTheOneInUseAlone() throws Exception {
        Credentials first = provisionWithPassword("ci");
        assertThat(provisioner.verify("ci", first)).isEmpty();
        assertThat(provisioner.find("ci").orElseThrow().user()).isEqualTo(first.user());
        Credentials second = provisioner.rotate("ci", first.user());
        assertThat(second.user()).isNotEqualTo(first.user());
        assertThat(provisioner.find("ci").orElseThrow().user()).isEqualTo(second.user());
        assertThat(write(first, "by the first")).isTrue();
        assertThat(read(second)).contains("by the first");
        Credentials third = provisioner.rotate("ci", second.user());
        assertThat(third.user()).isEqualTo(first.user());
        assertThat(write(first, "too late")).as("the password before the last").isFalse();
        assertThat(write(second, "by the second")).isTrue();
        assertThat(read(third)).contains("by the second");
        assertThat(provisioner.verify("ci", second)).isEmpty();
        assertThat(provisioner.verify("ci", third)).isEmpty();
    }

    @Test
    final void aRotationThatIsRepeatedLeavesTheLoginInUseAlone() throws Exception {
        Credentials inUse = provisionWithPassword("ci");
        Credentials lost = provisioner.rotate("ci", inUse.user());
        Credentials second = provisioner.rotate("ci", inUse.user());
        assertThat(second.user()).isEqualTo(lost.user());
        assertThat(write(inUse, "still there")).isTrue();
        assertThat(write(lost, "forged")).isFalse();
        assertThat(read(second)).contains("still there");
        assertFails(Code.INVALID, () -> provisioner.rotate("ci", "somebody"));
    }

    @Test
    final void aPasswordIsResetOfTheLoginThatWasGivenOutLast() throws Exception {
        Credentials first = provisionWithPassword("ci");
        Credentials second = provisioner.rotate("ci", first.user());
        Credentials reset = provisioner.resetPassword("ci");
        assertThat(reset.user()).isEqualTo(second.user());
        assertThat(write(second, "too late")).isFalse();
        assertThat(write(first, "by the first")).isTrue();
        assertThat(read(reset)).contains("by the first");
    }

    @Test
    final void credentialsThatDoNotWorkAreAFault() {
        Credentials credentials = provisionWithPassword("ci");
        Credentials forged = new Credentials(credentials.user(), "guessed".toCharArray());
        List<TenantFault> faults = provisioner.verify("ci", forged);
        assertThat(faults).extracting(TenantFault::effect).contains(Effect.BROKEN);
        assertThat(faults).allSatisfy(fault -> {
            assertThat(fault.remedy()).isNotBlank();
            assertThat(fault.toString()).doesNotContain("guessed");
        });
    }

    @Test
    final void passwordsAreLongAndNotShown() {
        Credentials credentials = provisionWithPassword("ci");
        String password = new String(credentials.password());
        assertThat(password).hasSizeGreaterThanOrEqualTo(20);
        assertThat(credentials.toString()).contains(credentials.user()).doesNotContain(password);
        assertThat(new String(provisioner.resetPassword("ci").password())).isNotEqualTo(password);
    }

    @Test
    final void noTenantReachesTheDataOfAnother() throws Exception {
        Credentials ci = provisionWithPassword("ci");
        Credentials prod = provisionWithPassword("prod");
        assertThat(write(ci, "of ci")).isTrue();
        assertThat(read(prod)).isEmpty();
        assertThat(write(prod, "of prod")).isTrue();
        assertThat(read(ci)).contains("of ci");
        assertThat(write(new Credentials(prod.user(), ci.password()), "forged")).isFalse();
    }

    @Test
    final void aRetainedTenantComesBackWithItsDataAndNewPasswords() throws Exception {
        Credentials before = provisionWithPassword("ci");
        Tenant tenant = provisioner.find("ci").orElseThrow();
        assertThat(write(before, "kept")).isTrue();
        for (int i = 0; i < 2; i++) {
            RemovalReport report = provisioner.remove("ci", Removal.retain());
            assertThat(report.outcome()).isEqualTo(Outcome.RETAINED);
            assertThat(report.schema()).isEqualTo(tenant.schema());
            assertThat(report.due()).isNull();
        }
        assertThat(provisioner.find("ci")).map(Tenant::state).contains(State.RETAINED);
        assertThat(write(before, "too late")).isFalse();
        assertFails(Code.CONFLICT, () -> provisioner.rotate("ci", before.user()));
        assertFails(Code.CONFLICT, () -> provisioner.resetPassword("ci"));
        assertThat(provisioner.verify("ci", before))
                .extracting(TenantFault::effect)
                .contains(Effect.BROKEN);
        Tenant back = provision("ci");
        assertThat(back.schema()).isEqualTo(tenant.schema());
        assertThat(back.isActive()).isTrue();
        assertThat(write(before, "too late")).as("a password from before").isFalse();
        assertThat(read(provisioner.resetPassword("ci"))).contains("kept");
    }

    @Test
    final void aDeletedTenantLeavesNothing() throws Exception {
        Credentials before = provisionWithPassword("ci");
        assertThat(write(before, "gone")).isTrue();
        RemovalReport report = provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO));
        assertThat(report.outcome()).isEqualTo(Outcome.DELETED);
        assertThat(report.roles()).contains(before.user());
        assertThat(provisioner.find("ci")).isEmpty();
        assertThat(provisioner.list()).isEmpty();
        assertThat(write(before, "too late")).isFalse();
        assertThat(read(provisionWithPassword("ci"))).isEmpty();
    }

    @Test
    final void whatIsDeletedWaitsForItsGracePeriod() throws Exception {
        Credentials before = provisionWithPassword("ci");
        assertThat(write(before, "kept for a while")).isTrue();
        Instant removed = clock.instant();
        Removal removal = Removal.deleteAfter(Duration.ofDays(7));
        assertThat(provisioner.remove("ci", removal).outcome()).isEqualTo(Outcome.SCHEDULED);
        assertThat(write(before, "too late")).isFalse();
        clock.advance(Duration.ofDays(6));
        RemovalReport waiting = provisioner.remove("ci", removal);
        assertThat(waiting.outcome()).isEqualTo(Outcome.SCHEDULED);
        assertThat(waiting.due()).isEqualTo(removed.plus(Duration.ofDays(7)));
        assertThat(provisioner.find("ci")).map(Tenant::state).contains(State.DELETING);
        clock.advance(Duration.ofDays(1));
        assertThat(provisioner.remove("ci", removal).outcome()).isEqualTo(Outcome.DELETED);
        assertThat(provisioner.find("ci")).isEmpty();
        assertThat(provisioner.remove("ci", removal)).isEqualTo(RemovalReport.ABSENT);
    }

    @Test
    final void aTenantThatComesBackInItsGracePeriodKeepsItsData() throws Exception {
        assertThat(write(provisionWithPassword("ci"), "kept")).isTrue();
        Removal removal = Removal.deleteAfter(Duration.ofDays(7));
        provisioner.remove("ci", removal);
        clock.advance(Duration.ofDays(6));
        assertThat(read(provisionWithPassword("ci"))).contains("kept");
        clock.advance(Duration.ofDays(6));
        assertThat(provisioner.remove("ci", removal).outcome())
                .as("the grace period begins anew")
                .isEqualTo(Outcome.SCHEDULED);
        assertThat(read(provisionWithPassword("ci"))).contains("kept");
    }

    @Test
    final void whatWasRetainedCanBeDeletedLater() throws Exception {
        assertThat(write(provisionWithPassword("ci"), "gone")).isTrue();
        provisioner.remove("ci", Removal.retain());
        assertThat(provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO)).outcome())
                .isEqualTo(Outcome.DELETED);
        assertThat(read(provisionWithPassword("ci"))).isEmpty();
    }

    @Test
    final void theLongestGracePeriodThatWasAskedForHolds() throws Exception {
        assertThat(write(provisionWithPassword("ci"), "kept")).isTrue();
        Instant removed = clock.instant();
        provisioner.remove("ci", Removal.deleteAfter(Duration.ofDays(30)));
        clock.advance(Duration.ofDays(8));
        assertThat(provisioner
                        .remove("ci", Removal.deleteAfter(Duration.ofDays(7)).preview())
                        .due())
                .isEqualTo(removed.plus(Duration.ofDays(30)));
        RemovalReport shorter = provisioner.remove("ci", Removal.deleteAfter(Duration.ofDays(7)));
        assertThat(shorter.outcome()).isEqualTo(Outcome.SCHEDULED);
        assertThat(shorter.due()).isEqualTo(removed.plus(Duration.ofDays(30)));
        assertThat(provisioner
                        .remove("ci", Removal.deleteAfter(Duration.ofDays(60)))
                        .due())
                .isEqualTo(removed.plus(Duration.ofDays(60)));
        assertThat(read(provisionWithPassword("ci"))).contains("kept");

        provisioner.remove("ci", Removal.deleteAfter(Duration.ofDays(7)));
        clock.advance(Duration.ofDays(7));
        assertThat(provisioner
                        .remove("ci", Removal.deleteAfter(Duration.ofDays(7)))
                        .outcome())
                .as("a tenant that came back begins anew")
                .isEqualTo(Outcome.DELETED);
    }

    @Test
    final void retainingTakesAGracePeriodBack() throws Exception {
        provisionWithPassword("ci");
        provisioner.remove("ci", Removal.deleteAfter(Duration.ofDays(30)));
        provisioner.remove("ci", Removal.retain());
        assertThat(provisioner.find("ci")).map(Tenant::state).contains(State.RETAINED);
        assertThat(provisioner.remove("ci", Removal.deleteAfter(Duration.ZERO)).outcome())
                .isEqualTo(Outcome.DELETED);
    }

    @Test
    final void aPreviewChangesNothing() throws Exception {
        Credentials credentials = provisionWithPassword("ci");
        assertThat(write(credentials, "kept")).isTrue();
        Tenant tenant = provisioner.find("ci").orElseThrow();
        RemovalReport would =
                provisioner.remove("ci", Removal.deleteAfter(Duration.ofDays(7)).preview());
        assertThat(would.outcome()).isEqualTo(Outcome.SCHEDULED);
        assertThat(would.due()).isEqualTo(clock.instant().plus(Duration.ofDays(7)));
        assertThat(would.volume().tables()).isPositive();
        assertThat(would.volume().bytes()).isPositive();
        assertThat(would.roles()).contains(tenant.owner(), tenant.user(), tenant.reader());
        assertThat(provisioner
                        .remove("ci", Removal.deleteAfter(Duration.ZERO).preview())
                        .outcome())
                .isEqualTo(Outcome.DELETED);
        assertThat(provisioner.remove("ci", Removal.retain().preview()).outcome())
                .isEqualTo(Outcome.RETAINED);
        assertThat(provisioner.find("ci")).contains(tenant);
        assertThat(read(credentials)).contains("kept");
    }
}
