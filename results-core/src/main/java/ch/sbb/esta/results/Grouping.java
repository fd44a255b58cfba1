package ch.sbb.esta.results;

import java.util.Locale;
import java.util.Objects;

/** By what runs are put into groups. Every implementation is immutable and thread-safe. */
public sealed interface Grouping {

    /**
     * By a time of the run: the group is the year, month, week, day, hour or minute it is in, in the time zone of the query.
     *
     * @param unit how coarse
     * @param moment which time
     */
    record ByTime(CalendarUnit unit, RunMoment moment) implements Grouping {

        /**
         * Checks that no component is null.
         *
         * @param unit how coarse
         * @param moment which time
         */
        public ByTime {
            Objects.requireNonNull(unit, "unit");
            Objects.requireNonNull(moment, "moment");
        }

        @Override
        public String toString() {
            String name = unit.name().toLowerCase(Locale.ROOT);
            return switch (moment) {
                case CREATED -> name;
                case STARTED -> name + " startTime";
                case ENDED -> name + " completionTime";
            };
        }
    }

    /** By a property that every kind of run may have. */
    enum ByField implements Grouping {
        /** {@code metadata.namespace}. */
        NAMESPACE,
        /** {@code NAMESPACE/PIPELINE}, since two namespaces may have pipelines of one name. */
        PIPELINE,
        /** {@code NAMESPACE/} and the annotation {@code pipelinesascode.tekton.dev/repository}. */
        REPOSITORY,
        /** The name of the {@link SummaryStatus}; runs that have not finished are {@code UNKNOWN}. */
        STATE,
        /** {@code NAMESPACE/} and the label {@code tekton.dev/task}, else {@code spec.taskRef.name}. */
        TASK;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * By the value of a label.
     *
     * @param key the label's key, for example {@code triggers.tekton.dev/triggers-eventid}
     */
    record ByLabel(String key) implements Grouping {

        /** The longest key that Kubernetes takes: prefix, slash and name. */
        public static final int MAX_LENGTH = 317;

        /**
         * Checks the key.
         *
         * @param key the label's key, 1 to {@value #MAX_LENGTH} characters
         * @throws ResultsException {@code INVALID} when it is empty or too long, or holds a character that no label has
         */
        public ByLabel {
            Objects.requireNonNull(key, "key");
            if (key.isEmpty() || key.length() > MAX_LENGTH || !key.chars().allMatch(c -> c > ' ' && c < 127)) {
                throw ResultsException.invalid("label " + Escaped.of(key) + " is none of Kubernetes: a key has 1 to "
                        + MAX_LENGTH + " characters of ASCII without spaces");
            }
        }

        @Override
        public String toString() {
            return "label " + key;
        }
    }

    /**
     * Parses {@code group_by} of Tekton Results.
     *
     * @param groupBy {@code year}, {@code month}, {@code week}, {@code day}, {@code hour} or {@code minute}, each optionally followed by
     *     {@code startTime} or {@code completionTime}; or {@code namespace}, {@code pipeline}, {@code repository}
     * @return the grouping
     * @throws ResultsException {@code INVALID} for anything else
     */
    static Grouping parse(String groupBy) {
        String text = groupBy.trim();
        for (CalendarUnit unit : CalendarUnit.values()) {
            for (RunMoment moment : RunMoment.values()) {
                ByTime grouping = new ByTime(unit, moment);
                if (grouping.toString().equals(text)) {
                    return grouping;
                }
            }
        }
        return switch (text) {
            case "namespace" -> ByField.NAMESPACE;
            case "pipeline" -> ByField.PIPELINE;
            case "repository" -> ByField.REPOSITORY;
            default ->
                throw ResultsException.invalid("group_by " + Escaped.of(groupBy)
                        + " is none of year, month, week, day, hour, minute, each optionally"
                        + " followed by startTime or completionTime, or of namespace, pipeline, repository");
        };
    }
}
