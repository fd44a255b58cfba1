package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultContent;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.KnownPlaces;
import ch.sbb.esta.results.jdbi.RecordTable.StoredVersion;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionException;
import org.jspecify.annotations.Nullable;

/**
 * Archives one batch inside one transaction.
 *
 * <p>Rows are written sorted by name, Results before Records before the contents of Results that exist, so that two batches wait for
 * each other but seldom block each other for good; the rest is retried. Several versions of a run in one batch are written in rounds,
 * one version each, so that each element gets the outcome that it would have got alone.
 */
final class ArchiveBatch {

    /** What one statement carries at most, unless a single run is larger. */
    private static final int STATEMENT_BYTES = 8 << 20;

    private static final String SAVEPOINT = "esta_part";

    private final ResultTable results;
    private final RecordTable records;
    private final QuarantineTable quarantine;
    private final ExpiryTables expiries;
    private final Handle handle;
    private final Change change;

    ArchiveBatch(Tables tables, Handle handle, Change change) {
        this.results = tables.results();
        this.records = tables.records();
        this.quarantine = tables.quarantine();
        this.expiries = tables.expiries();
        this.handle = handle;
        this.change = change;
    }

    /** Archives all; an exception about a row means that nothing is known of the others: try again with {@link #archiveByParts}. */
    List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        List<ArchiveRow> rows = rows(batch);
        List<ArchiveRow> living = withoutExpired(rows);
        rounds(living).forEach(this::store);
        requireLiving(living);
        return outcomes(rows);
    }

    /** Archives what can be archived and puts what Postgres refuses into the quarantine, found by halving. */
    List<ArchiveOutcome> archiveByParts(List<RunPlacement> batch) {
        List<ArchiveRow> rows = rows(batch);
        handle.execute("SET CONSTRAINTS ALL IMMEDIATE");
        List<ArchiveRow> living = withoutExpired(rows);
        rounds(living).forEach(this::storeByParts);
        requireLiving(living);
        return outcomes(rows);
    }

    private List<ArchiveRow> withoutExpired(List<ArchiveRow> rows) {
        Set<ExpiryTables.Key> expired = findExpired(rows);
        List<ArchiveRow> living = new ArrayList<>();
        for (ArchiveRow row : rows) {
            if (isIn(expired, row.run())) {
                row.outcome(
                        ArchiveOutcome.expired(row.run().namespace(), row.run().uid()));
            } else {
                living.add(row);
            }
        }
        return living;
    }

    /** Looks once more, now that the rows are locked: retention may have come between. */
    private void requireLiving(List<ArchiveRow> rows) {
        if (!rows.isEmpty() && !findExpired(rows).isEmpty()) {
            throw new TransactionException(
                    "a run expired while it was archived", new SQLException("try again", SqlErrors.TRY_AGAIN));
        }
    }

    private Set<ExpiryTables.Key> findExpired(List<ArchiveRow> rows) {
        Set<ExpiryTables.Key> keys = new HashSet<>();
        for (ArchiveRow row : rows) {
            keys.add(ExpiryTables.Key.of(row.run()));
            ExpiryTables.Key.ofOwner(row.run()).ifPresent(keys::add);
        }
        return expiries.expired(handle, keys);
    }

    private static boolean isIn(Set<ExpiryTables.Key> expired, RunSnapshot run) {
        return expired.contains(ExpiryTables.Key.of(run))
                || ExpiryTables.Key.ofOwner(run).filter(expired::contains).isPresent();
    }

    private List<ArchiveRow> rows(List<RunPlacement> batch) {
        return KnownPlaces.of(batch, names -> records.runs(handle, names)).stream()
                .map(placement -> new ArchiveRow(placement, change.newId()))
                .toList();
    }

    private static List<ArchiveOutcome> outcomes(List<ArchiveRow> rows) {
        return rows.stream().map(row -> Objects.requireNonNull(row.outcome())).toList();
    }

    /** In a round each record occurs once and each Result has one run that speaks for it. */
    private static List<List<ArchiveRow>> rounds(List<ArchiveRow> rows) {
        Map<Object, Integer> next = new HashMap<>();
        List<List<ArchiveRow>> rounds = new ArrayList<>();
        for (ArchiveRow row : rows) {
            int round = next.getOrDefault(row.name(), 0);
            if (row.speaksForResult()) {
                round = Math.max(round, next.getOrDefault(row.name().result(), 0));
                next.put(row.name().result(), round + 1);
            }
            next.put(row.name(), round + 1);
            if (round == rounds.size()) {
                rounds.add(new ArrayList<>());
            }
            rounds.get(round).add(row);
        }
        rounds.forEach(round -> round.sort(Comparator.comparing(ArchiveRow::name)));
        return rounds;
    }

    private void storeByParts(List<ArchiveRow> rows) {
        handle.savepoint(SAVEPOINT);
        try {
            store(rows);
            handle.releaseSavepoint(SAVEPOINT);
        } catch (JdbiException e) {
            if (!SqlErrors.isAboutTheRow(e)) {
                throw e;
            }
            handle.rollbackToSavepoint(SAVEPOINT);
            if (rows.size() == 1) {
                refuse(rows.get(0), SqlErrors.code(SqlErrors.find(e).orElseThrow()), SqlErrors.refusal(e));
            } else {
                int middle = rows.size() / 2;
                storeByParts(rows.subList(0, middle));
                storeByParts(rows.subList(middle, rows.size()));
            }
        }
    }

    private void store(List<ArchiveRow> all) {
        List<ArchiveRow> rows = withoutUnchanged(all);
        if (rows.isEmpty()) {
            return;
        }
        Map<ResultName, String> inserted = placeResults(rows);
        for (List<ArchiveRow> part : parts(rows)) {
            storeRecords(part);
        }
        mergeResults(rows, inserted);
    }

    /**
     * Passes over runs that are stored already with everything that they say of their Result: after a restart, that is nearly all. No row
     * is locked, for nothing is written: the outcome is that of the moment at which the rows were read.
     */
    private List<ArchiveRow> withoutUnchanged(List<ArchiveRow> rows) {
        Set<RecordName> unchanged = records.unchanged(handle, rows);
        if (unchanged.isEmpty()) {
            return rows;
        }
        Set<ResultName> spokenFor = new HashSet<>();
        for (ArchiveRow row : rows) {
            if (row.speaksForResult() && unchanged.contains(row.name())) {
                spokenFor.add(row.name().result());
            }
        }
        Map<ResultName, ResultContent> contents = new HashMap<>();
        if (!spokenFor.isEmpty()) {
            results.read(handle, spokenFor).forEach(result -> contents.put(result.name(), content(result)));
        }
        List<ArchiveRow> others = new ArrayList<>();
        for (ArchiveRow row : rows) {
            if (unchanged.contains(row.name())
                    && saysNothingNew(row, contents.get(row.name().result()))) {
                row.outcome(ArchiveOutcome.archived(Status.UNCHANGED, row.name()));
            } else {
                others.add(row);
            }
        }
        return others;
    }

    private static boolean saysNothingNew(ArchiveRow row, @Nullable ResultContent before) {
        return !row.speaksForResult()
                || (before != null && before.merge(row.placement()).equals(before));
    }

    private static ResultContent content(Result result) {
        return new ResultContent(result.annotations(), result.summary().orElse(null));
    }

    /** Sees to it that every Result exists; returns those that are new, which have their content already. */
    private Map<ResultName, String> placeResults(List<ArchiveRow> rows) {
        SortedMap<ResultName, ResultContent> contents = new TreeMap<>();
        for (ArchiveRow row : rows) {
            contents.merge(
                    row.name().result(),
                    ResultContent.EMPTY.merge(row.placement()),
                    (one, other) -> one.summary().isPresent() ? one : other);
        }
        List<ResultTable.Row> candidates = contents.entrySet().stream()
                .map(entry -> ResultTable.Row.of(entry.getKey(), change.newId(), entry.getValue()))
                .toList();
        Map<ResultName, String> inserted = results.insert(handle, candidates, change);
        Map<ResultName, String> ids = new HashMap<>(inserted);
        contents.keySet().removeAll(inserted.keySet());
        if (!contents.isEmpty()) {
            ids.putAll(results.ids(handle, contents.keySet()));
        }
        for (ArchiveRow row : rows) {
            // An id that is missing because the Result was deleted meanwhile fails at the foreign key, and all is tried
            // again.
            row.resultId(ids.getOrDefault(row.name().result(), "deleted"));
        }
        return inserted;
    }

    private static List<List<ArchiveRow>> parts(List<ArchiveRow> rows) {
        List<List<ArchiveRow>> parts = new ArrayList<>();
        List<ArchiveRow> part = new ArrayList<>();
        long bytes = 0;
        for (ArchiveRow row : rows) {
            int size = row.data().json().length;
            if (!part.isEmpty() && bytes + size > STATEMENT_BYTES) {
                parts.add(part);
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(row);
            bytes += size;
        }
        parts.add(part);
        return parts;
    }

    private void storeRecords(List<ArchiveRow> rows) {
        Map<RecordName, String> written = records.archive(handle, rows, change);
        List<ArchiveRow> others = new ArrayList<>();
        for (ArchiveRow row : rows) {
            String id = written.get(row.name());
            if (id == null) {
                others.add(row);
            } else {
                Status status = id.equals(row.id()) ? Status.CREATED : Status.UPDATED;
                row.outcome(ArchiveOutcome.archived(status, row.name()));
            }
        }
        if (!others.isEmpty()) {
            explain(others);
        }
    }

    /** Says why rows were not written. The statement before has locked them, so what is read now is what it decided by. */
    private void explain(List<ArchiveRow> rows) {
        Map<RecordName, StoredVersion> versions = records.versions(handle, rows);
        for (ArchiveRow row : rows) {
            StoredVersion stored = versions.get(row.name());
            if (stored == null) {
                refuse(
                        row,
                        Code.INTERNAL,
                        "Postgres took the row of " + row.name()
                                + " and did not keep it; look for a trigger or a rule on the table");
            } else if (!stored.uid().equals(row.run().uid())) {
                refuse(row, Code.CONFLICT, row.name() + " holds another object");
            } else {
                boolean newest = row.run().version().supersedes(stored.version());
                row.outcome(ArchiveOutcome.archived(newest ? Status.UNCHANGED : Status.STALE, row.name()));
            }
        }
    }

    private void refuse(ArchiveRow row, Code code, String reason) {
        ArchiveOutcome refusal = ArchiveOutcome.quarantined(code, reason);
        row.outcome(refusal);
        quarantine.put(
                handle,
                QuarantinedRun.of(
                        row.run().namespace(),
                        refusal,
                        row.run().json(),
                        change.time().toInstant()));
    }

    /** Merges what runs say of Results that existed before; the record's lock keeps other versions of the same run out. */
    private void mergeResults(List<ArchiveRow> rows, Map<ResultName, String> inserted) {
        SortedMap<ResultName, ArchiveRow> speakers = new TreeMap<>();
        for (ArchiveRow row : rows) {
            ResultName name = row.name().result();
            ArchiveOutcome outcome = Objects.requireNonNull(row.outcome());
            boolean current = outcome.isArchived() && outcome.status() != Status.STALE;
            if (row.speaksForResult() && current && !inserted.containsKey(name)) {
                speakers.put(name, row);
            }
        }
        if (speakers.isEmpty()) {
            return;
        }
        List<ResultTable.Row> changed = new ArrayList<>();
        for (Result result : results.lock(handle, speakers.keySet())) {
            ResultContent before = content(result);
            ResultContent after = before.merge(
                    Objects.requireNonNull(speakers.get(result.name())).placement());
            if (!after.equals(before)) {
                changed.add(ResultTable.Row.of(result.name(), result.stored().uid(), after));
            }
        }
        if (!changed.isEmpty()) {
            results.update(handle, changed, change);
        }
    }
}
