package ch.sbb.esta.results.copy;

import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Sums hashes of rows, modulo 2^256, so that their order does not count but the number of each does. JSON is hashed as a value: neither
 * the order of keys nor the spelling of a number counts. Not thread-safe.
 */
final class ContentHash {

    private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(256);

    private long results;
    private long records;
    private BigInteger sum = BigInteger.ZERO;

    void add(Result result) {
        results++;
        MessageDigest digest = digest("result");
        text(digest, result.name().toString());
        result.summary().ifPresent(summary -> summary(digest, summary));
        add(digest);
    }

    void add(Record record) {
        records++;
        MessageDigest digest = digest("record");
        text(digest, record.name().toString());
        text(digest, record.type());
        value(digest, JsonTree.read(JsonText.withReadableKeys(record.data())));
        add(digest);
    }

    ParentTally tally() {
        String digits = sum.toString(16);
        return new ParentTally(results, records, "0".repeat(64 - digits.length()) + digits);
    }

    private void add(MessageDigest digest) {
        sum = sum.add(new BigInteger(1, digest.digest())).mod(MODULUS);
    }

    private static void summary(MessageDigest digest, RecordSummary summary) {
        text(digest, summary.record().toString());
        text(digest, summary.type());
        text(digest, summary.status().name());
        time(digest, summary.startTime());
        time(digest, summary.endTime());
    }

    private static void time(MessageDigest digest, Optional<Instant> time) {
        text(
                digest,
                time.map(at -> at.truncatedTo(ChronoUnit.MICROS).toString()).orElse(""));
    }

    private static void value(MessageDigest digest, JsonNode value) {
        if (value.isObject()) {
            TreeMap<String, JsonNode> fields = new TreeMap<>();
            value.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
            count(digest, 'o', fields.size());
            fields.forEach((key, field) -> {
                text(digest, key);
                value(digest, field);
            });
        } else if (value.isArray()) {
            count(digest, 'a', value.size());
            value.forEach(item -> value(digest, item));
        } else if (value.isNumber()) {
            BigDecimal number = value.decimalValue().stripTrailingZeros();
            count(digest, 'n', number.signum() == 0 ? 0 : number.scale());
            text(digest, number.unscaledValue().toString());
        } else {
            count(digest, value.isTextual() ? 's' : 'c', 0);
            text(digest, value.asText());
        }
    }

    private static void text(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        count(digest, 't', bytes.length);
        digest.update(bytes);
    }

    private static void count(MessageDigest digest, char kind, int count) {
        digest.update((byte) kind);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(count).flip());
    }

    private static MessageDigest digest(String kind) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            text(digest, kind);
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
