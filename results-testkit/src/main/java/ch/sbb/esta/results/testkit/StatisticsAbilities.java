package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.Grouping.ByField;
import ch.sbb.esta.results.Grouping.ByTime;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.testkit.RecordStatisticsContract.Ability;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.Set;

/** Which abilities a query needs. */
final class StatisticsAbilities {

    private StatisticsAbilities() {}

    static Set<Ability> neededFor(StatisticsQuery query) {
        Set<Ability> needed = EnumSet.noneOf(Ability.class);
        query.aggregates().forEach(aggregate -> needed.addAll(neededFor(aggregate, query.counting())));
        query.grouping().ifPresent(grouping -> needed.addAll(neededFor(grouping, query.counting())));
        if (!query.zone().normalized().equals(ZoneOffset.UTC)) {
            needed.add(Ability.ZONES);
        }
        return needed;
    }

    static Set<Ability> neededFor(Aggregate aggregate, Counting counting) {
        return switch (aggregate) {
            case TOTAL, LAST_RUNTIME, AVG_DURATION, MIN_DURATION, MAX_DURATION, TOTAL_DURATION -> Set.of();
            case SUCCEEDED, FAILED, CANCELLED, RUNNING, OTHERS ->
                counting == Counting.UPSTREAM ? Set.of() : Set.of(Ability.STATES);
            case TIMED_OUT, PENDING, SUCCESS_RATE -> Set.of(Ability.STATES);
            case P50_DURATION, P90_DURATION, P99_DURATION, P50_QUEUE_TIME, P90_QUEUE_TIME, P99_QUEUE_TIME ->
                Set.of(Ability.PERCENTILES);
        };
    }

    static Set<Ability> neededFor(Grouping grouping, Counting counting) {
        boolean isPlain = grouping instanceof ByTime
                || grouping == ByField.NAMESPACE
                || (counting == Counting.UPSTREAM && (grouping == ByField.PIPELINE || grouping == ByField.REPOSITORY));
        return isPlain ? Set.of() : Set.of(Ability.GROUPS);
    }
}
