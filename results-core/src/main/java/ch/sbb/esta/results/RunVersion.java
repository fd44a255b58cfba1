package ch.sbb.esta.results;

import java.math.BigInteger;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What decides which of two versions of one run (one UID) is newer: finished beats unfinished; then a live read beats what is stored,
 * because the cluster may have been restored to an older state; then the higher {@code resourceVersion} where both are decimal
 * numbers; else the one that arrived later.
 *
 * <p>Kubernetes allows clients to compare resource versions as numbers since its version 1.35 and calls them opaque before; every API
 * server on etcd has always used decimal numbers that grow.
 *
 * @param finished whether the condition {@code Succeeded} is final
 * @param resourceVersion {@code metadata.resourceVersion}; empty when the object carries none
 * @param origin how the version came to us
 */
public record RunVersion(boolean finished, String resourceVersion, RunSnapshot.Origin origin) {

    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,40}");

    /**
     * Checks that no component is null.
     *
     * @param finished whether the condition {@code Succeeded} is final
     * @param resourceVersion {@code metadata.resourceVersion}; empty when the object carries none
     * @param origin how the version came to us
     */
    public RunVersion {
        Objects.requireNonNull(resourceVersion, "resourceVersion");
        Objects.requireNonNull(origin, "origin");
    }

    /**
     * Whether this version, which arrives now, is to be kept in place of a stored one. True for equal versions too: whether anything
     * changes then is for the content to say.
     *
     * @param stored the version that is stored; its origin does not matter
     * @return false when the stored version is newer
     */
    public boolean supersedes(RunVersion stored) {
        if (finished != stored.finished) {
            return finished;
        }
        if (origin == RunSnapshot.Origin.LIVE_READ) {
            return true;
        }
        if (isDecimal(resourceVersion) && isDecimal(stored.resourceVersion)) {
            return new BigInteger(resourceVersion).compareTo(new BigInteger(stored.resourceVersion)) >= 0;
        }
        return true;
    }

    private static boolean isDecimal(String text) {
        return DECIMAL.matcher(text).matches();
    }
}
