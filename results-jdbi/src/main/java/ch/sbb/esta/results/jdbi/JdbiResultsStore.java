package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultContent;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RetentionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Results, Records, the quarantine and what has expired in the tables of Tekton Results in one schema of a Postgres database; {@link Migrations}
 * makes them. The server of Tekton Results may work on the same tables.
 *
 * <p>Each call is one transaction, set to {@code READ COMMITTED}; archiving repeats it when it loses against another one. A batch of
 * any size takes a handful of statements.
 *
 * <p>Postgres keeps neither U+0000 nor half a surrogate pair in JSON. Objects that hold one are stored with a reversible escape in a
 * row that is marked, and come back as they were.
 *
 * <p>Thread-safe, as long as the {@code DataSource} is; that is not closed.
 */
public final class JdbiResultsStore
        implements ResultsStore, Quarantine, ResultCreation, RecordCreation, RetentionStore {

    private static final int MAX_QUARANTINE_PAGE = 1000;

    private final Transactions transactions;
    private final Tables tables;
    private final Listing<Result> resultListing;
    private final Listing<Record> recordListing;
    private final InstantSource clock;
    private final long maxPageBytes;

    private JdbiResultsStore(Builder builder) {
        this(
                new Transactions(
                        builder.dataSource, builder.replica, builder.statementTimeout, builder.failoverTimeout),
                new Schema(builder.schema),
                builder.clock,
                builder.maxPageBytes);
    }

    JdbiResultsStore(Transactions transactions, Schema schema, InstantSource clock, long maxPageBytes) {
        this.transactions = transactions;
        this.clock = clock;
        this.maxPageBytes = maxPageBytes;
        tables = Tables.of(schema);
        resultListing = Listing.results(schema);
        recordListing = Listing.records(schema);
    }

    /**
     * Configures a store.
     *
     * @param dataSource connections of a role that may read and write the tables; not closed
     * @param schema the schema that holds the tables
     * @return a builder
     */
    public static Builder builder(DataSource dataSource, String schema) {
        return new Builder(dataSource, schema);
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        if (batch.isEmpty()) {
            return List.of();
        }
        List<RunPlacement> runs = List.copyOf(batch);
        String what = "archiving " + runs.size() + (runs.size() == 1 ? " run" : " runs");
        try {
            return transactions.writeIdempotent(what, handle -> new ArchiveBatch(tables, handle, now()).archive(runs));
        } catch (ResultsException e) {
            if (!SqlErrors.isAboutTheRow(e)) {
                throw e;
            }
            return transactions.writeIdempotent(
                    what, handle -> new ArchiveBatch(tables, handle, now()).archiveByParts(runs));
        }
    }

    @Override
    public Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        Objects.requireNonNull(etag, "etag");
        ResultContent content = new ResultContent(annotations, summary.orElse(null));
        return transactions.write("updating " + name, handle -> {
            List<Result> found = tables.results().lock(handle, List.of(name));
            if (found.isEmpty()) {
                throw ResultsException.notFound(name);
            }
            Result current = found.get(0);
            requireEtag(name, current.stored().etag(), etag);
            ResultContent before =
                    new ResultContent(current.annotations(), current.summary().orElse(null));
            if (content.equals(before)) {
                return current;
            }
            ResultTable.Row row = ResultTable.Row.of(name, current.stored().uid(), content);
            return tables.results().update(handle, List.of(row), now()).get(0);
        });
    }

    @Override
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(etag, "etag");
        JsonText.check(data);
        return transactions.write("updating " + name, handle -> {
            String stored = tables.records().lock(handle, name).orElseThrow(() -> ResultsException.notFound(name));
            requireEtag(name, stored, etag);
            tables.records().update(handle, name, type, data, now());
            return tables.records().find(handle, name).orElseThrow(() -> ResultsException.notFound(name));
        });
    }

    @Override
    public Result createResult(ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary) {
        Objects.requireNonNull(name, "name");
        ResultContent content = new ResultContent(annotations, summary.orElse(null));
        return transactions.write("creating " + name, handle -> {
            Change now = now();
            tables.results().insert(handle, List.of(ResultTable.Row.of(name, now.newId(), content)), now);
            return tables.results()
                    .find(handle, name)
                    .orElseThrow(
                            () -> new ResultsException(Code.CONFLICT, "somebody deleted it meanwhile; create it again")
                                    .about(name));
        });
    }

    @Override
    public Record createRecord(RecordName name, String type, byte[] data) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        JsonText.check(data);
        return transactions.write("creating " + name, handle -> {
            tables.records().create(handle, name, type, data, now());
            return tables.records().find(handle, name).orElseThrow(() -> ResultsException.notFound(name.result()));
        });
    }

    private static void requireEtag(Object name, String stored, String expected) {
        if (!stored.equals(expected)) {
            throw new ResultsException(
                            Code.CONFLICT,
                            "the etag is not " + Escaped.of(expected)
                                    + " any more; read it again and repeat the change")
                    .about(name);
        }
    }

    @Override
    public void deleteResult(ResultName name) {
        Objects.requireNonNull(name, "name");
        transactions.deleting("deleting " + name, handle -> tables.results().delete(handle, name));
    }

    @Override
    public void deleteRecord(RecordName name) {
        Objects.requireNonNull(name, "name");
        transactions.deleting("deleting " + name, handle -> tables.records().delete(handle, name));
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        Objects.requireNonNull(name, "name");
        return transactions.read("reading " + name, handle -> tables.results().find(handle, name));
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        Objects.requireNonNull(name, "name");
        return transactions.read("reading " + name, handle -> tables.records().find(handle, name));
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RESULTS);
        return transactions.readStale("listing results", resultListing.page(query, maxPageBytes));
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RECORDS);
        return transactions.readStale("listing records", recordListing.page(query, maxPageBytes));
    }

    @Override
    public void put(QuarantinedRun entry) {
        Objects.requireNonNull(entry, "entry");
        transactions.writing(
                "quarantining an object", handle -> tables.quarantine().put(handle, entry));
    }

    @Override
    public Optional<QuarantinedRun> find(String id) {
        Objects.requireNonNull(id, "id");
        return transactions.read(
                "reading the quarantine", handle -> tables.quarantine().find(handle, id));
    }

    @Override
    public Page<QuarantinedRun> list(String afterId, int limit) {
        Objects.requireNonNull(afterId, "afterId");
        if (limit < 1 || limit > MAX_QUARANTINE_PAGE) {
            throw ResultsException.invalid("limit " + limit + " is not between 1 and " + MAX_QUARANTINE_PAGE);
        }
        return transactions.read(
                "listing the quarantine", handle -> tables.quarantine().list(handle, afterId, limit, maxPageBytes));
    }

    @Override
    public void delete(String id) {
        Objects.requireNonNull(id, "id");
        transactions.deleting(
                "deleting from the quarantine", handle -> tables.quarantine().delete(handle, id));
    }

    @Override
    public boolean mark(Expiry expiry, Sighting seen) {
        Objects.requireNonNull(seen, "seen");
        return transactions.writeIdempotent(
                "marking " + expiry.result(), handle -> tables.expiries().mark(handle, expiry, seen));
    }

    @Override
    public Page<Expiry> listMarked(String parent, String after, int limit) {
        Objects.requireNonNull(after, "after");
        ListQuery.of(parent).requireCollection(ListQuery.Collection.RESULTS);
        return transactions.read(
                "listing what has expired", handle -> tables.expiries().listMarked(handle, parent, after, limit));
    }

    @Override
    public long deleteMarked(ResultName result) {
        Objects.requireNonNull(result, "result");
        return transactions.writeIdempotent(
                "deleting " + result, handle -> tables.expiries().deleteMarked(handle, result));
    }

    @Override
    public Optional<Tombstone> findTombstone(String namespace, String uid) {
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(uid, "uid");
        return transactions.read(
                "reading a tombstone", handle -> tables.expiries().find(handle, namespace, uid));
    }

    @Override
    public Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit) {
        ListQuery.of(parent).requireCollection(ListQuery.Collection.RESULTS);
        ExpiryTables.TombstoneQuery query = new ExpiryTables.TombstoneQuery(parent, before, after, limit);
        return transactions.read(
                "listing tombstones", handle -> tables.expiries().listTombstones(handle, query));
    }

    @Override
    public void deleteTombstones(List<Tombstone> tombstones) {
        List<Tombstone> gone = List.copyOf(tombstones);
        if (!gone.isEmpty()) {
            transactions.deleting(
                    "deleting tombstones", handle -> tables.expiries().delete(handle, gone));
        }
    }

    private Change now() {
        return Change.now(clock);
    }

    /** Collects the settings of a store. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private final String schema;
        private InstantSource clock = InstantSource.system();
        private @Nullable DataSource replica;
        private Duration statementTimeout = Duration.ofSeconds(30);
        private Duration failoverTimeout = Transactions.FAILOVER_TIMEOUT;
        private long maxPageBytes = 64L << 20;

        private Builder(DataSource dataSource, String schema) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
            this.schema = Objects.requireNonNull(schema, "schema");
        }

        /**
         * Says what the time is.
         *
         * @param clock the clock; the system's by default
         * @return this
         */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * How long one statement may take, waiting for locks included, before the call ends with {@code TIMEOUT}. What a dead network
         * does to a connection is for the {@code DataSource} to limit.
         *
         * @param timeout one millisecond to one day; 30 seconds by default
         * @return this
         */
        public Builder statementTimeout(Duration timeout) {
            this.statementTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Where lists are read, so that they do not burden the primary. They may be a moment old then: what was written last may be missing.
         * Reading by name, and everything that writes, stays with the primary.
         *
         * <p>A replica that cannot be reached, refuses the login or has not got the tables yet is passed over: the primary is asked instead,
         * and the replica again every 10 seconds.
         *
         * @param replica connections to a standby of the same server; not closed. None by default
         * @return this
         */
        public Builder readReplica(DataSource replica) {
            this.replica = Objects.requireNonNull(replica, "replica");
            return this;
        }

        /**
         * How long a call goes on trying after its connection was lost, so that a failover shows as a slow call and not as a failed one.
         * Repeated is what does nothing twice: reads, archiving, deleting, and every other write whose commit had not begun. What remains is
         * {@code UNAVAILABLE}. The last try may wait for a connection as long as the {@code DataSource} lets it.
         *
         * @param timeout zero to one hour, zero to never try again; 10 seconds by default
         * @return this
         */
        public Builder failoverTimeout(Duration timeout) {
            this.failoverTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How many bytes a page holds before it ends early: data of Records and of the quarantine, annotations of Results and of their
         * summaries. A single item may be larger.
         *
         * @param bytes at least 1; 64 MiB by default
         * @return this
         */
        public Builder maxPageBytes(long bytes) {
            this.maxPageBytes = bytes;
            return this;
        }

        /**
         * Creates the store. Nothing is connected to before the first call.
         *
         * @return the store
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public JdbiResultsStore build() {
            List<String> faults = new ArrayList<>();
            Schema.findFault(schema).ifPresent(faults::add);
            if (statementTimeout.toMillis() < 1 || statementTimeout.compareTo(Duration.ofDays(1)) > 0) {
                faults.add("statementTimeout " + statementTimeout + " is not between one millisecond and one day");
            }
            if (failoverTimeout.isNegative() || failoverTimeout.compareTo(Duration.ofHours(1)) > 0) {
                faults.add("failoverTimeout " + failoverTimeout + " is not between zero and one hour");
            }
            if (maxPageBytes < 1) {
                faults.add("maxPageBytes " + maxPageBytes + " is less than 1");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new JdbiResultsStore(this);
        }
    }
}
