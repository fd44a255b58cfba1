package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.spi.TenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import ch.sbb.esta.results.spi.TenantProvisioner.Reclaim;
import java.nio.charset.StandardCharsets;
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

    /** For subclasses. */
    protected TenantProvisionerContract() {}

    /**
     * Makes a provisioner without tenants; called before each test.
     *
     * @return the provisioner
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract TenantProvisioner newProvisioner() throws Exception;

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
        provisioner = newProvisioner();
    }

    private static void assertFits(String name) {
        assertThat(name.getBytes(StandardCharsets.UTF_8).length).as(name).isBetween(1, 63);
    }

    @Test
    final void aTenantIsFoundOnceItIsProvisioned() {
        assertThat(provisioner.find("ci")).isEmpty();
        assertThat(provisioner.list()).isEmpty();
        Tenant tenant = provisioner.provision("ci");
        assertThat(tenant.namespace()).isEqualTo("ci");
        assertThat(provisioner.find("ci")).contains(tenant);
        Tenant other = provisioner.provision("build");
        assertThat(provisioner.list()).containsExactly(other, tenant);
    }

    @Test
    final void provisioningAgainChangesNothing() throws Exception {
        provisioner.provision("ci");
        Credentials credentials = provisioner.rotate("ci");
        assertThat(write(credentials, "kept")).isTrue();
        Tenant before = provisioner.find("ci").orElseThrow();
        assertThat(provisioner.provision("ci")).isEqualTo(before);
        assertThat(read(credentials)).contains("kept");
    }

    @Test
    final void oneTenantIsMadeByManyAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Tenant>> calls = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                calls.add(threads.submit(() -> provisioner.provision("ci")));
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
                "a-b-c",
                "b",
                "a".repeat(62),
                "a".repeat(63),
                "a".repeat(62) + "b",
                "x" + "a".repeat(62));
        Set<String> names = new HashSet<>();
        for (String namespace : namespaces) {
            Tenant tenant = provisioner.provision(namespace);
            String first = provisioner.rotate(namespace).user();
            String second = provisioner.rotate(namespace).user();
            for (String name : Set.of(tenant.schema(), tenant.reader(), first, second)) {
                assertFits(name);
                assertThat(names.add(name))
                        .as("%s of %s is its own", name, namespace)
                        .isTrue();
            }
        }
        assertThat(provisioner.list()).hasSize(namespaces.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "A", "a b", "a;drop schema public", "a\"b", "../a", "\u00e4"})
    final void whatIsNoNamespaceIsRefused(String namespace) {
        assertThatThrownBy(() -> provisioner.provision(namespace))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
        assertThat(provisioner.list()).isEmpty();
    }

    @Test
    final void whatIsNotProvisionedCannotBeUsed() {
        for (Runnable call : List.<Runnable>of(() -> provisioner.verify("ci"), () -> provisioner.rotate("ci"))) {
            assertThatThrownBy(call::run)
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND))
                    .hasMessageContaining("ci");
        }
        provisioner.remove("ci", Reclaim.DELETE);
        provisioner.remove("ci", Reclaim.RETAIN);
        assertThat(provisioner.find("ci")).isEmpty();
    }

    @Test
    final void aRotationGivesTheOtherLoginAndKeepsTheOneBefore() throws Exception {
        provisioner.provision("ci");
        Credentials first = provisioner.rotate("ci");
        assertThat(provisioner.verify("ci")).isEmpty();
        assertThat(provisioner.find("ci").orElseThrow().user()).isEqualTo(first.user());
        Credentials second = provisioner.rotate("ci");
        assertThat(second.user()).isNotEqualTo(first.user());
        assertThat(provisioner.find("ci").orElseThrow().user()).isEqualTo(second.user());
        assertThat(write(first, "by the first")).isTrue();
        assertThat(read(second)).contains("by the first");
        Credentials third = provisioner.rotate("ci");
        assertThat(third.user()).isEqualTo(first.user());
        assertThat(write(first, "too late")).as("the password before the last").isFalse();
        assertThat(write(second, "by the second")).isTrue();
        assertThat(read(third)).contains("by the second");
        assertThat(provisioner.verify("ci")).isEmpty();
    }

    @Test
    final void passwordsAreLongAndNotShown() {
        provisioner.provision("ci");
        Credentials credentials = provisioner.rotate("ci");
        String password = new String(credentials.password());
        assertThat(password).hasSizeGreaterThanOrEqualTo(20);
        assertThat(credentials.toString()).contains(credentials.user()).doesNotContain(password);
        assertThat(new String(provisioner.rotate("ci").password())).isNotEqualTo(password);
    }

    @Test
    final void noTenantReachesTheDataOfAnother() throws Exception {
        provisioner.provision("ci");
        provisioner.provision("prod");
        Credentials ci = provisioner.rotate("ci");
        Credentials prod = provisioner.rotate("prod");
        assertThat(write(ci, "of ci")).isTrue();
        assertThat(read(prod)).isEmpty();
        assertThat(write(prod, "of prod")).isTrue();
        assertThat(read(ci)).contains("of ci");
        assertThat(write(new Credentials(prod.user(), ci.password()), "forged")).isFalse();
    }

    @Test
    final void aRetainedTenantComesBackWithItsDataAndNewLogins() throws Exception {
        Tenant tenant = provisioner.provision("ci");
        Credentials before = provisioner.rotate("ci");
        assertThat(write(before, "kept")).isTrue();
        provisioner.remove("ci", Reclaim.RETAIN);
        provisioner.remove("ci", Reclaim.RETAIN);
        assertThat(provisioner.find("ci")).isEmpty();
        assertThat(provisioner.list()).isEmpty();
        assertThat(write(before, "too late")).isFalse();
        assertThat(provisioner.provision("ci").schema()).isEqualTo(tenant.schema());
        assertThat(write(before, "too late")).as("a login from before").isFalse();
        assertThat(read(provisioner.rotate("ci"))).contains("kept");
    }

    @Test
    final void aDeletedTenantLeavesNothing() throws Exception {
        provisioner.provision("ci");
        Credentials before = provisioner.rotate("ci");
        assertThat(write(before, "gone")).isTrue();
        provisioner.remove("ci", Reclaim.DELETE);
        assertThat(provisioner.find("ci")).isEmpty();
        assertThat(write(before, "too late")).isFalse();
        provisioner.provision("ci");
        assertThat(read(provisioner.rotate("ci"))).isEmpty();
    }

    @Test
    final void whatWasRetainedCanBeDeletedLater() throws Exception {
        provisioner.provision("ci");
        assertThat(write(provisioner.rotate("ci"), "gone")).isTrue();
        provisioner.remove("ci", Reclaim.RETAIN);
        provisioner.remove("ci", Reclaim.DELETE);
        provisioner.provision("ci");
        assertThat(read(provisioner.rotate("ci"))).isEmpty();
    }
}
