package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Turns what the driver throws into a {@link ResultsException}. Messages of the server about data hold parts of rows; they appear
 * neither in our message nor in the cause.
 */
final class SqlErrors {

    /** Serialization failure: the same transaction again. */
    static final String TRY_AGAIN = "40001";

    /** Deadlock, serialization failure, a plan or a prepared statement that became invalid: the same transaction again. */
    private static final Set<String> REPEATABLE = Set.of(TRY_AGAIN, "40P01", "0A000", "26000");

    /** The server is going down, has gone down, is not up yet, or has cut off a connection that did nothing. */
    private static final Set<String> SHUTDOWN = Set.of("57P01", "57P02", "57P03", "57P05");

    private static final String READ_ONLY = "25006";
    private static final Set<String> TABLES_MISSING = Set.of("42P01", "42703", "3F000");
    private static final String FOREIGN_KEY_VIOLATION = "23503";
    private static final Set<String> ABOUT_THE_ROW = Set.of("21", "22", "23", "38", "39", "44", "54", "P0", "XX");
    private static final Set<String> CORRUPTION = Set.of("XX001", "XX002");

    private static final String TLS =
            "no TLS connection to Postgres; look whether its certificate is of an authority that is trusted "
                    + "and bears the host name that was asked for";
    private static final String EXHAUSTED =
            "no connection of the pool became free in time; enlarge the pool, or look for calls that "
                    + "hold connections for long";

    private SqlErrors() {}

