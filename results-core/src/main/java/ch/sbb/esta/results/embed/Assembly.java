package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.archive.ArchiverConfig;
import ch.sbb.esta.results.archive.RunArchiver;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.events.EventCollector;
import ch.sbb.esta.results.events.PodCollector;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.PlainLogs;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.prune.RunSafety;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RunWatcher;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The parts of an archive, each told what it must know of the others. */
record Assembly(
        RunArchiver archiver,
        LeaderWork work,
        Departure departure,
        @Nullable RunSweep sweep,
        @Nullable AbandonedLogs abandoned,
        @Nullable LogRecording recording,
        @Nullable EventRecording events,
        @Nullable PodCollector finalPods,
        @Nullable RunAnnotations annotations) {

    /** What was asked for, and of it what no archive can do without. */
    record Plan(
            ResultsArchive.Builder asked,
            RunWatcher watcher,
            ResultsStore store,
            Quarantine quarantine,
            ArchiverConfig config) {

        Assembly assemble() {
            RunArchiver.Builder archiver = RunArchiver.builder(store, quarantine, config)
                    .naming(asked.naming)
                    .clock(asked.clock);
            asked.archiveListeners.forEach(archiver::listener);
            RunSweep sweep =
                    asked.cluster == null ? null : new RunSweep(asked.cluster, asked.sweepInterval, asked.clock);
            AbandonedLogs abandoned = abandoned();
            LogRecording recording = recording();
            EventRecording events = events();
            PodCollector finalPods = finalPods();
            RunAnnotations annotations = annotations(recording, events);
            AtomicReference<@Nullable RunArchiver> archiving = new AtomicReference<>();
            Departure departure = departure(events, archiving);
            if (sweep != null) {
                archiver.listener(sweep);
            }
            if (abandoned != null) {
                archiver.listener(abandoned);
            }
            if (recording != null) {
                archiver.listener(recording);
            }
            if (events != null) {
                archiver.listener(events);
            }
            if (finalPods != null) {
                archiver.listener((placement, outcome) ->
                        outcome.record().ifPresent(record -> finalPods.onStored(placement.run(), record)));
            }
            if (annotations != null) {
                archiver.listener(annotations);
            }
            archiver.listener(departure);
            RunArchiver built = archiver.build();
            archiving.set(built);
            LeaderWork.Rounds rounds =
                    new LeaderWork.Rounds(sweep, abandoned, asked.retention, events, finalPods, annotations);
            LeaderWork work = new LeaderWork(watcher, built, departure, rounds);
            return new Assembly(built, work, departure, sweep, abandoned, recording, events, finalPods, annotations);
        }

        private SealedBy sealers() {
            return asked.replicas == null ? SealedBy.THIS_PROCESS : SealedBy.ANY_REPLICA;
        }

        private @Nullable AbandonedLogs abandoned() {
            return asked.containerLogs != null && asked.sink instanceof LogSource source
                    ? new AbandonedLogs(asked.containerLogs, source, asked.settling, sealers())
                    : null;
        }

        private @Nullable LogRecording recording() {
            return asked.containerLogs != null
                            && asked.sink instanceof LogSource source
                            && store instanceof RecordCreation creation
                    ? new LogRecording(
                            new LogRecords(store, creation, source, asked.logBackend),
                            asked.plainLogs == null ? null : new PlainLogs(store, source, asked.plainLogs),
                            sealers(),
                            asked.relook)
                    : null;
        }

        private @Nullable EventRecording events() {
            return asked.clusterEvents != null && store instanceof RecordCreation creation
                    ? new EventRecording(
                            asked.clusterEvents,
                            new EventCollector(asked.clusterEvents, store, creation, asked.eventConfig))
                    : null;
        }

        private @Nullable PodCollector finalPods() {
            return asked.clusterPods != null && store instanceof RecordCreation creation
                    ? new PodCollector(asked.clusterPods, store, creation)
                    : null;
        }

        private @Nullable RunAnnotations annotations(
                @Nullable LogRecording recording, @Nullable EventRecording events) {
            return asked.annotating && asked.cluster != null
                    ? new RunAnnotations(
                            asked.cluster, store, new RunAnnotations.Extent(recording != null, events != null))
                    : null;
        }

        private Departure departure(@Nullable EventRecording events, AtomicReference<@Nullable RunArchiver> archiving) {
            if (asked.cluster == null || (asked.pruning == null && asked.finalizing == null)) {
                return new Departure(null, null);
            }
            RunSafety.Builder safety =
                    RunSafety.builder(store, asked.cluster).naming(asked.naming).lost(asked.lostData);
            if (asked.containerLogs != null && asked.sink instanceof LogSource source) {
                safety.logs(source).pods(asked.containerLogs);
            }
            if (events != null) {
                safety.events(events);
            }
            safety.archive(run -> {
                RunArchiver archive = archiving.get();
                if (archive != null) {
                    archive.accept(run);
                }
            });
            RunSafety check = safety.build();
            return new Departure(finalizers(check), pruner(check));
        }

        private @Nullable RunFinalizers finalizers(RunSafety safety) {
            if (asked.finalizing == null) {
                return null;
            }
            RunFinalizers.Builder builder =
                    RunFinalizers.builder(safety, asked.finalizing).clock(asked.clock);
            asked.finalizerListeners.forEach(builder::onReleased);
            if (asked.namespaces != null) {
                builder.namespaces(asked.namespaces);
            }
            return builder.build();
        }

        private @Nullable Pruner pruner(RunSafety safety) {
            if (asked.pruning == null) {
                return null;
            }
            Pruner.Builder builder = Pruner.builder(safety, asked.pruning).clock(asked.clock);
            asked.pruneListeners.forEach(builder::onPruned);
            return builder.build();
        }
    }
}
