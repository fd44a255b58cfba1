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

/**
 * The position of a page in its list: the sort values of the last item before it. As text it is bound to the parent and the order of
 * its list by a hash, so that it cannot be used elsewhere by mistake. It is no authority: whoever may list may make any position up.
 *
 * @param time the last item's create or update time, to the microsecond; {@link Instant#EPOCH} in lists by id
 * @param uid the last item's uid
 */
public record PageToken(Instant time, String uid) {

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
     * Writes the token as text.
     *
     * @param query the list that it belongs to
     * @return unpadded base64url
     */
    public String encode(ListQuery query) {
        byte[] id = uid.getBytes(StandardCharsets.UTF_8);
        byte[] position = ByteBuffer.allocate(1 + Long.BYTES + id.length)
                .put(VERSION)
                .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, time))
                .put(id)
                .array();
        byte[] token = ByteBuffer.allocate(HASH_BYTES + position.length)
                .put(hash(query, position))
                .put(position)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
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
                + " is mangled or belongs to a list with another parent or order; begin again without a token");
    }

    private static byte[] hash(ListQuery query, byte[] position) {
        String scope = query.collection() + "\n" + query.parentText() + "\n" + query.order() + "\n";
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
