package ch.sbb.esta.results.jdbi;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How far the tables of all tenants were, when somebody looked last.
 *
 * @param time when the look at all of them began; null before the first one has ended
 * @param upToDate how many had nothing to do
 * @param migrated the namespaces whose tables were brought up to date
 * @param failed why not, by namespace; the texts are fit for a log line
 */
public record TenantMigrationReport(
        @Nullable Instant time, int upToDate, List<String> migrated, Map<String, String> failed) {

    /** Before the first look. */
    static final TenantMigrationReport NONE = new TenantMigrationReport(null, 0, List.of(), Map.of());

    /**
     * Copies the collections.
     *
     * @param time when the look at all of them began; null before the first one has ended
     * @param upToDate how many had nothing to do
     * @param migrated the namespaces whose tables were brought up to date
     * @param failed why not, by namespace; the texts are fit for a log line
     */
    public TenantMigrationReport {
        migrated = List.copyOf(migrated);
        failed = Collections.unmodifiableMap(new TreeMap<>(Objects.requireNonNull(failed, "failed")));
    }

    /**
     * Whether all tenants were looked at and none failed.
     *
     * @return false before the first look, too
     */
    public boolean isComplete() {
        return time != null && failed.isEmpty();
    }
}
