package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes a schema that held rows before {@link Migrations} added to it, while others, such as the server of Tekton Results, go on
 * writing: fills the promoted columns in small batches and builds the indexes {@code CONCURRENTLY}. Until it is done, readers miss
 * nothing, they are slower. A schema that was empty when it was migrated is complete from the start.
 *
 * <p><b>Idempotency.</b> A run that was interrupted is continued by the next one; an index whose building failed is dropped and built
 * again. What is done is not done again.
 *
 * <p><b>Concurrency.</b> Of several processes one does the work, the others return at once. No statement of others waits for more than
 * a fraction of a second. Thread-safe.
 *
 * <p><b>Lifecycle.</b> One connection is held meanwhile with an advisory lock and builds the indexes, a second one fills, in batches that
 * take about a tenth of a second. Behind a pooler that gives connections away between transactions this cannot work: give it a {@code DataSource} of
 * direct connections.
 */
public final class Adoption {

    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
    private static final Duration BATCH_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration BATCH_AIM = Duration.ofMillis(100);
    private static final int LEAST_BATCH = 20;
    private static final int LARGEST_BATCH = 1000;
    private static final Duration INDEX_TIMEOUT = Duration.ofHours(12);

    private static final String SETTINGS =
            "SELECT current_setting('lock_timeout') AS lock_timeout, current_setting('statement_timeout') AS statement_timeout";
    private static final String SET =
            "SELECT set_config('lock_timeout', :lock_timeout, false) || set_config('statement_timeout', :statement_timeout, false) AS set";

    private final Jdbi jdbi;
    private final Transactions transactions;
    private final Schema schema;
    private final RunsFilling filling;

    /**
     * Prepares the adoption of a schema that {@link Migrations} has brought up to date.
     *
     * @param dataSource direct connections of the schema's owner; not closed
     * @param schema the schema
     * @throws ResultsException {@code INVALID} when the schema has a name that is not usable
     */
    public Adoption(DataSource dataSource, String schema) {
        this.schema = new Schema(Objects.requireNonNull(schema, "schema"));
        this.jdbi = Jdbi.create(Objects.requireNonNull(dataSource, "dataSource"));
        this.transactions = new Transactions(dataSource, BATCH_TIMEOUT);
        this.filling = new RunsFilling(this.schema);
    }

    /**
     * Does what is left to do, unless another process does it right now. That takes from milliseconds to hours, as the tables are large.
     *
     * @return what remains afterwards: nothing, or what the other process is at
     * @throws ResultsException {@code DENIED} when the role does not own the tables, {@code INTERNAL} when the schema was not migrated,
     *     {@code UNAVAILABLE} when the database cannot be reached, {@code TIMEOUT} when a table was in use for five minutes without a
     *     break, a transaction of others kept an index from being finished for twelve hours, or the thread was interrupted while it
     *     waited; run it again then
     */
    public AdoptionStatus run() {
        try (Handle session = jdbi.open()) {
            if (lock(session)) {
                Map<String, Object> settings =
                        session.createQuery(SETTINGS).mapToMap().one();
                try {
                    // Waiting for the end of other transactions counts as waiting for a lock.
                    session.createQuery(SET)
                            .bind("lock_timeout", "0")
                            .bind("statement_timeout", INDEX_TIMEOUT.toMillis() + "ms")
                            .mapToMap()
                            .one();
                    fill();
                    buildIndexes(session);
                } finally {
                    session.createQuery(SET).bindMap(settings).mapToMap().one();
                    unlock(session);
                }
            }
        } catch (JdbiException e) {
            throw SqlErrors.translate("adopting schema " + schema.quoted(), e);
        }
        return status();
    }

    /**
     * Says what is left to do.
     *
     * @return the steps that remain
     * @throws ResultsException {@code INTERNAL} when the schema was not migrated, {@code UNAVAILABLE} when the database cannot be
     *     reached
     */
    public AdoptionStatus status() {
        return transactions.read("looking at schema " + schema.quoted(), handle -> {
            List<String> remaining = new ArrayList<>();
            if (!filling.isFinished(handle)) {
                remaining.add("fill the promoted columns of runs");
            }
            Map<String, Boolean> indexes = indexes(handle);
            for (TableIndex index : TableIndex.ALL) {
                if (!indexes.getOrDefault(index.name(), false)) {
                    remaining.add("build the index " + index.name());
                }
            }
            return new AdoptionStatus(remaining);
        });
    }

    private void fill() {
        String what = "filling schema " + schema.quoted();
        boolean finished = transactions.read(what, filling::isFinished);
        int rows = LEAST_BATCH;
        while (!finished) {
            int batch = rows;
            long start = System.nanoTime();
            finished = BusyTables.patiently(
                    schema,
                    () -> transactions.write(what, handle -> {
                        handle.execute(BusyTables.SETTINGS);
                        return filling.fillBatch(handle, batch);
                    }));
            // Rows differ in size by orders of magnitude, and those of a batch are locked while it runs.
            boolean slow = System.nanoTime() - start > BATCH_AIM.toNanos();
            rows = Math.max(LEAST_BATCH, Math.min(LARGEST_BATCH, slow ? rows / 2 : rows * 2));
            if (finished) {
                LOG.info("schema {}: the promoted columns of all runs are filled", schema.name());
            }
        }
    }

    private void buildIndexes(Handle session) {
        Map<String, Boolean> indexes = indexes(session);
        List<TableIndex> missing = TableIndex.ALL.stream()
                .filter(index -> !indexes.getOrDefault(index.name(), false))
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        for (TableIndex index : missing) {
            if (indexes.containsKey(index.name())) {
                session.execute(schema.sql(index.dropConcurrently()));
            }
            session.execute(schema.sql(index.createConcurrently()));
            LOG.info("schema {}: index {} is built", schema.name(), index.name());
        }
        // The planner learns about expressions that are indexed by this alone.
        session.execute(schema.sql("ANALYZE {records}"));
        session.execute(schema.sql("ANALYZE {results}"));
        session.execute(schema.sql("ANALYZE {esta_runs}"));
    }

    /** Our indexes by name, with whether they are valid: building one that fails leaves an invalid one behind. */
    private Map<String, Boolean> indexes(Handle handle) {
        return handle
                .createQuery("""
                        SELECT c.relname, i.indisvalid FROM pg_catalog.pg_index i
                        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = :schema AND c.relname LIKE 'esta%'
                        """)
                .bind("schema", schema.name())
                .map((row, context) -> Map.entry(row.getString(1), row.getBoolean(2)))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Never waits: whoever waits for a lock holds a snapshot, and building an index waits for all snapshots. */
    private boolean lock(Handle session) {
        boolean locked = session.createQuery("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))")
                .bind("key", key())
                .mapTo(Boolean.class)
                .one();
        if (!locked) {
            LOG.info("schema {}: another process is adopting it", schema.name());
            return false;
        }
        return true;
    }

    private void unlock(Handle session) {
        session.createQuery("SELECT pg_advisory_unlock(hashtextextended(:key, 0))")
                .bind("key", key())
                .mapTo(Boolean.class)
                .one();
    }

    private String key() {
        return "ch.sbb.esta.results.adoption " + schema.name();
    }
}
