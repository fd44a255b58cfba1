package ch.sbb.esta.results.conversion;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.conversion.ConversionReport.Mode;
import ch.sbb.esta.results.internal.Pause;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Rewrites the Records of PipelineRuns and TaskRuns of {@code tekton.dev/v1beta1} as those of {@code tekton.dev/v1}, object and type in one
 * update, and the type in the summaries of their Results; see {@link RunConversion}. Nothing needs it: lists, filters and statistics
 * take runs of all versions. It is for who wants to ask for one type only.
 *
 * <p><b>Idempotency.</b> What is converted is not looked at again. A run that was interrupted is continued by the next one.
 *
 * <p><b>Concurrency.</b> Each Record is written under its etag: whoever changes it meanwhile wins. Two processes that run it at once do
 * some work twice, and nothing wrong. Whoever still archives runs of the older version undoes it, so convert when the cluster
 * serves version 1. Thread-safe.
 *
 * <p><b>Failure.</b> A Record that cannot be converted is left as it is and told in the report; it does not hold up the others. After ten
 * failures in a row a run ends early.
 */
public final class RecordConversion {

    private final Settings settings;

    record Settings(ResultsStore store, String parent, int recordsPerSecond, InstantSource clock, Pause pause) {}

    private RecordConversion(Settings settings) {
        this.settings = settings;
    }

    /**
     * Begins to configure a conversion.
     *
     * @param store whose Records are rewritten
     * @return a builder
     */
    public static Builder builder(ResultsStore store) {
        return new Builder(store);
    }

    /**
     * Says what {@link #run} would do now, and changes nothing. It converts each object to see whether that works.
     *
     * @return the report; failures are in it
     */
    public ConversionReport preview() {
        return new ConversionRound(settings, Mode.PREVIEW).run();
    }

    /**
     * Rewrites all Records of the older version that were created until now. Interrupting the thread ends it early, between two Records.
     *
     * @return the report; failures are in it
     */
    public ConversionReport run() {
        return new ConversionRound(settings, Mode.CONVERT).run();
    }

    /** Configures a conversion; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        private static final int MAX_RATE = 100_000;

        private final ResultsStore store;
        private String parent = "-";
        private int recordsPerSecond = 100;
        private InstantSource clock = InstantSource.system();
        private Pause pause = new StopSignal();

        private Builder(ResultsStore store) {
            this.store = Objects.requireNonNull(store, "store");
        }

        /**
         * Looks at one namespace only.
         *
         * @param namespace the namespace; {@code -} for all, the default
         * @return this
         */
        public Builder parent(String namespace) {
            this.parent = Objects.requireNonNull(namespace, "namespace");
            return this;
        }

        /**
         * How many Records are looked at in a second, so that others find the store at leisure.
         *
         * @param rate 1 to 100,000; 100 by default
         * @return this
         */
        public Builder recordsPerSecond(int rate) {
            this.recordsPerSecond = rate;
            return this;
        }

        /**
         * Says what the time is.
         *
         * @param source the clock; the system's by default
         * @return this
         */
        public Builder clock(InstantSource source) {
            this.clock = Objects.requireNonNull(source, "source");
            return this;
        }

        /** For tests: waits in a way of their own. */
        Builder pause(Pause waiting) {
            this.pause = waiting;
            return this;
        }

        /**
         * Makes it; nothing runs before {@link RecordConversion#run()}.
         *
         * @return the conversion
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public RecordConversion build() {
            List<String> faults = new ArrayList<>();
            try {
                ListQuery.of(parent).requireCollection(ListQuery.Collection.RESULTS);
            } catch (ResultsException e) {
                faults.add(String.valueOf(e.getMessage()));
            }
            if (recordsPerSecond < 1 || recordsPerSecond > MAX_RATE) {
                faults.add("recordsPerSecond " + recordsPerSecond + " is not between 1 and " + MAX_RATE);
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new RecordConversion(new Settings(store, parent, recordsPerSecond, clock, pause));
        }
    }
}