    /** The driver's exception behind one of Jdbi, whose own message holds the statement with its arguments. */
    static Optional<SQLException> find(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof SQLException sql) {
                return Optional.of(sql);
            }
        }
        return Optional.empty();
    }

    /** Whether the same transaction may succeed at once. A missing foreign key is a Result that was deleted under our hands. */
    static boolean isRepeatable(Throwable thrown) {
        String state = state(thrown);
        return REPEATABLE.contains(state) || state.equals(FOREIGN_KEY_VIOLATION) || isCatalogRace(thrown);
    }

    /** "tuple concurrently updated": two have changed the same role or right at once. Told by where it is raised, in whatever language. */
    private static boolean isCatalogRace(Throwable thrown) {
        return find(thrown)
                .filter(e -> "XX000".equals(e.getSQLState()))
                .map(e -> e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null)
                .map(ServerErrorMessage::getRoutine)
                .filter(routine -> routine.startsWith("simple_heap_"))
                .isPresent();
    }

    /** Whether the role may not do what it tried. */
    static boolean isDenied(Throwable thrown) {
        return state(thrown).equals("42501");
    }

    /** Whether something else depends on what was to be dropped. */
    static boolean isDependedOn(Throwable thrown) {
        return state(thrown).equals("2BP01");
    }

    /** Whether the server refuses the login: the role may not log in, or its password is another. */
    static boolean isLoginRefused(Throwable thrown) {
        return state(thrown).startsWith("28");
    }

    /** Whether the connection, or the server behind it, was lost, so that another connection may do better. */
    static boolean isLost(Throwable thrown) {
        String state = state(thrown);
        return state.startsWith("08") || SHUTDOWN.contains(state) || state.equals(READ_ONLY);
    }

    /** Whether the server takes no writes. */
    static boolean isReadOnlyServer(Throwable thrown) {
        return state(thrown).equals(READ_ONLY);
    }

    /** Whether tables are not there (yet). */
    static boolean isAboutMissingTables(Throwable thrown) {
        return TABLES_MISSING.contains(state(thrown));
    }

    /**
     * Says of a transaction that cannot be made read-write that its server is a standby. Postgres calls that a feature which is not
     * supported, like plans that have become invalid.
     */
    static JdbiException readOnlyServer(JdbiException refused) {
        String state = state(refused);
        if (!state.equals("0A000") && !state.equals(READ_ONLY)) {
            return refused;
        }
        return new ConnectionException(new SQLException("the server is a standby", READ_ONLY, refused));
    }

    /** Whether the server refused a row for what it holds, so that the other rows of the batch may be fine. */
    static boolean isAboutTheRow(Throwable thrown) {
        String state = state(thrown);
        return state.length() == 5
                && ABOUT_THE_ROW.contains(state.substring(0, 2))
                && !state.equals(FOREIGN_KEY_VIOLATION)
                && !CORRUPTION.contains(state);
    }

    /** Whether a role that was to be become is not there, or not for this login; at the beginning of a transaction. */
    static boolean isAboutTheRole(Throwable thrown) {
        String state = state(thrown);
        return state.equals("22023") || state.equals("42501");
    }

    /** A fault of the tenant's roles, not of a row and not of the call. */
    static ResultsException roleRefused(String what, String role, Throwable thrown) {
        SQLException e = find(thrown).orElseThrow();
        return new ResultsException(
                Code.DENIED,
                what + " failed: the login of the pool cannot become role " + Identifiers.quote(role)
                        + "; provision the tenant again, and look whether the pool logs in as the runtime login, SQLSTATE "
                        + e.getSQLState(),
                harmless(e));
    }

    /** Whether it was waited for a lock as long as {@code lock_timeout} allows. */
    static boolean isLockTimeout(Throwable thrown) {
        return state(thrown).equals("55P03");
    }

    /** Why a row was refused, without its text. */
    static String refusal(Throwable thrown) {
        SQLException e = find(thrown).orElseThrow();
        return "Postgres refuses the row: SQLSTATE " + e.getSQLState() + " (" + meaning(state(thrown)) + ")" + where(e);
    }

    static ResultsException translate(String what, Throwable thrown) {
        if (thrown instanceof ResultsException ours) {
            return ours;
        }
        restoreInterrupt(thrown);
        Optional<SQLException> found = find(thrown);
        if (found.isEmpty()) {
            return new ResultsException(
                    Code.INTERNAL, what + " failed: " + thrown.getClass().getSimpleName(), thrown);
        }
        SQLException e = found.get();
        String state = state(e);
        String message = what + " failed: " + (isTls(e) ? TLS : meaning(state, e))
                + (state.isEmpty() ? "" : ", SQLSTATE " + state) + where(e);
        return new ResultsException(code(e), message, harmless(e));
    }

    static Code code(SQLException e) {
        String state = state(e);
        if (state.length() == 5) {
            return code(state);
        }
        if (e instanceof SQLTimeoutException) {
            return Code.TIMEOUT;
        }
        return isConnection(e) ? Code.UNAVAILABLE : Code.INTERNAL;
    }

    private static Code code(String state) {
        return switch (state) {
            case "57014", "55P03", "25P03", "25P04" -> Code.TIMEOUT;
            case "42501" -> Code.DENIED;
            case "25006", "0A000", "26000" -> Code.UNAVAILABLE;
            default ->
                switch (state.substring(0, 2)) {
                    case "08", "40", "53", "57", "58" -> Code.UNAVAILABLE;
                    case "28" -> Code.DENIED;
                    case "22", "23", "44", "54", "P0" -> Code.INVALID;
                    default -> Code.INTERNAL;
                };
        };
    }

    private static boolean isTls(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof SSLHandshakeException || e instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /** Pools say by the lack of a state that nobody has failed: every connection is lent. */
    private static String meaning(String state, SQLException e) {
        return state.isEmpty() && e instanceof SQLTransientConnectionException ? EXHAUSTED : meaning(state);
    }

    private static String meaning(String state) {
        return switch (state) {
            case "57014" -> "the statement timeout has passed";
            case "55P03" -> "another transaction holds a lock";
            case "25006" -> "the server is read-only, perhaps a standby";
            case "42501" -> "the role may not do this";
            case "08004" ->
                "Postgres refuses the connection, perhaps because one side insists on TLS and the other has none";
            case "42P01", "42703", "3F000" -> "a table or column is missing; run the migrations on this schema";
            case "3D000" -> "there is no such database";
            default ->
                switch (state.length() < 2 ? "" : state.substring(0, 2)) {
                    case "08" -> "the connection to Postgres is broken or was refused";
                    case "22" -> "a value that Postgres cannot store";
                    case "23", "44" -> "a constraint is violated";
                    case "28" -> "Postgres refuses the login";
                    case "40" -> "the transaction lost against others, again and again";
                    case "53" ->
                        "Postgres is short of resources; where it lacks shared memory in a call over many tenants, "
                                + "raise max_locks_per_transaction";
                    case "54" -> "a limit of Postgres is exceeded";
                    case "57" -> "Postgres is stopping or starting";
                    case "58" -> "the system under Postgres has failed";
                    case "P0" -> "a trigger or function raised an error";
                    case "" -> "no connection to Postgres";
                    default -> "Postgres refuses the statement";
                };
        };
    }

    private static String where(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        String constraint = server == null ? null : server.getConstraint();
        return constraint == null ? "" : ", constraint " + Escaped.of(constraint);
    }

    /** What the driver says of connections helps; what it says of data holds data. */
    private static SQLException harmless(SQLException e) {
        Code code = code(e);
        if (code == Code.UNAVAILABLE || code == Code.TIMEOUT || code == Code.DENIED) {
            return e;
        }
        SQLException copy = new SQLException("text withheld, it may hold data", e.getSQLState());
        copy.setStackTrace(e.getStackTrace());
        return copy;
    }

    private static boolean isConnection(SQLException e) {
        return e instanceof SQLTransientConnectionException
                || e instanceof SQLNonTransientConnectionException
                || e instanceof SQLRecoverableException;
    }

    private static String state(Throwable thrown) {
        @Nullable String state = find(thrown).map(SQLException::getSQLState).orElse(null);
        return state == null ? "" : state;
    }

    private static void restoreInterrupt(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
