package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.CalendarUnit;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.SummaryStatus;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import org.jspecify.annotations.Nullable;

/** The value that the runs of one group have in common: at most one of the three is there. */
record GroupKey(
        @Nullable Instant time,
        @Nullable SummaryStatus state,
        @Nullable String text) {

    static final GroupKey NONE = new GroupKey(null, null, null);

    static GroupKey of(RunFacts run, StatisticsQuery query) {
        Grouping grouping = query.grouping().orElse(null);
        if (grouping instanceof Grouping.ByTime by) {
            Instant time = run.time(by.moment());
            return time == null ? NONE : new GroupKey(begin(time, by.unit(), query.zone()), null, null);
        }
        if (grouping instanceof Grouping.ByLabel by) {
            return text(run.label(by.key()));
        }
        if (grouping instanceof Grouping.ByField by) {
            return of(run, by, query.counting());
        }
        return NONE;
    }

    private static GroupKey of(RunFacts run, Grouping.ByField field, Counting counting) {
        boolean upstream = counting == Counting.UPSTREAM;
        return switch (field) {
            case NAMESPACE -> text(run.namespace());
            case STATE -> run.isRun() ? new GroupKey(null, run.status(), null) : NONE;
            case PIPELINE -> upstream ? always(run, run.pipelineLabel()) : inNamespace(run, run.pipeline());
            case REPOSITORY -> upstream ? always(run, run.repository()) : inNamespace(run, run.repository());
            case TASK -> inNamespace(run, run.task());
        };
    }

    private static GroupKey text(@Nullable String text) {
        return text == null ? NONE : new GroupKey(null, null, text);
    }

    private static GroupKey inNamespace(RunFacts run, @Nullable String text) {
        String namespace = run.namespace();
        return namespace == null || text == null ? NONE : text(namespace + "/" + text);
    }

    private static GroupKey always(RunFacts run, @Nullable String text) {
        String namespace = run.namespace();
        return text((namespace == null ? "" : namespace) + "/" + (text == null ? "" : text));
    }

    private static Instant begin(Instant time, CalendarUnit unit, ZoneId zone) {
        ZonedDateTime local = time.atZone(zone);
        LocalDate day = local.toLocalDate();
        return switch (unit) {
            case MINUTE -> local.truncatedTo(ChronoUnit.MINUTES).toInstant();
            case HOUR -> local.truncatedTo(ChronoUnit.HOURS).toInstant();
            case DAY -> midnight(day, zone);
            case WEEK -> midnight(day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)), zone);
            case MONTH -> midnight(day.withDayOfMonth(1), zone);
            case YEAR -> midnight(day.withDayOfYear(1), zone);
        };
    }

    /** Where clocks are put back over midnight it is twice on one day; Postgres takes the second. */
    private static Instant midnight(LocalDate day, ZoneId zone) {
        return day.atTime(0, 0).atZone(zone).withLaterOffsetAtOverlap().toInstant();
    }

    StatisticsRow.Builder row() {
        StatisticsRow.Builder row = StatisticsRow.builder().group(state == null ? text : state.name());
        return row.groupTime(time);
    }
}
