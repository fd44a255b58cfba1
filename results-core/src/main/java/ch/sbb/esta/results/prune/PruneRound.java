package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.prune.PruneReport.Mode;
import ch.sbb.esta.results.prune.PruneReport.Outcome;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One round over the cluster. Used once, by one thread. */
final class PruneRound {

    private static final Logger LOG = LoggerFactory.getLogger(PruneRound.class);
    private static final int FAILURES_IN_A_ROW = 10;

    private final PruneParts parts;
    private final ClusterRuns cluster;
    private final Mode mode;
    private final Pace pace;
    private final PruneRules rules;
    private final PruneTally tally = new PruneTally();
    private boolean stopped;

    /**
     * A finished top-level run as the list showed it.
     *
     * @param place how many of its group ended later is reckoned by it
     * @param keep how many of its group stay
     * @param end when it ended, or null when nobody can tell
     */
    private record Listed(
            RunKey key, String place, int keep, @Nullable Instant end, boolean selected, boolean kept) {

        /** Those whose end nobody can tell count as the latest. */
        Instant time() {
            return end == null ? Instant.MAX : end;
        }
    }

    PruneRound(PruneParts parts, Mode mode, Pace pace) {
        this.parts = parts;
        this.cluster = parts.safety().cluster();
        this.mode = mode;
        this.pace = pace;
        this.rules = new PruneRules(parts.config(), parts.clock().instant());
    }

    PruneReport run() {
        if (!parts.config().grace().isZero()) {
            Set<String> scopes = parts.config().namespaces();
            for (String scope : scopes.isEmpty() ? Set.of("") : scopes) {
                prune(scope);
            }
        }
        return new PruneReport(mode, rules.now(), parts.clock().instant(), tally);
    }

    private void prune(String scope) {
        Map<String, Listed> listed = new HashMap<>();
        Set<String> examined = new HashSet<>();
        RunIndex index;
        try {
            index = RunIndex.read(cluster, scope, run -> {
                examined.add(run.uid());
                if (rules.isCandidate(run)) {
                    listed.put(run.uid(), listed(run));
                }
            });
        } catch (RuntimeException e) {
            // Without the whole list nobody knows all children: nothing is deleted here.
            failed("listing " + (scope.isEmpty() ? "all namespaces" : scope), e);
            return;
        }
        tally.examined += examined.size();
        for (Listed run : due(listed)) {
            if (stopped) {
                return;
            }
            if (tally.failuresInARow(run.key.namespace()) < FAILURES_IN_A_ROW) {
                attempt(run, index);
            }
        }
    }

    private Listed listed(RunSnapshot run) {
        return new Listed(
                RunKey.of(run),
                rules.group(run),
                parts.config().keepLast().getOrDefault(run.summaryStatus(), 0),
                RunDetails.end(run).orElse(null),
                rules.isSelected(run),
                PruneRules.isKept(run));
    }

    /** The oldest first. */
    private List<Listed> due(Map<String, Listed> listed) {
        Map<String, List<Listed>> groups = new HashMap<>();
        listed.values()
                .forEach(run -> groups.computeIfAbsent(run.place, place -> new ArrayList<>())
                        .add(run));
        Comparator<Listed> oldestFirst = Comparator.comparing(Listed::time).thenComparing(run -> run.key.uid());
        List<Listed> due = new ArrayList<>();
        for (List<Listed> group : groups.values()) {
            group.sort(oldestFirst);
            for (int i = 0; i < group.size(); i++) {
                Listed run = group.get(i);
                if (!run.selected || !rules.isOldEnough(Optional.ofNullable(run.end))) {
                    continue;
                }
                if (run.kept) {
                    tally.kept++;
                } else if (group.size() - i <= run.keep) {
                    tally.keptAsLast++;
                } else {
                    due.add(run);
                }
            }
        }
        due.sort(oldestFirst);
        return due;
    }

    private void attempt(Listed run, Owned owned) {
        LogFields.of(run.key).run(() -> tryTo(run, owned));
    }

    private void tryTo(Listed run, Owned owned) {
        RunKey key = run.key;
        try {
            if (!pace.awaitTurn()) {
                stopped = true;
                return;
            }
            Optional<RunSnapshot> now = cluster.find(key);
            if (now.isEmpty()) {
                tally.add(key, Outcome.GONE, "it is not in the cluster any more");
            } else if (!rules.isDue(now.get()) || now.get().resourceVersion().isEmpty()) {
                tally.add(key, Outcome.CHANGED, "it has changed since it was listed and is not due any more");
            } else {
                judge(key, now.get(), owned);
            }
        } catch (RuntimeException e) {
            tally.add(key, Outcome.FAILED, message(e));
            failed(key.kind().kind() + " " + key.namespace() + "/" + Escaped.of(key.name()), e);
            if (tally.failedIn(key.namespace()) == FAILURES_IN_A_ROW) {
                tally.failed(
                        "namespace " + key.namespace(),
                        FAILURES_IN_A_ROW + " failures in a row: the rest of it is for the next round");
            }
        }
    }

    private void judge(RunKey key, RunSnapshot run, Owned owned) {
        Safety safety = parts.safety().check(run, owned);
        if (!safety.isSafe()) {
            RunDetails.end(run).ifPresent(tally::unsafe);
            tally.add(key, Outcome.UNSAFE, safety.toString());
        } else if (mode == Mode.PREVIEW) {
            tally.add(key, Outcome.WOULD_BE_DELETED, "");
        } else {
            delete(key, run);
        }
    }

    private void delete(RunKey key, RunSnapshot run) {
        pace.took();
        try {
            if (cluster.delete(key, run.resourceVersion().orElseThrow())) {
                tally.add(key, Outcome.DELETED, "");
                tell(run);
            } else {
                tally.add(key, Outcome.GONE, "it is not in the cluster any more");
            }
        } catch (ResultsException e) {
            if (e.code() != Code.CONFLICT) {
                throw e;
            }
            tally.add(key, Outcome.CHANGED, message(e));
        }
    }

    private void tell(RunSnapshot run) {
        for (PruneListener listener : parts.listeners()) {
            try {
                listener.onPruned(run);
            } catch (RuntimeException e) {
                LOG.warn("a listener failed on {}", run, e);
            }
        }
    }

    private void failed(String subject, RuntimeException e) {
        if (!(e instanceof ResultsException)) {
            LOG.error("pruning failed unexpectedly on {}", subject, e);
        }
        tally.failed(subject, message(e));
    }

    /** The text of a foreign exception may quote a user's; ours is escaped already. */
    private static String message(RuntimeException e) {
        return e instanceof ResultsException
                ? String.valueOf(e.getMessage())
                : e.getClass().getSimpleName() + ": " + Escaped.of(String.valueOf(e.getMessage()));
    }
}
