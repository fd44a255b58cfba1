package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.OwnerReference;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.KnownPlaces;
import ch.sbb.esta.results.prune.RunDetails.Child;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.RetentionStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One check of a run and of all below it. Used once, by one thread. */
final class SafetyWalk {

    private static final int RECORD_PAGE = 50;

    private final SafetyParts parts;
    private final @Nullable Owned owned;
    private final @Nullable LogSafety logs;
    private final @Nullable EventSafety events;
    private final Findings findings;
    private final Set<String> seen = new HashSet<>();
    private final Map<String, RecordName> places = new HashMap<>();
    private final List<RunSnapshot> outdated = new ArrayList<>();

    /** @param owned what the cluster has, or null where children are known by their records only */
    SafetyWalk(SafetyParts parts, @Nullable Owned owned) {
        this.parts = parts;
        this.owned = owned;
        this.logs = parts.logs() == null ? null : new LogSafety(parts.logs(), parts.pods());
        this.events = parts.events() == null ? null : new EventSafety(parts.events(), parts.store());
        this.findings = new Findings(parts.lost());
    }

    Safety check(RunSnapshot run) {
        if (run.isOpenEnded()) {
            findings.missing(run, "does not say whether it is finished");
        }
        present(run);
        return findings.toSafety();
    }

    /** Of which runs the store holds another version than the cluster, or none, as far as the check came. */
    List<RunSnapshot> outdated() {
        return outdated;
    }

    /** Whether this very version is stored, finished or not. */
    Safety checkStored(RunSnapshot run) {
        if (!isExpired(run)) {
            stored(run);
        }
        return findings.toSafety();
    }

    /** Whether any finished version is stored or has expired. */
    boolean wasStoredFinished(RunSnapshot run) {
        return isExpired(run) || record(run).filter(RunSnapshot::isFinished).isPresent();
    }

    private Optional<RunSnapshot> record(RunSnapshot run) {
        return parts.store()
                .findRecord(place(run))
                .flatMap(record -> RunReading.of(record.data()).run())
                .filter(stored -> stored.uid().equals(run.uid()));
    }

    /** Where it is archived; that is asked once for each run. */
    private RecordName place(RunSnapshot run) {
        return places.computeIfAbsent(
                run.uid(),
                uid -> KnownPlaces.of(parts.store(), parts.naming().place(run)).record());
    }

    /** A run that is in the cluster. */
    private void present(RunSnapshot run) {
        if (findings.isFull() || !seen.add(run.uid())) {
            return;
        }
        // An owner must not wait for ever for what never says that it is finished.
        if (!run.isFinished() && !run.isOpenEnded()) {
            findings.missing(run, "is not finished");
            return;
        }
        RunDetails details = RunDetails.of(run);
        if (isExpired(run)) {
            // It was stored, with its children, and has been let go.
            children(run, new LinkedHashSet<>());
            return;
        }
        stored(run);
        if (run.kind().isTaskRun() && logs != null && !findings.isFull()) {
            logs.check(run, details, findings);
        }
        // Last, because it costs a list or two of the cluster.
        if (events != null && findings.isEmpty()) {
            events.check(run, place(run), details, findings);
        }
        children(run, new LinkedHashSet<>(details.children()));
    }

    private boolean isExpired(RunSnapshot run) {
        RetentionStore expired = parts.expired();
        return expired != null
                && (expired.findTombstone(run.namespace(), run.uid()).isPresent()
                        || run.pipelineRunUid()
                                .flatMap(uid -> expired.findTombstone(run.namespace(), uid))
                                .isPresent());
    }

    private void stored(RunSnapshot run) {
        Optional<RunSnapshot> stored = record(run);
        boolean current = stored.isPresent() && stored.get().resourceVersion().equals(run.resourceVersion());
        if (!current) {
            outdated.add(run);
        }
        if (stored.isEmpty()) {
            findings.missing(run, "is not stored");
        } else if (!current) {
            findings.missing(
                    run, "is stored in version " + version(stored.get()) + ", and the cluster has " + version(run));
        }
    }

    private static String version(RunSnapshot run) {
        return Escaped.of(run.resourceVersion().orElse(""));
    }

    private void children(RunSnapshot run, Set<Child> expected) {
        for (RunKey key : owned == null ? List.<RunKey>of() : owned.by(run.uid())) {
            if (findings.isFull()) {
                return;
            }
            Child child = new Child(key.kind().kind(), key.name());
            Optional<RunSnapshot> now = parts.cluster().find(key);
            if (now.isPresent()) {
                present(now.get());
                expected.remove(child);
            } else {
                expected.add(child);
            }
        }
        if (expected.isEmpty() || findings.isFull()) {
            return;
        }
        for (Child child : withoutStored(run, expected)) {
            String what = "names its child " + child.kind() + " " + Escaped.of(child.name()) + ", which is not stored";
            if (owned == null) {
                findings.missing(run, what);
            } else {
                findings.lost(run, what + " and not in the cluster");
            }
        }
    }

    /** Checks the children of which there are Records; returns the others. */
    private Set<Child> withoutStored(RunSnapshot run, Set<Child> expected) {
        Set<Child> left = new LinkedHashSet<>(expected);
        ResultName result = place(run).result();
        Iterator<Record> records = Pages.stream(
                        ListQuery.of(result.toString()).pageSize(RECORD_PAGE), parts.store()::listRecords)
                .iterator();
        while (records.hasNext() && !findings.isFull()) {
            RunSnapshot child = RunReading.of(records.next().data()).run().orElse(null);
            if (child == null || !isOwned(child, run)) {
                continue;
            }
            Child named = new Child(child.kind().kind(), child.name());
            if (expected.contains(named)) {
                left.remove(named);
                storedChild(child);
            }
        }
        return left;
    }

    private static boolean isOwned(RunSnapshot child, RunSnapshot run) {
        return child.owners().stream().map(OwnerReference::uid).anyMatch(run.uid()::equals);
    }

    private void storedChild(RunSnapshot child) {
        Optional<RunSnapshot> now = parts.cluster().find(RunKey.of(child));
        if (now.isPresent()) {
            present(now.get());
        } else if (seen.add(child.uid())) {
            gone(child);
        }
    }

    /** A run of which the Record is all that is left. */
    private void gone(RunSnapshot run) {
        if (!run.isFinished() && !run.isOpenEnded()) {
            findings.lost(run, "is not in the cluster any more and was not finished when it was stored last");
        }
        RunDetails details = RunDetails.of(run);
        if (run.kind().isTaskRun() && logs != null) {
            logs.check(run, details, findings);
        }
        if (!details.children().isEmpty()) {
            children(run, new LinkedHashSet<>(details.children()));
        }
    }
}
