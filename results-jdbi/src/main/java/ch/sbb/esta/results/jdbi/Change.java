package ch.sbb.esta.results.jdbi;

import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * When a transaction changes what: the time of its rows, and what makes their etags and ids.
 *
 * @param time now, cut to microseconds
 * @param nanoseconds now as Unix time, for etags
 */
record Change(OffsetDateTime time, long nanoseconds) {

    /**
     * The etag of a row {@code r} after a change: the id and a number that is the time in nanoseconds unless the row already had a
     * later one, so that no etag comes twice while a clock stands still or differs between machines.
     */
    static final String NEXT_ETAG =
            "r.id || '-' || GREATEST(CAST(:nanoseconds AS bigint), coalesce(CAST(substring(r.etag FROM '-([0-9]{1,18}|[1-8][0-9]{18})$') AS bigint), 0) + 1)";

    static final String FIRST_ETAG = "n.id || '-' || CAST(:nanoseconds AS bigint)";

    static Change now(InstantSource clock) {
        Instant now = clock.instant();
        return new Change(
                now.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC),
                ChronoUnit.NANOS.between(Instant.EPOCH, now));
    }

    /** A UUID of version 7: unlike a random one it is born next to its neighbours in the index. */
    String newId() {
        UUID random = UUID.randomUUID();
        long milliseconds = time.toInstant().toEpochMilli();
        long high = (milliseconds << 16) | 0x7000L | (random.getMostSignificantBits() & 0x0fffL);
        return new UUID(high, random.getLeastSignificantBits()).toString();
    }
}
