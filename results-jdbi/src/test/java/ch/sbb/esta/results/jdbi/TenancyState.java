package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.TenantNames;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Everything that provisioning leaves in the catalogs and the registry for one tenant and its cluster, with the tenant's names taken out, so that
 * two tenants can be compared. Passwords are there or not; oids and times are left out.
 */
final class TenancyState {

    private final TenancyDatabase database;
    private final String schema;
    private final List<String> tenantRoles;
    private final List<String> clusterRoles;
    private final List<String> names;

    private TenancyState(TenancyDatabase database, String cluster, String namespace) {
        this.database = database;
        TenantNames byDefault = TenantNames.of(cluster, namespace);
        List<String> row = database.query(
                "SELECT unnest(ARRAY[login_blue, login_green, owner_role, reader_role, schema_name]) FROM esta_tenancy.tenants"
                        + " WHERE cluster_id = '" + cluster + "' AND namespace = '" + namespace + "'");
        List<String> own = row.isEmpty()
                ? List.of(
                        byDefault.blue(), byDefault.green(), byDefault.owner(), byDefault.reader(), byDefault.schema())
                : row;
        tenantRoles = own.subList(0, 4);
        schema = own.get(4);
        clusterRoles =
                List.of(TenantNames.connect(cluster), TenantNames.runtime(cluster), TenantNames.readerOfAll(cluster));
        names = Stream.of(
                        own.stream(),
                        clusterRoles.stream(),
                        Stream.of(database.admin().user(), database.name()))
                .flatMap(each -> each)
                .toList();
    }

    /** Rows of text, sorted; of a tenant that is not there, those of its cluster only. */
    static List<String> of(TenancyDatabase database, String cluster, String namespace) {
        TenancyState state = new TenancyState(database, cluster, namespace);
        List<String> rows = new ArrayList<>();
        rows.addAll(state.roles());
        rows.addAll(state.objects());
        rows.addAll(database.query("""
                SELECT 'registry', to_jsonb(t) - '{cluster_id,namespace,created_time,changed_time,rotated_time,removed_time,deletion_time}'::text[],
                    removed_time IS NOT NULL, deletion_time IS NOT NULL
                FROM esta_tenancy.tenants t WHERE cluster_id = '%s' AND namespace = '%s'""".formatted(cluster, namespace)));
        return rows.stream().map(state::anonymous).sorted().toList();
    }

    private static String literals(List<String> texts) {
        return texts.stream().map(text -> "'" + text + "'").collect(Collectors.joining(", "));
    }

    private List<String> roles() {
        List<String> all =
                Stream.concat(tenantRoles.stream(), clusterRoles.stream()).toList();
        return database.query("""
                SELECT 'role', rolname::text, to_jsonb(a) - '{oid,rolname,rolpassword}'::text[], rolpassword IS NOT NULL
                FROM pg_authid a WHERE rolname IN (%2$s)
                UNION ALL SELECT 'setting', r.rolname, to_jsonb(item), s.setdatabase = 0
                FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) item WHERE r.rolname IN (%2$s)
                UNION ALL SELECT 'member', role.rolname || ' of ' || member.rolname || ' by ' || grantor.rolname,
                    to_jsonb(m) - '{oid,roleid,member,grantor}'::text[], NULL
                FROM pg_auth_members m JOIN pg_roles role ON role.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
                    JOIN pg_roles grantor ON grantor.oid = m.grantor
                WHERE role.rolname IN (%1$s) OR member.rolname IN (%1$s)
                    OR (role.rolname IN (%3$s) AND member.rolname IN (%3$s, '%4$s'))
                """.formatted(
                        literals(tenantRoles),
                        literals(all),
                        literals(clusterRoles),
                        database.admin().user()));
    }

    private List<String> objects() {
        List<String> all =
                Stream.concat(tenantRoles.stream(), clusterRoles.stream()).toList();
        List<String> rows = new ArrayList<>(database.query("""
                SELECT 'schema', nspname::text, nspowner::regrole, item::text FROM pg_namespace LEFT JOIN LATERAL unnest(nspacl) item ON true
                WHERE nspname = '%1$s'
                UNION ALL SELECT 'relation ' || relkind::text, relname, relowner::regrole, item::text
                FROM pg_class c LEFT JOIN LATERAL unnest(relacl) item ON true WHERE relnamespace = to_regnamespace('"%1$s"')
                UNION ALL SELECT 'index', i.relname, NULL, x.indisvalid::text
                FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relnamespace = to_regnamespace('"%1$s"')
                UNION ALL SELECT 'function', p.oid::regprocedure::text, proowner::regrole, item::text
                FROM pg_proc p LEFT JOIN LATERAL unnest(proacl) item ON true WHERE pronamespace = to_regnamespace('"%1$s"')
                UNION ALL SELECT 'constraint', conname, NULL, convalidated::text
                FROM pg_constraint WHERE connamespace = to_regnamespace('"%1$s"')
                UNION ALL SELECT 'trigger', tgname, NULL, tgenabled::text
                FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE relnamespace = to_regnamespace('"%1$s"') AND NOT tgisinternal
                UNION ALL SELECT 'default ' || defaclobjtype::text, defaclnamespace::text, defaclrole::regrole, item::text
                FROM (SELECT defaclobjtype, to_regnamespace('"%1$s"') = defaclnamespace AS defaclnamespace, defaclrole, defaclacl FROM pg_default_acl) d,
                    unnest(defaclacl) item WHERE defaclrole::regrole::text = ANY (ARRAY(SELECT quote_ident(n) FROM unnest(ARRAY[%2$s]) n))
                UNION ALL SELECT 'database', datname, NULL, r.rolname || ' ' || item.privilege_type || ' ' || item.is_grantable
                FROM pg_database, aclexplode(datacl) item JOIN pg_roles r ON r.oid = item.grantee WHERE r.rolname IN (%2$s)
                """.formatted(schema, literals(all))));
        if (database.query("SELECT to_regclass('\"" + schema + "\".esta_schema_version') IS NOT NULL")
                .equals(List.of("t"))) {
            rows.addAll(database.query("SELECT 'version', version FROM \"" + schema + "\".esta_schema_version"));
        }
        return rows;
    }

    private String anonymous(String row) {
        String text = row;
        for (int i = 0; i < names.size(); i++) {
            text = text.replace('"' + names.get(i) + '"', "<" + i + ">").replace(names.get(i), "<" + i + ">");
        }
        return text;
    }
}
