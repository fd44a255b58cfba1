package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Tenant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Makes and removes the place of a tenant: schema, roles and credentials.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; two processes may provision the same tenant at once.
 *
 * <p><b>Idempotency.</b> Every call may be repeated, after a crash too, and ends in the same state.
 *
 * <p><b>Ordering.</b> Calls for one tenant happen one after the other.
 *
 * <p><b>Tenancy.</b> What is made for one tenant is out of reach for every other.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code INVALID}, {@code NOT_FOUND}, {@code DENIED} with what is missing,
 * {@code UNAVAILABLE}.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public interface TenantProvisioner {

    /**
     * Makes the tenant or brings it to its due form.
     *
     * @param namespace the Tekton namespace
     * @return the tenant
     */
    Tenant provision(String namespace);

    /**
     * Finds a tenant.
     *
     * @param namespace the Tekton namespace
     * @return the tenant, or empty when it is not provisioned
     */
    Optional<Tenant> find(String namespace);

    /**
     * Lists all tenants of the cluster.
     *
     * @return the tenants by namespace
     */
    List<Tenant> list();

    /**
     * Checks that the tenant can work: logs in, writes, reads, and is refused elsewhere.
     *
     * @param namespace the Tekton namespace
     * @return what is wrong, each with what to do; empty when all is well
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when it is not provisioned
     */
    List<String> verify(String namespace);

    /**
     * Gives the tenant another login with a new password. The login before keeps working until the next rotation, so that nobody is
     * cut off.
     *
     * @param namespace the Tekton namespace
     * @return the new credentials, the only time that they are told
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when it is not provisioned
     */
    Credentials rotate(String namespace);

    /**
     * Takes the tenant away; no effect when it is not provisioned.
     *
     * @param namespace the Tekton namespace
     * @param reclaim what becomes of its data
     */
    void remove(String namespace, Reclaim reclaim);

    /** What becomes of a tenant's data. */
    enum Reclaim {
        /** Logins are revoked, the data stays; provisioning again brings it back. */
        RETAIN,
        /** The data goes too. */
        DELETE
    }

    /** User and password of a login. Its text form does not show the password. */
    final class Credentials {

        private final String user;
        private final char[] password;

        /**
         * Creates credentials.
         *
         * @param user the login
         * @param password the password; copied
         */
        public Credentials(String user, char[] password) {
            this.user = Objects.requireNonNull(user, "user");
            this.password = Arrays.copyOf(password, password.length);
        }

        /**
         * The login.
         *
         * @return the user's name
         */
        public String user() {
            return user;
        }

        /**
         * The password.
         *
         * @return a copy
         */
        public char[] password() {
            return Arrays.copyOf(password, password.length);
        }

        @Override
        public String toString() {
            return user + " (password hidden)";
        }
    }
}
