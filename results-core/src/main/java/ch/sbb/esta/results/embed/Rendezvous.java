package ch.sbb.esta.results.embed;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Which of several members a key belongs to: the one with the highest weight, a hash over both (rendezvous hashing). So when a member
 * goes only its own keys move, and when one comes only those that it gets. Depends on nothing but the texts: every replica, of whatever
 * version, must come to the same.
 */
final class Rendezvous {

    private Rendezvous() {}

    /** The owner, or the empty text when there are no members. */
    static String owner(String key, List<String> members) {
        String owner = "";
        long highest = 0;
        for (String member : members) {
            long weight = weight(member, key);
            int order = Long.compareUnsigned(weight, highest);
            if (owner.isEmpty() || order > 0 || (order == 0 && member.compareTo(owner) > 0)) {
                owner = member;
                highest = weight;
            }
        }
        return owner;
    }

    private static long weight(String member, String key) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(member.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return ByteBuffer.wrap(digest.digest(key.getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
