package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.RunSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The content of one file of the spool: a line {@code esta-results-spool 1 ORIGIN LENGTH CRC32C}, then the object's bytes as they came.
 * The array of {@link #json()} is not to be written into.
 */
final class SpoolFile {

    private static final Pattern HEADER =
            Pattern.compile("esta-results-spool 1 (WATCH|LIVE_READ) ([0-9]{1,10}) ([0-9a-f]{8})");
    private static final int MAX_HEADER = 100;

    private final RunSnapshot.Origin origin;
    private final byte[] json;
    private final String checksum;

    private SpoolFile(RunSnapshot.Origin origin, byte[] json, String checksum) {
        this.origin = origin;
        this.json = json;
        this.checksum = checksum;
    }

    RunSnapshot.Origin origin() {
        return origin;
    }

    byte[] json() {
        return json;
    }

    static SpoolFile of(RunSnapshot.Origin origin, byte[] json) {
        return new SpoolFile(origin, json, checksum(origin, json));
    }

    byte[] encode() {
        byte[] header = ("esta-results-spool 1 " + origin + " " + json.length + " " + checksum + "\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] content = Arrays.copyOf(header, header.length + json.length);
        System.arraycopy(json, 0, content, header.length, json.length);
        return content;
    }

    /** Empty for anything but exactly what {@link #encode()} wrote. */
    static Optional<SpoolFile> decode(byte[] content) {
        int end = 0;
        while (end < content.length && end < MAX_HEADER && content[end] != '\n') {
            end++;
        }
        Matcher header = HEADER.matcher(new String(content, 0, end, StandardCharsets.ISO_8859_1));
        if (!header.matches() || Long.parseLong(header.group(2)) != content.length - end - 1) {
            return Optional.empty();
        }
        RunSnapshot.Origin origin = RunSnapshot.Origin.valueOf(header.group(1));
        byte[] json = Arrays.copyOfRange(content, end + 1, content.length);
        String checksum = header.group(3);
        return checksum.equals(checksum(origin, json))
                ? Optional.of(new SpoolFile(origin, json, checksum))
                : Optional.empty();
    }

    private static String checksum(RunSnapshot.Origin origin, byte[] json) {
        CRC32C crc = new CRC32C();
        crc.update(origin.toString().getBytes(StandardCharsets.US_ASCII));
        crc.update(json);
        return String.format("%08x", crc.getValue());
    }
}
