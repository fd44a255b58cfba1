package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.SummaryStatus;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Adds up the runs of one group. Not thread-safe. */
final class GroupFigures {

    private final Counting counting;
    private final Map<Aggregate, Long> counts = new EnumMap<>(Aggregate.class);
    private final LongStream.Builder durations = LongStream.builder();
    private final LongStream.Builder queueTimes = LongStream.builder();
    private long finished;
    private long successes;
    private @Nullable Instant lastRuntime;

    GroupFigures(Counting counting) {
        this.counting = counting;
    }

    void add(RunFacts run) {
        count(Aggregate.TOTAL);
        if (run.isRun()) {
            addState(run);
        }
        if (counting == Counting.UPSTREAM) {
            addReason(run.firstReason());
        }
        Instant created = run.time(RunMoment.CREATED);
        Instant started = run.time(RunMoment.STARTED);
        Instant ended = run.time(RunMoment.ENDED);
        if (started != null && ended != null) {
            durations.add(ChronoUnit.MICROS.between(started, ended));
        }
        if (created != null && started != null) {
            queueTimes.add(ChronoUnit.MICROS.between(created, started));
        }
        if (started != null && (lastRuntime == null || started.isAfter(lastRuntime))) {
            lastRuntime = started;
        }
    }

    private void addState(RunFacts run) {
        SummaryStatus status = run.status();
        if (status != SummaryStatus.UNKNOWN) {
            finished++;
        }
        if (status == SummaryStatus.SUCCESS) {
            successes++;
        }
        Aggregate state = switch (status) {
            case SUCCESS -> Aggregate.SUCCEEDED;
            case FAILURE -> Aggregate.FAILED;
            case TIMEOUT -> Aggregate.TIMED_OUT;
            case CANCELLED -> Aggregate.CANCELLED;
            case UNKNOWN -> run.time(RunMoment.STARTED) == null ? Aggregate.PENDING : Aggregate.RUNNING;
        };
        boolean ofBoth = state.isOfTektonResults();
        if (!ofBoth || counting == Counting.BY_STATE) {
            count(state);
        }
        if (!ofBoth && counting == Counting.BY_STATE) {
            count(Aggregate.OTHERS);
        }
    }

    private void addReason(@Nullable String reason) {
        if (reason == null) {
            return;
        }
        count(
                switch (reason) {
                    case "Succeeded", "Completed" -> Aggregate.SUCCEEDED;
                    case "Failed" -> Aggregate.FAILED;
                    case "Cancelled" -> Aggregate.CANCELLED;
                    case "Running" -> Aggregate.RUNNING;
                    default -> Aggregate.OTHERS;
                });
    }

    private void count(Aggregate aggregate) {
        counts.merge(aggregate, 1L, Long::sum);
    }

    /** Writes the figures asked for into a row; for once. */
    StatisticsRow row(StatisticsRow.Builder row, Set<Aggregate> asked) {
        long[] took = durations.build().sorted().toArray();
        long[] waited = queueTimes.build().sorted().toArray();
        for (Aggregate aggregate : asked) {
            switch (aggregate.kind()) {
                case COUNT -> row.count(aggregate, counts.getOrDefault(aggregate, 0L));
                case RATE -> row.rate(aggregate, finished == 0 ? null : (double) successes / finished);
                case TIME -> row.time(aggregate, lastRuntime);
                case DURATION -> row.duration(aggregate, duration(aggregate, took, waited));
            }
        }
        return row.build();
    }

    private static @Nullable Duration duration(Aggregate aggregate, long[] took, long[] waited) {
        return switch (aggregate) {
            case AVG_DURATION -> took.length == 0 ? null : micros(average(took));
            case MIN_DURATION -> took.length == 0 ? null : micros(took[0]);
            case MAX_DURATION -> took.length == 0 ? null : micros(took[took.length - 1]);
            case TOTAL_DURATION -> took.length == 0 ? null : micros(sum(took).longValueExact());
            case P50_DURATION -> percentile(took, 0.5);
            case P90_DURATION -> percentile(took, 0.9);
            case P99_DURATION -> percentile(took, 0.99);
            case P50_QUEUE_TIME -> percentile(waited, 0.5);
            case P90_QUEUE_TIME -> percentile(waited, 0.9);
            case P99_QUEUE_TIME -> percentile(waited, 0.99);
            default -> throw new IllegalArgumentException(aggregate + " is no length of time");
        };
    }

    private static BigInteger sum(long[] values) {
        return Arrays.stream(values).mapToObj(BigInteger::valueOf).reduce(BigInteger.ZERO, BigInteger::add);
    }

    private static long average(long[] values) {
        return new BigDecimal(sum(values))
                .divide(BigDecimal.valueOf(values.length), 0, RoundingMode.HALF_UP)
                .longValueExact();
    }

    /** {@code percentile_cont} of SQL, in the arithmetic that Postgres does it in. */
    private static @Nullable Duration percentile(long[] ascending, double share) {
        if (ascending.length == 0) {
            return null;
        }
        double place = share * (ascending.length - 1);
        double below = ascending[(int) Math.floor(place)];
        double above = ascending[(int) Math.ceil(place)];
        return micros((long) Math.rint(below + (place - Math.floor(place)) * (above - below)));
    }

    private static Duration micros(long micros) {
        return Duration.of(micros, ChronoUnit.MICROS);
    }
}
