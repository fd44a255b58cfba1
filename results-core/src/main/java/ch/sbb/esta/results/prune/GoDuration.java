package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads times as the flags of Tekton Results' watcher do: a duration in the notation of Go, possibly negative. */
final class GoDuration {

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

    private GoDuration() {}

    static Duration parse(String text) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String digits = signed ? text.substring(1) : text;
        if (digits.equals("0")) {
            return Duration.ZERO;
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(digits);
        int end = 0;
        while (end < digits.length() && part.region(end, digits.length()).lookingAt()) {
            nanos = nanos.add(
                    new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(NANOS.getOrDefault(part.group(2), 0L))));
            end = part.end();
        }
        if (end == 0 || end < digits.length()) {
            throw ResultsException.invalid(Escaped.of(text)
                    + " is no duration: write for example 120h, 1h30m, 0 for never or -1s for at once");
        }
        BigDecimal[] seconds = nanos.divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
        Duration time = Duration.ofSeconds(
                seconds[0].longValue(),
                seconds[1].setScale(0, RoundingMode.DOWN).longValue());
        return text.startsWith("-") ? time.negated() : time;
    }
}
