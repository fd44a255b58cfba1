package ch.sbb.esta.results.jdbi;

import java.util.List;
import java.util.Random;

/** Filters and documents by chance: odd values everywhere, types that fit now and then. */
final class RandomFilters {

    private static final List<String> TEXTS = List.of(
            "''",
            "'a'",
            "'ab'",
            "'b%'",
            "'_'",
            "'A'",
            "'é'",
            "'😀'",
            "'\\uffff'",
            "'␛'",
            "'␛0000'",
            "'\\\\'",
            "\"it's\"",
            "'5m'",
            "'2026-03-01T00:00:00Z'",
            "'x\\ny'",
            "':filter0'",
            "'?'",
            "'{records}'",
            "'<a>'");
    private static final List<String> NUMBERS =
            List.of("0", "1", "-1", "7", "2", "0.5", "-2.25", "1e3", "9007199254740993", "0.1", "100", "1e-7");
    private static final List<String> TIMES = List.of(
            "timestamp('2026-03-01T00:00:00Z')",
            "timestamp('2024-02-29T23:59:59.9999999+15:59')",
            "timestamp('0001-01-01T00:00:00Z')",
            "timestamp('9999-12-31T23:59:59.999999Z')",
            "timestamp('1969-12-31T23:59:58.5-01:30')");
    private static final List<String> SPANS = List.of(
            "duration('5m')",
            "duration('-1h0m0.000001s')",
            "duration('0')",
            "duration('999999999h')",
            "duration('1.5ms')");
    private static final List<String> REGEXES = List.of(
            "'a'",
            "'^a.*b?$'",
            "'[a-c]+'",
            "'[^a]'",
            "'\\\\d{2,}|x'",
            "'(a|b)*'",
            "''",
            "'.'",
            "'^$'",
            "'\\\\s'",
            "'[é-😀]'",
            "'[]a^-]'",
            "'a{0}b'",
            "'\\\\W'",
            "'(?:a|)$'",
            "'x\\ny'",
            "'2[0-9]*Z'",
            "'a+?'",
            "'[\\\\w.-]'",
            "'\\\\.'");
    private static final List<String> COMPARISONS = List.of("==", "!=", "<", "<=", ">", ">=");
    private static final List<String> PARTS = List.of(
            "getFullYear",
            "getMonth",
            "getDate",
            "getDayOfMonth",
            "getDayOfYear",
            "getDayOfWeek",
            "getHours",
            "getMinutes",
            "getSeconds",
            "getMilliseconds");
    private static final List<String> JSON_SCALARS = List.of(
            "null",
            "true",
            "false",
            "0",
            "1",
            "-1",
            "1.0",
            "0.5",
            "7",
            "-2.25",
            "1e3",
            "1e150",
            "1e-150",
            "0.1",
            "9007199254740993",
            "\"\"",
            "\"a\"",
            "\"ab\"",
            "\"b%\"",
            "\"A\"",
            "\"é\"",
            "\"😀\"",
            "\"\\uffff\"",
            "\"␛\"",
            "\"a\\u0000\"",
            "\"\\ud800\"",
            "\"x\\ny\"",
            "\"5m\"",
            "\"1h0m0s\"",
            "\"30m1h\"",
            "\"1.5ms3us\"",
            "\"2026-03-01T00:00:00Z\"",
            "\"2026-02-29T00:00:00Z\"",
            "\"2024-02-29T23:59:59.123456789-15:59\"",
            "\"0001-01-01T00:00:00+15:59\"",
            "\"9999-12-31T23:59:59-15:59\"",
            "\"2026-03-01 00:00:00\"",
            "\"2026-03-01T24:00:00Z\"",
            "\"it's\"");

    private final Random random;
    private final boolean records;

    RandomFilters(Random random, boolean records) {
        this.random = random;
        this.records = records;
    }

    String filter() {
        return truth(4);
    }

    String document() {
        StringBuilder json = new StringBuilder("{");
        for (String key : List.of("a", "b", "c", "0", "t", "u", "k", "l")) {
            if (random.nextInt(8) > 0) {
                json.append(json.length() > 1 ? "," : "")
                        .append('"')
                        .append(key)
                        .append("\":")
                        .append(value(2));
            }
        }
        return json.append('}').toString();
    }

    private String value(int depth) {
        int kind = depth == 0 ? 0 : random.nextInt(6);
        if (kind == 1) {
            return "[" + value(depth - 1) + (random.nextBoolean() ? "," + value(depth - 1) : "") + "]";
        } else if (kind == 2) {
            return "{\"a\":" + value(depth - 1) + ",\"" + (random.nextBoolean() ? "k" : "0") + "\":" + value(depth - 1)
                    + "}";
        }
        return pick(JSON_SCALARS);
    }

    String annotation() {
        return pick(List.of("", "a", "ab", "b%", "é", "😀", "\0", "␛", "2026-03-01T00:00:00Z", "5m"));
    }

    private String pick(List<String> all) {
        return all.get(random.nextInt(all.size()));
    }

