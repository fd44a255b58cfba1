package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads times as Tekton Results' retention agent does: days, or a duration in the notation of Go. */
final class DurationText {

    private static final Pattern DAYS = Pattern.compile("\\+?([0-9]{1,6})d?");
    private static final Pattern PART =
            Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{0,9})?|\\.[0-9]{1,9})(ns|us|µs|μs|ms|s|m|h)");
    private static final Map<String, Long> NANOS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "µs", 1_000L,
            "μs", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);

    private DurationText() {}

    static Duration parse(String text) {
        Matcher days = DAYS.matcher(text);
        if (days.matches()) {
            return Duration.ofDays(Long.parseLong(days.group(1)));
        }
        Matcher part = PART.matcher(text.startsWith("+") ? text.substring(1) : text);
        int end = 0;
        BigDecimal nanos = BigDecimal.ZERO;
        while (part.lookingAt()) {
            Long unit = NANOS.get(part.group(2));
            if (unit != null) {
                nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
            }
            end = part.end();
            part.region(end, part.regionEnd());
        }
        if (end == 0 || part.regionStart() != part.regionEnd()) {
            throw ResultsException.invalid(
                    Escaped.of(text) + " is no time: write days (30 or 30d) or a duration such as 24h or 1h30m");
        }
        BigDecimal[] parts = nanos.divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
        return Duration.ofSeconds(
                parts[0].longValue(), parts[1].setScale(0, RoundingMode.DOWN).longValue());
    }
}
