package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Where the tables of one tenant are, when not where the registry says: in a database of its own, or in the same one by way of the tenant's
 * own login.
 *
 * @param dataSource connections of a role that may read and write the tables; not closed
 * @param schema the schema that holds the tables
 */
public record TenantPlace(DataSource dataSource, String schema) {

    /**
     * Checks the schema's name.
     *
     * @param dataSource connections of a role that may read and write the tables; not closed
     * @param schema the schema that holds the tables
     * @throws ResultsException {@code INVALID} when the schema has a name that is not usable
     */
    public TenantPlace {
        Objects.requireNonNull(dataSource, "dataSource");
        Schema.findFault(Objects.requireNonNull(schema, "schema")).ifPresent(fault -> {
            throw ResultsException.invalid(fault);
        });
    }
}
