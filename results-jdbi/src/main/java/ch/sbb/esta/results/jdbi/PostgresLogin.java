package ch.sbb.esta.results.jdbi;

import java.util.Objects;

/**
 * A user of Postgres and the password, or the token, that proves it. Only {@link #password()} gives the password away.
 *
 * @param user the role that logs in
 * @param password the password; empty where the server asks for none
 */
public record PostgresLogin(String user, String password) {

    /**
     * Checks that no component is null.
     *
     * @param user the role that logs in
     * @param password the password; empty where the server asks for none
     */
    public PostgresLogin {
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "PostgresLogin[user=" + user + "]";
    }
}
