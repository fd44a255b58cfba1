package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Result.Stored;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Columns that both tables have. */
final class Columns {

    private Columns() {}

    static Stored stored(ResultSet row) throws SQLException {
        Instant created = time(row, "created_time");
        Instant updated = time(row, "updated_time");
        String etag = row.getString("etag");
        return new Stored(
                row.getString("id"),
                created == null ? Instant.EPOCH : created,
                updated == null ? Instant.EPOCH : updated,
                etag == null ? "" : etag);
    }

    static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
