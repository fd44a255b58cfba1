package ch.sbb.esta.results;

/** Finds halves of surrogate pairs in JSON text, where they occur as {@code \}{@code uXXXX} only. */
final class LoneSurrogates {

    private static final int UNIT = 6;
    private static final int PRIVATE_USE = 0xe000;

    private final byte[] json;
    private byte[] out;

    private LoneSurrogates(byte[] json) {
        this.json = json;
        this.out = json;
    }

    static byte[] movedOutOfKeys(byte[] json) {
        for (int i = 0; i + 2 < json.length; i++) {
            if (json[i] == '\\' && json[i + 1] == 'u' && (json[i + 2] == 'd' || json[i + 2] == 'D')) {
                return new LoneSurrogates(json).move();
            }
        }
        return json;
    }

    private byte[] move() {
        int i = 0;
        while (i < json.length) {
            if (json[i] == '"') {
                int end = endOfString(i + 1);
                if (isKey(end + 1)) {
                    moveWithin(i + 1, end);
                }
                i = end;
            }
            i++;
        }
        return out;
    }

    private int endOfString(int from) {
        int i = from;
        while (i < json.length && json[i] != '"') {
            i += json[i] == '\\' ? 2 : 1;
        }
        return i;
    }

    private boolean isKey(int afterString) {
        int i = afterString;
        while (i < json.length && (json[i] == ' ' || json[i] == '\t' || json[i] == '\n' || json[i] == '\r')) {
            i++;
        }
        return i < json.length && json[i] == ':';
    }

    private void moveWithin(int from, int end) {
        int i = from;
        while (i < end) {
            if (json[i] != '\\') {
                i++;
            } else if (json[i + 1] != 'u') {
                i += 2;
            } else {
                int unit = unit(i, end);
                boolean pair = unit >= Character.MIN_HIGH_SURROGATE
                        && unit <= Character.MAX_HIGH_SURROGATE
                        && isLow(unit(i + UNIT, end));
                if (!pair && unit >= Character.MIN_SURROGATE && unit <= Character.MAX_SURROGATE) {
                    write(i + 2, unit - Character.MIN_SURROGATE + PRIVATE_USE);
                }
                i += pair ? 2 * UNIT : UNIT;
            }
        }
    }

    private static boolean isLow(int unit) {
        return unit >= Character.MIN_LOW_SURROGATE && unit <= Character.MAX_LOW_SURROGATE;
    }

    /** The UTF-16 unit that is escaped at a place, or -1 where none is. */
    private int unit(int at, int end) {
        if (at + UNIT > end || json[at] != '\\' || json[at + 1] != 'u') {
            return -1;
        }
        int value = 0;
        for (int i = at + 2; i < at + UNIT; i++) {
            int digit = Character.digit(json[i], 16);
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private void write(int at, int unit) {
        if (out == json) {
            out = json.clone();
        }
        for (int i = 0; i < 4; i++) {
            out[at + i] = (byte) Character.forDigit(unit >> (12 - 4 * i) & 0xf, 16);
        }
    }
}
