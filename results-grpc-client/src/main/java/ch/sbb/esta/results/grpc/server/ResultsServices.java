package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.Authorizer;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsStore;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A store, figures and logs as services of the protocol of Tekton Results: {@code tekton.results.v1alpha2.Results}, and where there are
 * logs, {@code tekton.results.v1alpha2.Logs} and {@code tekton.results.v1alpha3.Logs}.
 *
 * <p>{@link GrpcResultsServer} puts them on a socket. Who has a server already adds {@link #bindableServices()} to it.
 *
 * <p><b>Concurrency.</b> Thread-safe. Calls block their threads while the store works, so the server's executor must not be the one of
 * the transport.
 *
 * <p><b>Tenancy.</b> Every call is shown to the {@link Authorizer} before anything is read.
 *
 * <p><b>Failure.</b> Codes of {@link ResultsException} become statuses: {@code INVALID_ARGUMENT}, {@code NOT_FOUND},
 * {@code ALREADY_EXISTS}, {@code FAILED_PRECONDITION} for a conflict, {@code UNAVAILABLE}, {@code DEADLINE_EXCEEDED}. What nobody expects
 * is {@code INTERNAL} with the number of an incident, under which it is logged. A caller that the authorizer refuses gets
 * {@code UNAUTHENTICATED}, whether it is known or not, as from Tekton Results. What this server was built without, or what the store
 * cannot do, is {@code UNIMPLEMENTED}.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public final class ResultsServices {

    private final List<BindableService> services;

    private ResultsServices(Builder builder) {
        Gate gate = new Gate(builder.authorizer);
        Listing listing = new Listing(builder.maxPageBytes);
        ServedStore store = new ServedStore(builder.store);
        List<BindableService> served = new ArrayList<>();
        served.add(new ResultsCalls(store, builder.statistics, gate, listing));
        if (builder.logs != null) {
            LogUpload.UploadParts uploads = builder.logSink == null
                    ? null
                    : new LogUpload.UploadParts(store, builder.logs, builder.logSink, builder.clock);
            LogCalls logs = new LogCalls(
                    store,
                    new ServedLogs(builder.store, builder.logs),
                    new LogCalls.Writing(builder.logDeletion, uploads),
                    gate,
                    listing);
            served.add(logs);
            served.add(logs.newer());
        }
        this.services = served.stream().map(ResultsServices::withHeaders).toList();
    }

    private static BindableService withHeaders(BindableService service) {
        return () -> ServerInterceptors.intercept(service, new PartialResponses(), new CallerHeaders());
    }

    /**
     * Begins with Results and Records alone.
     *
     * @param store what is served; Results and Records can be created where it is a
     *     {@link ch.sbb.esta.results.spi.ResultCreation} and a {@link ch.sbb.esta.results.spi.RecordCreation} too
     * @param authorizer decides about every call; {@link Authorizer#allowAll()} where nobody is to be refused
     * @return a new builder, not thread-safe
     */
    public static Builder builder(ResultsStore store, Authorizer authorizer) {
        return new Builder(store, authorizer);
    }

    /**
     * The services, for a server of your own. They bring what reads their headers along.
     *
     * @return one to three services
     */
    public List<BindableService> bindableServices() {
        return services;
    }

    /** Collects what is served. Not thread-safe. */
    public static final class Builder {

        private final ResultsStore store;
        private final Authorizer authorizer;
        private @Nullable RecordStatistics statistics;
        private @Nullable LogSource logs;
        private @Nullable LogSink logSink;
        private @Nullable LogDeletion logDeletion;
        private InstantSource clock = InstantSource.system();
        private long maxPageBytes = 64L << 20;

        private Builder(ResultsStore store, Authorizer authorizer) {
            this.store = Objects.requireNonNull(store, "store");
            this.authorizer = Objects.requireNonNull(authorizer, "authorizer");
        }

        /**
         * Answers {@code GetRecordListSummary}.
         *
         * @param statistics over the same records; none by default
         * @return this
         */
        public Builder statistics(RecordStatistics statistics) {
            this.statistics = Objects.requireNonNull(statistics, "statistics");
            return this;
        }

        /**
         * Serves logs for reading.
         *
         * @param logs where they are; none by default
         * @return this
         */
        public Builder logs(LogSource logs) {
            this.logs = Objects.requireNonNull(logs, "logs");
            return this;
        }

        /**
         * Takes uploads of logs, as the watcher of Tekton Results makes them.
         *
         * @param logSink where they go, to be read through {@link #logs}; none by default
         * @return this
         */
        public Builder logUploads(LogSink logSink) {
            this.logSink = Objects.requireNonNull(logSink, "logSink");
            return this;
        }

        /**
         * Deletes logs on demand.
         *
         * @param logDeletion deletes what {@link #logs} reads; none by default
         * @return this
         */
        public Builder logDeletion(LogDeletion logDeletion) {
            this.logDeletion = Objects.requireNonNull(logDeletion, "logDeletion");
            return this;
        }

        /**
         * Says what the time is.
         *
         * @param clock the clock by which the lines of uploads are dated; the system's by default
         * @return this
         */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * How many bytes of data a page holds before it ends early; a single item may be larger. Callers whose own limit is smaller need
         * a smaller one here: grpc's default is 4 MiB.
         *
         * @param bytes at least 1; 64 MiB by default
         * @return this
         */
        public Builder maxPageBytes(long bytes) {
            this.maxPageBytes = bytes;
            return this;
        }

        /**
         * Makes the services.
         *
         * @return the services
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public ResultsServices build() {
            List<String> mistakes = new ArrayList<>();
            if (maxPageBytes < 1) {
                mistakes.add("maxPageBytes is " + maxPageBytes + ", it must be 1 or more");
            }
            if (logs == null && logSink != null) {
                mistakes.add("logUploads is set but no logs, through which uploads are read");
            }
            if (logs == null && logDeletion != null) {
                mistakes.add("logDeletion is set but no logs");
            }
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("results services: " + String.join("; ", mistakes));
            }
            return new ResultsServices(this);
        }
    }
}
