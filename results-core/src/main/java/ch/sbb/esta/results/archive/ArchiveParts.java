package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What the entrance of an archiver and its worker share. */
record ArchiveParts(
        ResultsStore store,
        Quarantine quarantine,
        ResultNaming naming,
        InstantSource clock,
        List<ArchiveListener> listeners,
        RunQueue queue,
        Spool spool,
        Report report) {

    /** What the worker has done and what ails it. */
    record Report(Ailment store, Ailment spool, Counts<ArchiveOutcome.Status> outcomes, AtomicLong retries) {}
}
