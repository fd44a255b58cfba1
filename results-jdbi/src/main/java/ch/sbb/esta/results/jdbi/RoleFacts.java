package ch.sbb.esta.results.jdbi;

import java.sql.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * What some roles are at the moment, and who is a member of whom.
 *
 * @param roles those that are there, by name
 * @param memberships those in which one of them is the role or the member
 */
record RoleFacts(Map<String, Role> roles, List<Membership> memberships) {

    /**
     * A role.
     *
     * @param mayLogIn whether it is a login
     * @param inherits whether it has by default the rights of the roles that it is a member of
     * @param connectionLimit how many sessions it may have, -1 for any number
     * @param settings what its sessions begin with, by the name of the setting
     * @param powers what it may do as no tenant should, as words of ALTER ROLE
     */
    record Role(
            boolean mayLogIn,
            boolean inherits,
            int connectionLimit,
            Map<String, String> settings,
            List<String> powers) {}

    /**
     * A membership, by whomever it was granted.
     *
     * @param role the role
     * @param member who is a member of it
     * @param admin whether the member may make others members
     * @param inherit whether the member has the role's rights
     * @param set whether the member may become the role
     */
    record Membership(String role, String member, boolean admin, boolean inherit, boolean set) {}

    static RoleFacts read(Handle handle, ServerFacts server, Collection<String> names) {
        Map<String, Role> roles = new LinkedHashMap<>();
        handle.createQuery("""
                        SELECT rolname, rolcanlogin, rolinherit, rolconnlimit, rolconfig, rolsuper, rolcreaterole, rolcreatedb,
                            rolreplication, rolbypassrls
                        FROM pg_catalog.pg_roles WHERE rolname = ANY(CAST(:names AS text[]))
                        """)
                .bind("names", SqlArray.texts(names, name -> name))
                .map((row, context) -> {
                    List<String> powers = new ArrayList<>();
                    for (String power : List.of("super", "createrole", "createdb", "replication", "bypassrls")) {
                        if (row.getBoolean("rol" + power)) {
                            powers.add(power.equals("super") ? "SUPERUSER" : power.toUpperCase(Locale.ROOT));
                        }
                    }
                    Array settings = row.getArray("rolconfig");
                    Role role = new Role(
                            row.getBoolean("rolcanlogin"),
                            row.getBoolean("rolinherit"),
                            row.getInt("rolconnlimit"),
                            settings == null ? Map.of() : settings((String[]) settings.getArray()),
                            List.copyOf(powers));
                    return Map.entry(row.getString("rolname"), role);
                })
                .forEach(entry -> roles.put(entry.getKey(), entry.getValue()));
        return new RoleFacts(roles, memberships(handle, server, names));
    }

    /** Postgres keeps names in settings with quotes where they need some. */
    private static Map<String, String> settings(String[] texts) {
        Map<String, String> settings = new HashMap<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            String value = text.substring(equals + 1);
            boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
            settings.put(text.substring(0, equals), quoted ? value.substring(1, value.length() - 1) : value);
        }
        return settings;
    }

    private static List<Membership> memberships(Handle handle, ServerFacts server, Collection<String> names) {
        String options = server.membershipsHaveOptions()
                ? "bool_or(g.inherit_option) AS inherits, bool_or(g.set_option) AS may_set"
                : "bool_or(m.rolinherit) AS inherits, true AS may_set";
        return handle.createQuery("""
                        SELECT r.rolname AS role, m.rolname AS member, bool_or(g.admin_option) AS administers, %s
                        FROM pg_catalog.pg_auth_members g
                            JOIN pg_catalog.pg_roles r ON r.oid = g.roleid
                            JOIN pg_catalog.pg_roles m ON m.oid = g.member
                        WHERE r.rolname = ANY(CAST(:names AS text[])) OR m.rolname = ANY(CAST(:names AS text[]))
                        GROUP BY r.rolname, m.rolname
                        """.formatted(options))
                .bind("names", SqlArray.texts(names, name -> name))
                .map((row, context) -> new Membership(
                        row.getString("role"),
                        row.getString("member"),
                        row.getBoolean("administers"),
                        row.getBoolean("inherits"),
                        row.getBoolean("may_set")))
                .list();
    }

    Optional<Role> find(String name) {
        return Optional.ofNullable(roles.get(name));
    }

    Optional<Membership> find(String role, String member) {
        return memberships.stream()
                .filter(membership ->
                        membership.role().equals(role) && membership.member().equals(member))
                .findFirst();
    }
}
