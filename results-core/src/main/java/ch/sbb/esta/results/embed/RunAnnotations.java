package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.RetryQueue;
import ch.sbb.esta.results.internal.RetryQueue.Task;
import ch.sbb.esta.results.internal.StoredEvents;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.ResultsReader;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes on the runs of the cluster where they are archived, as Tekton Results' watcher does, for tools that look there. Each run is
 * changed twice at most: when it is archived first, and when it is over and what belongs to it is stored, which is waited for as long as
 * about two minutes. A run that is over when it is seen first is changed once.
 *
 * <p>What a process that ends leaves undone is done by the next one, which archives every run of the cluster again. Thread-safe.
 */
public final class RunAnnotations implements ArchiveListener, LogListener {

    /** The annotation that says whether the run is over and stored: {@code true} or {@code false}. */
    public static final String STORED = "results.tekton.dev/stored";

    private static final Logger LOG = LoggerFactory.getLogger(RunAnnotations.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    /** After that many looks, about two minutes, a run has no log and no Events. */
    private static final int PATIENT_ATTEMPTS = 7;

    private final ClusterRuns cluster;
    private final ResultsReader store;
    private final Extent extent;
    private final RetryQueue<Place> queue = new RetryQueue<>(FIRST_RETRY, LONGEST_RETRY);
    private final Background work = new Background("esta-results-annotations");
    private final AtomicLong changed = new AtomicLong();

    /** Where a run is archived. */
    private record Place(RunKey run, RecordName record, boolean isFinished) {

        Map<String, String> annotations() {
            return Map.of(
                    ResultNaming.RESULT_ANNOTATION,
                    record.result().toString(),
                    ResultNaming.RECORD_ANNOTATION,
                    record.toString(),
                    STORED,
                    Boolean.toString(isFinished));
        }
    }

    /**
     * What else is stored of runs.
     *
     * @param logs whether TaskRuns get Log Records
     * @param events whether runs get Records of their Events
     */
    record Extent(boolean logs, boolean events) {}

    /**
     * Numbers of one moment.
     *
     * @param waiting how many runs are to be looked at
     * @param changed how often a run was changed since this was made
     */
    public record Stats(int waiting, long changed) {}

    RunAnnotations(ClusterRuns cluster, ResultsReader store, Extent extent) {
        this.cluster = cluster;
        this.store = store;
        this.extent = extent;
    }

    void start() {
        queue.open();
        work.start(signal -> queue.work(this::attempt));
    }

    /** Ends; what waits is done by the next start. */
    void stop() {
        queue.close();
        work.interrupt();
    }

    /**
     * What was done and what waits.
     *
     * @return the numbers of now
     */
    public Stats stats() {
        return new Stats(queue.waiting(), changed.get());
    }

    @Override
    public void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        RunSnapshot run = placement.run();
        // Of a version that is older than what is stored, what is stored was told already.
        if (outcome.record().isPresent()
                && outcome.status() != ArchiveOutcome.Status.STALE
                && run.deletionTime().isEmpty()) {
            Place place = new Place(RunKey.of(run), outcome.record().get(), run.isFinished());
            if (!says(run, place.annotations())) {
                queue.put(run.uid(), place, Duration.ZERO);
            }
        }
    }

    private static boolean says(RunSnapshot run, Map<String, String> wanted) {
        return run.annotations().entrySet().containsAll(wanted.entrySet());
    }

    @Override
    public void onSealed(LogInfo log) {
        queue.hurry(log.id().taskRunUid());
    }

    private boolean attempt(Task<Place> task) {
        return LogFields.of(task.work().run()).call(() -> tryTo(task.work(), task.attempts()));
    }

    private boolean tryTo(Place place, int attempts) {
        try {
            Optional<RunSnapshot> now = cluster.find(place.run);
            return now.isEmpty()
                    || now.get().deletionTime().isPresent()
                    || isElsewhere(now.get(), place)
                    || annotate(now.get(), place, attempts);
        } catch (ResultsException e) {
            if (attempts == 0 || !e.isRetryable()) {
                LOG.warn(
                        "{} {}/{} could not be annotated{}: {}",
                        place.run.kind().kind(),
                        place.run.namespace(),
                        Escaped.of(place.run.name()),
                        e.isRetryable() ? ", which is tried again" : "",
                        e.getMessage());
            }
            return !e.isRetryable();
        } catch (RuntimeException e) {
            LOG.error("{} could not be annotated", Escaped.of(place.run.toString()), e);
            return true;
        }
    }

    /** Whether another archive has said in the meantime that it has the run somewhere else: two that overwrite each other would never end. */
    private static boolean isElsewhere(RunSnapshot run, Place place) {
        String said = run.annotations().get(ResultNaming.RESULT_ANNOTATION);
        ResultName ours = place.record.result();
        if (said == null || said.equals(ours.toString())) {
            return false;
        }
        try {
            boolean another = ResultName.parse(said).parent().equals(ours.parent());
            if (another) {
                LOG.warn("{} is archived in {}, but annotated with {}, which is left", run, ours, Escaped.of(said));
            }
            return another;
        } catch (ResultsException e) {
            return false;
        }
    }

    /** False while something that belongs to the run is not stored yet. */
    private boolean annotate(RunSnapshot run, Place place, int attempts) {
        // The end of one that is over meanwhile is archived next. One that says it all was told what else is stored,
        // too.
        if ((run.isFinished() && !place.isFinished) || says(run, place.annotations())) {
            return true;
        }
        Map<String, String> wanted = new LinkedHashMap<>(place.annotations());
        if (place.isFinished) {
            boolean logs = nameLog(wanted, run, place.record);
            boolean events = nameEvents(wanted, run, place.record);
            if (!(logs && events) && attempts < PATIENT_ATTEMPTS) {
                return false;
            }
        }
        if (cluster.annotate(place.run, wanted)) {
            changed.incrementAndGet();
        }
        return true;
    }

    /** Names the Log Record of a TaskRun; false while there is none, or some log is live. */
    private boolean nameLog(Map<String, String> wanted, RunSnapshot run, RecordName record) {
        if (!extent.logs || !run.kind().isTaskRun()) {
            return true;
        }
        Optional<Record> log = store.findResult(record.result())
                .flatMap(result -> store.findRecord(LogRecords.name(result, run.uid())));
        log.map(Record::name)
                .map(name -> new LogName(name.result(), name.record()))
                .ifPresent(name -> wanted.put(LogRecords.ANNOTATION, name.toString()));
        return log.filter(LogRecords::isStored).isPresent();
    }

    /** Names the Record of a run's Events; false while there is none. */
    private boolean nameEvents(Map<String, String> wanted, RunSnapshot run, RecordName record) {
        if (!extent.events) {
            return true;
        }
        RecordName annotated = EventList.findAnnotated(run, record).orElse(null);
        Optional<StoredEvents> events =
                StoredEvents.find(store, record, run.uid(), annotated).filter(stored -> stored.record() != null);
        events.ifPresent(
                stored -> wanted.put(EventList.ANNOTATION, stored.name().toString()));
        return events.isPresent();
    }
}
