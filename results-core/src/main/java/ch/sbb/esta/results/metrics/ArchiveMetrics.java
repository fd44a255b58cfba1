package ch.sbb.esta.results.metrics;

import ch.sbb.esta.results.embed.ResultsArchive;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.InstantSource;
import java.util.Objects;

/**
 * Tells a {@link ResultsArchive} to a meter registry. Names begin with {@code esta.results}; where the watcher of Tekton Results counts the
 * same, with {@code watcher} and its name. Tags are namespaces, kinds and states, never runs.
 *
 * <p>The meters hold the archive for as long as they are registered. Several archives in one registry need a tag that tells them apart.
 */
public final class ArchiveMetrics {

    private ArchiveMetrics() {}

    /**
     * Makes an archive and registers its meters.
     *
     * @param builder has everything that the archive needs; its listeners are added here
     * @param registry takes the meters
     * @param tags on each meter; may be empty
     * @return the archive, not started
     * @throws ch.sbb.esta.results.ResultsException {@code INVALID} naming everything that is missing
     */
    public static ResultsArchive build(ResultsArchive.Builder builder, MeterRegistry registry, Tags tags) {
        return build(builder, registry, tags, InstantSource.system());
    }

    /**
     * Makes an archive and registers its meters.
     *
     * @param builder has everything that the archive needs; its listeners are added here
     * @param registry takes the meters
     * @param tags on each meter; may be empty
     * @param clock says how old something is; that of the archive
     * @return the archive, not started
     * @throws ch.sbb.esta.results.ResultsException {@code INVALID} naming everything that is missing
     */
    public static ResultsArchive build(
            ResultsArchive.Builder builder, MeterRegistry registry, Tags tags, InstantSource clock) {
        Objects.requireNonNull(builder, "builder");
        RunMeters runs = new RunMeters(registry, tags, clock);
        ResultsArchive archive = builder.onArchived(runs)
                .onSealed(runs)
                .onPruned(runs)
                .onReleased(runs)
                .build();
        new StatsMeters(archive, registry, tags, clock).register();
        return archive;
    }
}
