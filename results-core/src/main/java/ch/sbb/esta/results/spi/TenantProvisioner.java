package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Makes and removes the place of a tenant: schema, roles and credentials.
 *
 * <p>A tenant has two logins, of which clients use one; {@link #rotate} gives the other one a new password, so that those who still have
 * the credentials before can go on. Passwords are told once and kept nowhere: who loses one asks for another.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; two processes may provision the same tenant at once.
 *
 * <p><b>Idempotency.</b> Every call may be repeated, also after it was cut off anywhere, and ends in the same state; only passwords are
 * new each time.
 *
 * <p><b>Ordering.</b> Calls for one tenant happen one after the other.
 *
 * <p><b>Tenancy.</b> What is made for one tenant is out of reach for every other.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code INVALID}, {@code NOT_FOUND}, {@code CONFLICT} when what is there belongs to somebody
 * else, {@code DENIED} with what is missing, {@code UNAVAILABLE}, {@code TIMEOUT}.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public interface TenantProvisioner {

    /**
     * Makes the tenant or brings it to its due form; one that was removed comes back with its data, as far as they are there, and with logins
     * that have no password yet. Changes nothing where nothing is to do.
     *
     * @param request what the tenant shall be like
     * @return the tenant
     * @throws ch.sbb.esta.results.ResultsException {@code INVALID} when it is there with another schema than asked for, {@code CONFLICT} when
     *     the schema or a role is there and belongs to somebody else
     */
    Tenant provision(TenantRequest request);

    /**
     * Finds a tenant in whatever state.
     *
     * @param namespace the Tekton namespace
     * @return the tenant, or empty when it was never provisioned, or is deleted
     */
    Optional<Tenant> find(String namespace);

    /**
     * Lists all tenants of the cluster, in whatever state.
     *
     * @return the tenants by namespace
     */
    List<Tenant> list();

    /**
     * Checks that the tenant can work: looks whether everything is as it should be, logs in with its credentials, writes, reads, and is
     * refused elsewhere. What it writes is taken back.
     *
     * @param namespace the Tekton namespace
     * @param credentials those that the tenant's clients use
     * @return what is wrong, each with what to do; empty when all is well
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when there is no such tenant
     */
    List<TenantFault> verify(String namespace, Credentials credentials);

    /**
     * Gives a new password to the login that the tenant's clients do not use. The one that they use keeps working, with its password, until it
     * is rotated away from next time; so publish what this returns, and let clients change over in their own time.
     *
     * <p>A call that failed, of which nobody knows how far it came, is repeated with the same argument.
     *
     * @param namespace the Tekton namespace
     * @param inUse the login that clients use now, as in {@link Credentials#user()}; it is left alone
     * @return credentials of the other login, the only time that they are told
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when there is no such tenant, {@code CONFLICT} when it is not active,
     *     {@code INVALID} when {@code inUse} is none of its logins
     */
    Credentials rotate(String namespace, String inUse);

    /**
     * Gives a new password to the login whose credentials were given out last, for credentials that were never given out, or were lost or
     * disclosed. Who has only the password before cannot open connections any more; open ones stay.
     *
     * @param namespace the Tekton namespace
     * @return the new credentials, the only time that they are told
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when there is no such tenant, {@code CONFLICT} when it is not active
     */
    Credentials resetPassword(String namespace);

    /**
     * Takes the tenant away; no effect when it is not there. Revoking comes first, and what is deleted is deleted when this is called after
     * the grace period. A tenant that waits for its deletion waits for the longest of the grace periods that were asked for, whoever asks,
     * until it is retained or provisioned again.
     *
     * @param namespace the Tekton namespace
     * @param removal what becomes of its data, and when; or only a preview
     * @return what was done, or would be
     * @throws ch.sbb.esta.results.ResultsException {@code CONFLICT} when something of others depends on what would be deleted
     */
    RemovalReport remove(String namespace, Removal removal);

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
