package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * One statement that brings roles or a schema nearer to what is due.
 *
 * @param fault what is wrong as long as it has not been run
 * @param as the role that runs it; null for the administrator
 * @param sql the statement
 * @param remedy the SQL that lets it be run where the server refuses it
 */
record RoleStep(String fault, @Nullable String as, String sql, String remedy) {

    void run(Handle handle) {
        try {
            if (as != null) {
                handle.execute("SET LOCAL ROLE " + Identifiers.quote(as));
            }
            handle.execute(sql);
            if (as != null) {
                handle.execute("RESET ROLE");
            }
        } catch (JdbiException e) {
            if (SqlErrors.isDenied(e)) {
                throw new ResultsException(
                        Code.DENIED,
                        "Postgres refuses: " + sql + "; as a superuser, or as the owner of what it is about, run: "
                                + remedy,
                        e.getCause());
            }
            throw e;
        }
    }
}
