package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.ResultsException.Code;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;

/** The statements on the table {@code esta_quarantine}. */
final class QuarantineTable {

    static final String COLUMNS = "r.id, r.namespace, r.code, r.reason, r.data, r.last_time";

    private final String put;
    private final String find;
    private final String list;
    private final String delete;

    QuarantineTable(Schema schema) {
        put = schema.sql("""
                INSERT INTO {esta_quarantine} AS r (id, namespace, code, reason, data, first_time, last_time, count)
                VALUES (:id, :namespace, :code, :reason, :data, :time, :time, 1)
                ON CONFLICT (id) DO UPDATE SET last_time = GREATEST(r.last_time, EXCLUDED.last_time), count = r.count + 1
                """);
        find = schema.sql("SELECT " + COLUMNS + " FROM {esta_quarantine} r WHERE r.id = :id");
        list = schema.sql(
                "SELECT " + COLUMNS + " FROM {esta_quarantine} r WHERE r.id > :id ORDER BY r.id LIMIT :limit");
        delete = schema.sql("DELETE FROM {esta_quarantine} WHERE id = :id");
    }

    void put(Handle handle, QuarantinedRun entry) {
        handle.createUpdate(put)
                .bind("id", storable(entry.id()))
                .bind("namespace", storable(entry.namespace()))
                .bind("code", entry.code().name())
                .bind("reason", storable(entry.reason()))
                .bind("data", entry.data())
                .bind("time", entry.time().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC))
                .execute();
    }

    Optional<QuarantinedRun> find(Handle handle, String id) {
        return handle.createQuery(find)
                .bind("id", storable(id))
                .map(QuarantineTable::map)
                .findOne();
    }

    /** A page ends early where its objects together would become too large. */
    Page<QuarantinedRun> list(Handle handle, String afterId, int limit, long maxBytes) {
        Query query = handle.createQuery(list).bind("id", storable(afterId)).bind("limit", limit + 1);
        return read(query, limit, maxBytes);
    }

    /** Reads a page from a statement that finds a row more, where there is one. */
    static Page<QuarantinedRun> read(Query query, int limit, long maxBytes) {
        query.setFetchSize(Listing.ROWS_PER_FETCH);
        List<QuarantinedRun> items = new ArrayList<>();
        long bytes = 0;
        try (ResultIterator<QuarantinedRun> found =
                query.map(QuarantineTable::map).iterator()) {
            while (found.hasNext()) {
                QuarantinedRun entry = found.next();
                bytes += entry.data().length;
                if (items.size() == limit || (!items.isEmpty() && bytes > maxBytes)) {
                    return new Page<>(items, items.get(items.size() - 1).id());
                }
                items.add(entry);
            }
        }
        return new Page<>(items, null);
    }

    void delete(Handle handle, String id) {
        handle.createUpdate(delete).bind("id", storable(id)).execute();
    }

    /** Reasons are for people: a character that Postgres cannot keep in text is shown as its number. */
    static String storable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == 0 || Character.getType(c) == Character.SURROGATE) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }

    static QuarantinedRun map(ResultSet row, StatementContext context) throws SQLException {
        String code = row.getString("code");
        // A newer version of this library may know more codes.
        Code known = Arrays.stream(Code.values())
                .filter(value -> value.name().equals(code))
                .findFirst()
                .orElse(Code.INTERNAL);
        Instant time = Objects.requireNonNull(Columns.time(row, "last_time"));
        return new QuarantinedRun(
                row.getString("id"),
                row.getString("namespace"),
                ArchiveOutcome.quarantined(known, row.getString("reason")),
                row.getBytes("data"),
                time);
    }
}
