package ch.sbb.esta.results.prune;

import java.time.InstantSource;
import java.util.List;

/** What a pruner works with. */
record PruneParts(RunSafety safety, PrunerConfig config, InstantSource clock, List<PruneListener> listeners) {}