    private String truth(int depth) {
        if (depth <= 0) {
            return random.nextInt(3) == 0 ? json(0) + " == " + text(0) : compared(0);
        }
        return switch (random.nextInt(12)) {
            case 0 -> "!(" + truth(depth - 1) + ")";
            case 1 -> "(" + truth(depth - 1) + " && " + truth(depth - 1) + ")";
            case 2 -> "(" + truth(depth - 1) + " || " + truth(depth - 1) + ")";
            case 3 -> "has(" + (records ? "data" : "annotations") + pick(List.of(".a", ".k", ".a.k", ".l.a")) + ")";
            case 4 ->
                text(depth - 1) + "." + pick(List.of("startsWith", "endsWith", "contains")) + "(" + text(depth - 1)
                        + ")";
            case 5 -> text(depth - 1) + ".matches(" + pick(REGEXES) + ")";
            case 6 -> any(depth - 1) + " in " + (random.nextBoolean() ? map() : "[" + any(0) + ", " + any(0) + "]");
            case 7 -> map() + ".contains(" + text(depth - 1) + ")";
            case 8 -> pick(List.of("true", "false", json(depth - 1)));
            default -> compared(depth - 1);
        };
    }

    private String compared(int depth) {
        String operator = " " + pick(COMPARISONS) + " ";
        return switch (random.nextInt(7)) {
            case 0 -> text(depth) + operator + text(depth);
            case 1 -> number(depth) + operator + number(depth);
            case 2 -> time(depth) + operator + time(depth);
            case 3 -> span(depth) + operator + span(depth);
            case 4 -> json(depth) + operator + json(depth);
            case 5 -> json(depth) + operator + any(depth);
            default -> "(" + truth(depth - 1) + ")" + operator + "(" + truth(depth - 1) + ")";
        };
    }

    private String any(int depth) {
        return switch (random.nextInt(5)) {
            case 0 -> text(depth);
            case 1 -> number(depth);
            case 2 -> time(depth);
            case 3 -> pick(List.of("null", "true", "false"));
            default -> json(depth);
        };
    }

    private String map() {
        return records ? json(0) : pick(List.of("annotations", "summary.annotations"));
    }

    private String json(int depth) {
        if (!records) {
            return pick(List.of("annotations['a']", "summary.annotations.k", "summary.type", "uid"));
        }
        String path = "data"
                + pick(List.of(
                        ".a", ".b", ".c", ".t", ".u", "['0']", ".l[0]", ".l[1]", ".a.k", ".a['0']", ".l['0']", ".k.a",
                        "", "[0]"));
        return depth > 0 && random.nextInt(8) == 0
                ? "(" + path + " - data." + pick(List.of("t", "u", "a")) + ")"
                : path;
    }

    private String text(int depth) {
        return switch (random.nextInt(depth > 0 ? 7 : 3)) {
            case 0 -> pick(TEXTS);
            case 1 -> json(0);
            case 2 ->
                records
                        ? pick(List.of("name", "parent", "result_name", "data_type"))
                        : pick(List.of("parent", "summary.record", "uid"));
            case 3 -> "(" + text(depth - 1) + " + " + text(depth - 1) + ")";
            case 4 -> "string(" + number(depth - 1) + ")";
            case 5 -> "string(" + (random.nextBoolean() ? time(depth - 1) : span(depth - 1)) + ")";
            default -> "string(" + json(depth - 1) + ")";
        };
    }

    private String number(int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 2)) {
            case 0 -> pick(NUMBERS);
            case 1 -> records ? json(0) : "summary.status";
            case 2 -> "size(" + (random.nextBoolean() ? text(depth - 1) : map()) + ")";
            case 3 -> time(depth - 1) + "." + pick(PARTS) + "()";
            case 4 -> "-(" + number(depth - 1) + ")";
            case 5 -> span(depth - 1) + "." + pick(List.of("getHours", "getMinutes", "getSeconds")) + "()";
            default ->
                "(" + number(depth - 1) + pick(List.of(" + ", " - ", " * ", " / ", " % ")) + number(depth - 1) + ")";
        };
    }

    private String time(int depth) {
        return switch (random.nextInt(depth > 0 ? 5 : 2)) {
            case 0 -> pick(TIMES);
            case 1 ->
                records
                        ? pick(List.of("timestamp(data.t)", "timestamp(data.u)", "timestamp(data.a)"))
                        : pick(List.of("create_time", "update_time", "summary.start_time", "summary.end_time"));
            case 2 -> "timestamp(" + text(depth - 1) + ")";
            default -> "(" + time(depth - 1) + pick(List.of(" + ", " - ")) + span(depth - 1) + ")";
        };
    }

    private String span(int depth) {
        return switch (random.nextInt(depth > 0 ? 5 : 2)) {
            case 0 -> pick(SPANS);
            case 1 -> records ? "duration(data." + pick(List.of("a", "b", "c")) + ")" : pick(SPANS);
            case 2 -> "(" + time(depth - 1) + " - " + time(depth - 1) + ")";
            case 3 -> "duration(" + text(depth - 1) + ")";
            default -> "(" + span(depth - 1) + pick(List.of(" + ", " - ")) + span(depth - 1) + ")";
        };
    }
}
