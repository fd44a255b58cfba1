package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.RunPlacement;

/** A run of a batch with its place. */
record Placed(QueuedRun run, RunPlacement placement) {}
