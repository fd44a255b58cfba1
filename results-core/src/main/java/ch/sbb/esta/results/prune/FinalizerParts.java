package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.spi.Namespaces;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What finalizers work with.
 *
 * @param namespaces says which are being deleted, or null where nobody can
 */
record FinalizerParts(
        RunSafety safety,
        FinalizerConfig config,
        InstantSource clock,
        @Nullable Namespaces namespaces,
        List<FinalizerListener> listeners) {}
