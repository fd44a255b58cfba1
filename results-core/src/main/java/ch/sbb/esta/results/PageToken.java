package ch.sbb.esta.results;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * The position of a page in its list: the sort values of the last item before it. As text it is bound to the parent, the
 * filter and the order of its list by a hash, so that it cannot be used elsewhere by mistake. It is no authority: whoever may list may
 * make any position up.
 *
 * @param time the last item's time of the order, to the microsecond; {@link Instant#EPOCH} in lists by id
 * @param uid the last item's uid
 */
public record PageToken(Instant time, String uid) {

    /** The time of what has none yet: the latest that a token and a {@code timestamptz} can hold. */
    public static final Instant LATEST = Instant.EPOCH.plus(Long.MAX_VALUE, ChronoUnit.MICROS);

    private static final Instant EARLIEST =
            Instant.EPOCH.minus(Long.MAX_VALUE, ChronoUnit.MICROS).plusSeconds(1);

    private static final int HASH_BYTES = 16;
    private static final byte VERSION = 1;

    /**
     * Checks that no component is null.
     *
     * @param time the last item's create or update time, to the microsecond; {@link Instant#EPOCH} in lists by id
     * @param uid the last item's uid
     */
    public PageToken {
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(uid, "uid");
    }

    /**
     * The position of a Result.
     *
     * @param result the Result
     * @param field by what the list is sorted
     * @return its position
     */
    public static PageToken of(Result result, ListOrder.Field field) {
        return switch (field) {
            case START_TIME -> summaryTime(result, RecordSummary::startTime);
            case END_TIME -> summaryTime(result, RecordSummary::endTime);
            case ID, CREATE_TIME, UPDATE_TIME -> of(result.stored(), field);
        };
    }

    private static PageToken summaryTime(Result result, Function<RecordSummary, Optional<Instant>> time) {
        return new PageToken(
                result.summary().flatMap(time).orElse(LATEST), result.stored().uid());
    }

    /**
     * The position of a row in a list that is sorted by what the store says of it.
     *
     * @param row the row
     * @param field by what the list is sorted, no time of the run
     * @return its position
     * @throws IllegalArgumentException for a time of the run
     */
    public static PageToken of(Result.Stored row, ListOrder.Field field) {
        Instant time = switch (field) {
            case ID -> Instant.EPOCH;
            case CREATE_TIME -> row.createTime();
            case UPDATE_TIME -> row.updateTime();
            case START_TIME, END_TIME -> throw new IllegalArgumentException(field + " is no field of a row");
        };
        return new PageToken(time, row.uid());
    }

    /**
     * Writes the token as text.
     *
     * @param query the list that it belongs to
     * @return unpadded base64url
     */
    public String encode(ListQuery query) {
        byte[] id = uid.getBytes(StandardCharsets.UTF_8);
        byte[] position = ByteBuffer.allocate(1 + Long.BYTES + id.length)
                .put(VERSION)
                .putLong(micros(time))
                .put(id)
                .array();
        byte[] token = ByteBuffer.allocate(HASH_BYTES + position.length)
                .put(hash(query, position))
                .put(position)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }

    /** Not by {@code ChronoUnit.MICROS}, which overflows beyond the year 2262. */
    private static long micros(Instant time) {
        if (!time.isBefore(LATEST)) {
            return Long.MAX_VALUE;
        }
        return time.isBefore(EARLIEST)
                ? Long.MIN_VALUE
                : Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000L);
    }

    static PageToken decode(String text, ListQuery query) {
        byte[] token;
        try {
            token = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw foreign(text);
        }
        if (token.length < HASH_BYTES + 1 + Long.BYTES) {
            throw foreign(text);
        }
        byte[] position = Arrays.copyOfRange(token, HASH_BYTES, token.length);
        byte[] expected = hash(query, position);
        if (!MessageDigest.isEqual(expected, Arrays.copyOf(token, HASH_BYTES)) || position[0] != VERSION) {
            throw foreign(text);
        }
        ByteBuffer buffer = ByteBuffer.wrap(position, 1, position.length - 1);
        Instant time = Instant.EPOCH.plus(buffer.getLong(), ChronoUnit.MICROS);
        return new PageToken(time, StandardCharsets.UTF_8.decode(buffer).toString());
    }

    private static ResultsException foreign(String text) {
        return ResultsException.invalid("page token " + Escaped.of(text)
                + " is mangled or belongs to a list with another parent, filter or order; begin again without a token");
    }

    private static byte[] hash(ListQuery query, byte[] position) {
        String scope = query.collection() + "\n" + query.parentText() + "\n" + query.order() + "\n"
                + query.filter().orElse("");
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(scope.getBytes(StandardCharsets.UTF_8));
            digest.update(position);
            return Arrays.copyOf(digest.digest(), HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
