package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Which run is kept how long, and when that is looked after: the first policy that matches a run decides, else the default does.
 *
 * <p>Immutable and thread-safe.
 */
public final class RetentionRules {

    /** The name under which the report counts what no policy matched. */
    public static final String DEFAULT = "default";

    private final RetentionPolicy fallback;
    private final List<RetentionPolicy> policies;
    private final CronSchedule schedule;

    private RetentionRules(RetentionPolicy fallback, List<RetentionPolicy> policies, CronSchedule schedule) {
        this.fallback = fallback;
        this.policies = List.copyOf(policies);
        this.schedule = Objects.requireNonNull(schedule, "schedule");
    }

    /**
     * Keeps every run for the same time.
     *
     * @param retention how long runs are kept that no policy matches, more than zero
     * @return the rules, with {@link CronSchedule#WEEKLY}
     * @throws ResultsException {@code INVALID} for a time of zero or less
     */
    public static RetentionRules keepFor(Duration retention) {
        return new RetentionRules(
                new RetentionPolicy(DEFAULT, RetentionSelector.ALL, retention), List.of(), CronSchedule.WEEKLY);
    }

    /**
     * Returns the same rules with a policy behind those that are there.
     *
     * @param policy decides where none before it matches
     * @return a copy
     */
    public RetentionRules then(RetentionPolicy policy) {
        List<RetentionPolicy> more = new ArrayList<>(policies);
        more.add(Objects.requireNonNull(policy, "policy"));
        return new RetentionRules(fallback, more, schedule);
    }

    /**
     * Returns the same rules with another schedule.
     *
     * @param when when runs are looked at
     * @return a copy
     */
    public RetentionRules schedule(CronSchedule when) {
        return new RetentionRules(fallback, policies, when);
    }

    /**
     * Reads the ConfigMap of Tekton Results' retention agent: {@code runAt}, {@code defaultRetention} (or the older
     * {@code maxRetention}, which wins) and {@code policies}, a YAML list in a text. Times are days ({@code 30}, {@code 30d}) or
     * durations ({@code 24h}, {@code 1h30m}).
     *
     * <p>Missing entries mean 30 days, no policies, and Sunday at 07:07 UTC. Stricter than Tekton Results: an entry or field of another
     * name is refused, because a selector that is misspelled would select everything; so are times of zero or less, and values that
     * select nothing. Entries whose names begin with {@code _} are passed over.
     *
     * @param data the entries of the ConfigMap's {@code data}
     * @return the rules
     * @throws ResultsException {@code INVALID} naming every fault with its place
     */
    public static RetentionRules ofConfigMap(Map<String, String> data) {
        return new ConfigMapReader().read(data);
    }

    /**
     * Reads the same from the YAML of the ConfigMap itself.
     *
     * @param yaml a ConfigMap, or its {@code data} alone
     * @return the rules
     * @throws ResultsException {@code INVALID} naming every fault with its place
     */
    public static RetentionRules parse(String yaml) {
        return ofConfigMap(ConfigMapReader.data(yaml));
    }

    /**
     * When runs are looked at.
     *
     * @return the schedule
     */
    public CronSchedule schedule() {
        return schedule;
    }

    /**
     * The policies in the order in which they are asked, without the default.
     *
     * @return unmodifiable
     */
    public List<RetentionPolicy> policies() {
        return policies;
    }

    /**
     * How long a run is kept that no policy matches.
     *
     * @return more than zero
     */
    public Duration defaultRetention() {
        return fallback.retention();
    }

    /** The run is asked for only where the namespace does not decide. */
    RetentionPolicy match(String namespace, Supplier<RunTraits> run) {
        for (RetentionPolicy policy : policies) {
            RetentionSelector selector = policy.selector();
            if (selector.canMatch(namespace) && (selector.isByNamespace() || selector.matches(run.get()))) {
                return policy;
            }
        }
        return fallback;
    }

    /** No run of the namespace expires earlier. */
    Duration shortest(String namespace) {
        Duration shortest = fallback.retention();
        for (RetentionPolicy policy : policies) {
            if (policy.selector().canMatch(namespace)) {
                shortest = min(shortest, policy.retention());
            }
        }
        return shortest;
    }

    /** No run expires earlier. */
    Duration shortest() {
        return policies.stream().map(RetentionPolicy::retention).reduce(fallback.retention(), RetentionRules::min);
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** For example {@code 2 policies, else 30 days, at 7 7 * * 7}. */
    @Override
    public String toString() {
        return policies.size() + " policies, else " + fallback.retention() + ", at " + schedule;
    }
}
