package ch.sbb.esta.results.copy;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListOrder.Field;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.ResultsStore;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies Results, Records and logs out of one store into another, under the same names: mostly from a Tekton Results server into
 * Postgres and S3. Rows get uids, times and etags of the target's own; annotations that a Result of the target has already stay.
 *
 * <p>Runs are archived, so that a newer version in the target stays; other Records are created or brought to what the source says. Where
 * logs are copied, the Records that describe them are not, because these say where the source keeps its logs: the target makes its own.
 * What cannot be copied is named in the report: a Result without any run, a run that lies in the Result of another namespace, a run
 * that the target refuses, and a log that is still written.
 *
 * <p><b>Concurrency.</b> A copy is for one thread at a time. Others may write to source and target meanwhile.
 *
 * <p><b>Idempotency.</b> A copy may be repeated, from the beginning too, and may be broken off anywhere. Logs go on behind what is durable.
 *
 * <p><b>Ordering.</b> By the create time of Results, so that new ones come last. What changes behind the copy is caught by the next run.
 *
 * <p><b>Failure.</b> What store, reader, source and sink throw ends the run; the position file, where there is one, lets the next
 * one go on.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public final class RemoteCopy {

    private static final ListOrder OLDEST_FIRST = new ListOrder(Field.CREATE_TIME, Direction.ASC);
    private static final String LOG_TYPE = "results.tekton.dev/v1alpha3.Log";
    private static final String OLDER_LOG_TYPE = "results.tekton.dev/v1alpha2.Log";

    private final ResultsReader from;
    private final ResultsStore to;
    private final String parent;
    private final int pageSize;
    private final CopyPosition position;
    private final CopyListener listener;
    private final RecordCreation creation;
    private final ResultNaming naming;
    private final @Nullable LogTransfer logs;
    private final Consumer<RecordName> logRecords;

    private RemoteCopy(Builder builder) {
        this.from = builder.from;
        this.to = builder.to;
        this.parent = builder.parent;
        this.pageSize = builder.pageSize;
        this.position = new CopyPosition(builder.positionFile, builder.parent);
        this.listener = builder.listener;
        this.creation = builder.creation;
        this.naming = builder.naming;
        this.logs = builder.logs;
        this.logRecords = builder.logRecords;
    }

    /**
     * Begins with all Results of all parents, without logs.
     *
     * @param from what is copied
     * @param to where it is copied to
     * @param <S> a store that takes Records which are no runs, too
     * @return a new builder, not thread-safe
     */
    public static <S extends ResultsStore & RecordCreation> Builder builder(ResultsReader from, S to) {
        return new Builder(Objects.requireNonNull(from, "from"), Objects.requireNonNull(to, "to"), to);
    }

    /**
     * Copies from the position of the file on, else from the first Result; at the end the file is deleted.
     *
     * @return what was done
     * @throws ResultsException what the parts throw; to be repeated where it is retryable
     */
    public CopyReport run() {
        CopyTally tally = new CopyTally();
        ResultTransfer transfer = new ResultTransfer(
                from, to, creation, new ResultTransfer.Rules(naming, pageSize, this::isCopied), tally);
        ListQuery first = ListQuery.of(parent).orderBy(OLDEST_FIRST).pageSize(pageSize);
        String token = position.read();
        while (true) {
            Page<Result> page = list(first, token);
            for (Result result : page.items()) {
                for (EndedTaskRun taskRun : transfer.copy(result)) {
                    if (logs != null && logs.copyAll(taskRun, tally)) {
                        logRecords.accept(taskRun.name());
                    }
                }
                tally.results++;
                listener.onResult(tally.report());
            }
            token = page.nextPageToken().orElse("");
            if (token.isEmpty()) {
                position.delete();
                return tally.report();
            }
            position.write(token);
        }
    }

    private Page<Result> list(ListQuery first, String token) {
        try {
            return from.listResults(first.pageToken(token));
        } catch (ResultsException e) {
            if (e.code() == Code.INVALID && !token.isEmpty()) {
                throw new ResultsException(
                        Code.INVALID,
                        "the source does not know the position of the copy any more; delete the position file to begin"
                                + " at the first Result: " + e.getMessage(),
                        e);
            }
            throw e;
        }
    }

    /**
     * Reads both sides and compares them: names, summaries and data, but neither annotations nor logs.
     *
     * @return counts and hashes of each parent that the source has
     * @throws ResultsException what reader and store throw
     */
    public CopyComparison compare() {
        Map<String, ParentTally> source = tallies(from, parent);
        Map<String, CopyComparison.Both> both = new TreeMap<>();
        source.forEach((name, tally) -> both.put(
                name, new CopyComparison.Both(tally, tallies(to, name).getOrDefault(name, ParentTally.EMPTY))));
        return new CopyComparison(both);
    }

    private Map<String, ParentTally> tallies(ResultsReader reader, String parent) {
        Map<String, ContentHash> hashes = new TreeMap<>();
        Pages.stream(ListQuery.of(parent).pageSize(pageSize), reader::listResults)
                .forEach(result -> hashes.computeIfAbsent(result.name().parent(), name -> new ContentHash())
                        .add(result));
        Pages.stream(ListQuery.of(parent + "/results/-").pageSize(pageSize), reader::listRecords)
                .filter(this::isCopied)
                .forEach(record -> hashes.computeIfAbsent(record.name().parent(), name -> new ContentHash())
                        .add(record));
        Map<String, ParentTally> tallies = new TreeMap<>();
        hashes.forEach((name, hash) -> tallies.put(name, hash.tally()));
        return tallies;
    }

    private boolean isCopied(Record record) {
        return logs == null || !(record.type().equals(LOG_TYPE) || record.type().equals(OLDER_LOG_TYPE));
    }

    /** Collects the parts of a copy. Not thread-safe. */
    public static final class Builder {

        private final ResultsReader from;
        private final ResultsStore to;
        private final RecordCreation creation;
        private String parent = "-";
        private int pageSize = 100;
        private ResultNaming naming = ResultNaming.defaults();
        private @Nullable Path positionFile;
        private CopyListener listener = report -> {};
        private @Nullable LogTransfer logs;
        private Consumer<RecordName> logRecords = taskRun -> {};

        private Builder(ResultsReader from, ResultsStore to, RecordCreation creation) {
            this.from = from;
            this.to = to;
            this.creation = creation;
        }

        /**
         * Copies one parent only.
         *
         * @param parent a namespace; {@code -} for all by default
         * @return this
         * @throws ResultsException {@code INVALID} when it is none
         */
        public Builder parent(String parent) {
            ListQuery unused = ListQuery.of(parent).requireCollection(ListQuery.Collection.RESULTS);
            this.parent = parent;
            return this;
        }

        /**
         * How many Results or Records are in memory at a time.
         *
         * @param size 1 to 10,000; 100 by default
         * @return this
         * @throws ResultsException {@code INVALID} for any other number
         */
        public Builder pageSize(int size) {
            this.pageSize = ListQuery.of("-").pageSize(size).pageSize();
            return this;
        }

        /**
         * Reads from the runs what they say of their Results, where the source does not say it.
         *
         * @param naming that of the archive which goes on with the target; {@link ResultNaming#defaults()} by default
         * @return this
         */
        public Builder naming(ResultNaming naming) {
            this.naming = Objects.requireNonNull(naming, "naming");
            return this;
        }

        /**
         * Keeps in a file up to where the copy has come. Without it every run begins at the first Result, which is right but slower.
         *
         * @param file in a folder that exists; made, replaced and at the end deleted
         * @return this
         */
        public Builder positionFile(Path file) {
            this.positionFile = Objects.requireNonNull(file, "file");
            return this;
        }

        /**
         * Copies the logs of TaskRuns, too.
         *
         * @param source what is copied
         * @param sink where to
         * @return this
         */
        public Builder logs(LogSource source, LogSink sink) {
            this.logs = new LogTransfer(Objects.requireNonNull(source, "source"), Objects.requireNonNull(sink, "sink"));
            return this;
        }

        /**
         * Makes the Record that describes the logs of a TaskRun in the target.
         *
         * @param refresh is given the TaskRun's Record when its logs are copied; mostly
         *     {@link ch.sbb.esta.results.logs.LogRecords#refresh}
         * @return this
         */
        public Builder logRecords(Consumer<RecordName> refresh) {
            this.logRecords = Objects.requireNonNull(refresh, "refresh");
            return this;
        }

        /**
         * Is told of every Result.
         *
         * @param listener for example a progress bar
         * @return this
         */
        public Builder listener(CopyListener listener) {
            this.listener = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /**
         * Makes the copy; calls nothing.
         *
         * @return the copy
         */
        public RemoteCopy build() {
            return new RemoteCopy(this);
        }
    }
}
