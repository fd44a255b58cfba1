package ch.sbb.esta.results.logs;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads the timestamps that a kubelet puts before lines: RFC 3339, none to nine fractional digits, any zone offset. */
final class Timestamps {

    /** The longest: {@code 2026-11-20T10:00:00.123456789+01:00}. */
    static final int MAX_LENGTH = 35;

    private static final int SECONDS_LENGTH = 19;
    private static final long SECONDS_PER_DAY = 86_400;

    private Timestamps() {}

    /** The instant that fills {@code text[0, length)}, or null when it is not a timestamp from end to end. */
    static @Nullable Instant parse(byte[] text, int length) {
        if (length <= SECONDS_LENGTH || !hasSeparators(text)) {
            return null;
        }
        int year = number(text, 0, 4);
        int month = number(text, 5, 7);
        int day = number(text, 8, 10);
        int hour = number(text, 11, 13);
        int minute = number(text, 14, 16);
        int second = number(text, 17, 19);
        if (year < 0 || hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 59) {
            return null;
        }
        if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) {
            return null;
        }
        long seconds = epochDay(year, month, day) * SECONDS_PER_DAY + hour * 3600L + minute * 60L + second;
        return withFractionAndZone(text, length, seconds);
    }

    private static boolean hasSeparators(byte[] text) {
        return text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
    }

    private static @Nullable Instant withFractionAndZone(byte[] text, int length, long seconds) {
        int at = SECONDS_LENGTH;
        int nanos = 0;
        if (text[at] == '.') {
            int digits = 0;
            at++;
            while (at < length && isDigit(text[at]) && digits < 9) {
                nanos = nanos * 10 + text[at] - '0';
                digits++;
                at++;
            }
            if (digits == 0) {
                return null;
            }
            for (; digits < 9; digits++) {
                nanos *= 10;
            }
        }
        if (at == length - 1 && text[at] == 'Z') {
            return Instant.ofEpochSecond(seconds, nanos);
        }
        if (at != length - 6 || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') {
            return null;
        }
        int hours = number(text, at + 1, at + 3);
        int minutes = number(text, at + 4, at + 6);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return null;
        }
        long offset = hours * 3600L + minutes * 60L;
        return Instant.ofEpochSecond(text[at] == '+' ? seconds - offset : seconds + offset, nanos);
    }

    private static int number(byte[] text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            if (!isDigit(text[i])) {
                return -1;
            }
            value = value * 10 + text[i] - '0';
        }
        return value;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean isLeap(int year) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    private static int daysOf(int year, int month) {
        return switch (month) {
            case 2 -> isLeap(year) ? 29 : 28;
            case 4, 6, 9, 11 -> 30;
            default -> 31;
        };
    }

    /** Days since 1970-01-01 in the Gregorian calendar; years are counted from March, so that the leap day is the last. */
    private static long epochDay(int year, int month, int day) {
        long shifted = month <= 2 ? year - 1L : year;
        long era = Math.floorDiv(shifted, 400);
        long yearOfEra = shifted - era * 400;
        long dayOfYear = (153L * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097 + dayOfEra - 719_468;
    }
}
