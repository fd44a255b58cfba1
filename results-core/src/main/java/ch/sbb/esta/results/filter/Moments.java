package ch.sbb.esta.results.filter;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Times and spans as microseconds. */
final class Moments {

    private static final Pattern TIME = Pattern.compile(Term.Parsed.TIME_PATTERN);
    private static final Pattern SPAN = Pattern.compile(Term.Parsed.SPAN_PATTERN);
    private static final Pattern AMOUNT = Pattern.compile("([0-9.]+)([a-z]+)");
    private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);
    private static final BigInteger FIRST = micros(Instant.parse("0001-01-01T00:00:00Z"));
    private static final BigInteger LAST = micros(Instant.parse("9999-12-31T23:59:59.999999Z"));

    private Moments() {}

    static BigInteger micros(Instant time) {
        return BigInteger.valueOf(time.getEpochSecond())
                .multiply(MILLION)
                .add(BigInteger.valueOf(time.getNano() / 1_000));
    }

    /** The time that a text writes, or null. */
    static @Nullable BigInteger time(String text) {
        return TIME.matcher(text).matches() ? micros(OffsetDateTime.parse(text).toInstant()) : null;
    }

    /** The span that a text writes, or null. */
    static @Nullable BigInteger span(String text) {
        if (!SPAN.matcher(text).matches()) {
            return null;
        }
        BigDecimal sum = BigDecimal.ZERO;
        Matcher amounts = AMOUNT.matcher(text);
        while (amounts.find()) {
            sum = sum.add(new BigDecimal(amounts.group(1)).multiply(unit(amounts.group(2))));
        }
        BigInteger micros = sum.setScale(0, RoundingMode.DOWN).toBigInteger();
        return text.startsWith("-") ? micros.negate() : micros;
    }

    private static BigDecimal unit(String name) {
        return switch (name) {
            case "h" -> BigDecimal.valueOf(3_600_000_000L);
            case "m" -> BigDecimal.valueOf(60_000_000);
            case "s" -> BigDecimal.valueOf(1_000_000);
            case "ms" -> BigDecimal.valueOf(1_000);
            case "us" -> BigDecimal.ONE;
            case "ns" -> new BigDecimal("0.001");
            default -> throw new IllegalStateException("the pattern has no unit " + name);
        };
    }

    /** The date and time in UTC, or null outside of the years 1 to 9999. */
    static @Nullable OffsetDateTime date(BigInteger micros) {
        if (micros.compareTo(FIRST) < 0 || micros.compareTo(LAST) > 0) {
            return null;
        }
        long all = micros.longValueExact();
        return Instant.ofEpochSecond(Math.floorDiv(all, 1_000_000L), Math.floorMod(all, 1_000_000L) * 1_000L)
                .atOffset(ZoneOffset.UTC);
    }

    static int part(Term.Calendar part, OffsetDateTime date) {
        return switch (part) {
            case YEAR -> date.getYear();
            case MONTH -> date.getMonthValue() - 1;
            case DATE -> date.getDayOfMonth();
            case DAY_OF_MONTH -> date.getDayOfMonth() - 1;
            case DAY_OF_YEAR -> date.getDayOfYear() - 1;
            case DAY_OF_WEEK -> date.getDayOfWeek().getValue() % 7;
            case HOURS -> date.getHour();
            case MINUTES -> date.getMinute();
            case SECONDS -> date.getSecond();
            case MILLISECONDS -> date.get(ChronoField.MILLI_OF_SECOND);
        };
    }

    /** How often an hour, a minute or a second fits into a span. */
    static BigInteger total(Term.Calendar part, BigInteger micros) {
        return switch (part) {
            case HOURS -> micros.divide(BigInteger.valueOf(3_600_000_000L));
            case MINUTES -> micros.divide(BigInteger.valueOf(60_000_000));
            case SECONDS -> micros.divide(MILLION);
            default -> throw new IllegalArgumentException(part + " is no part of a span");
        };
    }
}
