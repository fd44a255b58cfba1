package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.security.SecureRandom;
import java.util.Base64;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.postgresql.util.PasswordUtil;

/** A new password. The server gets what it verifies by, never the password itself, which its logs might hold otherwise. */
final class LoginPassword {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 24;

    private final char[] text;
    private final String verifier;

    private LoginPassword(char[] text) {
        this.text = text;
        this.verifier = PasswordUtil.encodeScramSha256(text.clone());
    }

    static LoginPassword random() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return new LoginPassword(
                Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).toCharArray());
    }

    void set(Handle handle, String login) {
        String role = Identifiers.quote(login);
        try {
            handle.execute("ALTER ROLE " + role + " PASSWORD " + Identifiers.verifierLiteral(verifier));
        } catch (JdbiException e) {
            if (SqlErrors.isDenied(e)) {
                throw new ResultsException(
                        Code.DENIED,
                        "Postgres refuses a new password for role " + role
                                + "; as a superuser make the administrator a member of it WITH ADMIN OPTION, and on RDS with"
                                + " rds.restrict_password_commands also a member of rds_password",
                        e.getCause());
            }
            throw e;
        }
    }

    Credentials of(String login) {
        return new Credentials(login, text);
    }
}
