package ch.sbb.esta.results.jdbi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects the statements that are missing until roles are as they should be; what is so already costs none. */
final class RolePlan {

    private final ServerFacts server;
    private final RoleFacts roles;
    private final List<RoleStep> steps = new ArrayList<>();

    RolePlan(ServerFacts server, RoleFacts roles) {
        this.server = server;
        this.roles = roles;
    }

    /** What a role is to be. */
    enum Kind {
        /** It logs in, and has the rights of its roles. */
        LOGIN("LOGIN", "INHERIT"),
        /** It logs in, and must become another role to have its rights. */
        BARE_LOGIN("LOGIN", "NOINHERIT"),
        /** It does not log in. */
        GROUP("NOLOGIN", "INHERIT");

        private final String login;
        private final String inherit;

        Kind(String login, String inherit) {
            this.login = login;
            this.inherit = inherit;
        }

        private boolean fits(RoleFacts.Role role) {
            return role.mayLogIn() == login.equals("LOGIN") && role.inherits() == inherit.equals("INHERIT");
        }
    }

    /** What a member may do. */
    enum Member {
        /** It has the rights of the role, and may become it. */
        INHERITS_AND_SETS,
        /** It has the rights of the role. */
        INHERITS,
        /** It may become the role. */
        SETS
    }

    List<RoleStep> steps() {
        return steps;
    }

    void add(String fault, String sql, String remedy) {
        steps.add(new RoleStep(fault, null, sql, remedy));
    }

    void addAs(String role, String fault, String sql) {
        steps.add(new RoleStep(fault, role, sql, administer(role)));
    }

    /** A role of the administrator, which may become it and make others its members. */
    void role(String name, Kind kind, @Nullable Integer connectionLimit) {
        String quoted = Identifiers.quote(name);
        int limit = connectionLimit == null ? -1 : connectionLimit;
        String form = quoted + " " + kind.login + " " + kind.inherit + " CONNECTION LIMIT " + limit;
        Optional<RoleFacts.Role> role = roles.find(name);
        if (role.isEmpty()) {
            add(
                    "role " + quoted + " is missing",
                    "CREATE ROLE " + form,
                    "ALTER ROLE " + Identifiers.quote(server.admin()) + " CREATEROLE");
        }
        administered(name);
        if (role.isPresent() && (!kind.fits(role.get()) || role.get().connectionLimit() != limit)) {
            add("role " + quoted + " is not as it should be", "ALTER ROLE " + form, administer(name));
        }
    }

    /** Lets the administrator change the role and become it. */
    void administered(String name) {
        if (server.isSuperuser()) {
            return;
        }
        boolean done = roles.find(name, server.admin())
                .filter(found -> found.admin() && found.set())
                .isPresent();
        if (!done) {
            String options = server.membershipsHaveOptions() ? "SET TRUE, INHERIT FALSE" : "ADMIN OPTION";
            add(
                    "the administrator cannot become role " + Identifiers.quote(name),
                    "GRANT " + Identifiers.quote(name) + " TO " + Identifiers.quote(server.admin()) + " WITH "
                            + options,
                    administer(name));
        }
    }

    /** Gives the administrator the rights of a role, or takes them back: to give away what is another's takes more than to become it. */
    void inherit(String role, String option) {
        if (server.membershipsHaveOptions() && !server.isSuperuser()) {
            add(
                    "the administrator has not the rights of role " + Identifiers.quote(role),
                    "GRANT " + Identifiers.quote(role) + " TO " + Identifiers.quote(server.admin()) + " WITH INHERIT "
                            + option,
                    administer(role));
        }
    }

    private String administer(String role) {
        return "GRANT " + Identifiers.quote(role) + " TO " + Identifiers.quote(server.admin()) + " WITH ADMIN OPTION";
    }

    void member(String role, String name, Member kind) {
        boolean inherits = kind != Member.SETS;
        boolean sets = kind != Member.INHERITS;
        boolean done = roles.find(role, name)
                .filter(found -> (!inherits || found.inherit()) && (!sets || found.set()))
                .isPresent();
        if (!done) {
            String options = server.membershipsHaveOptions()
                    ? " WITH INHERIT " + (inherits ? "TRUE" : "FALSE") + ", SET " + (sets ? "TRUE" : "FALSE")
                    : "";
            add(
                    "role " + Identifiers.quote(name) + " is no member of " + Identifiers.quote(role),
                    "GRANT " + Identifiers.quote(role) + " TO " + Identifiers.quote(name) + options,
                    administer(role));
        }
    }

    /** @param value as {@code pg_roles} shows it, or null for none */
    void setting(String role, String name, @Nullable String value) {
        String found = roles.find(role)
                .map(known -> known.settings().getOrDefault(name, ""))
                .orElse("");
        String due = value == null ? "" : value;
        if (!found.equals(due)) {
            String quoted = Identifiers.quote(role);
            String sql = value == null ? " RESET " + name : " SET " + name + " = " + Identifiers.quote(value);
            add(
                    "the sessions of role " + quoted + " do not begin with the right " + name,
                    "ALTER ROLE " + quoted + sql,
                    administer(role));
        }
    }
}
