package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ResultsReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Leaves runs where they are. By which rule a run is placed may change while it runs: somebody annotates it, runs are grouped otherwise
 * from now on, or Tekton Results has written its rows and was ended before it said so in annotations. Then it stays where it was archived
 * first, and so does what belongs to it: a run without a Record goes to the Record of its PipelineRun, where some rule allows that. A Result whose
 * summary is about a run counts as its Record: whoever made it was ended in between.
 *
 * <p>Only where the rules differ for a run, which takes a trigger event or an annotation, is the store asked.
 */
public final class KnownPlaces {

    private final Set<RecordName> stored;
    private final Map<String, RecordName> earlier = new HashMap<>();

    private KnownPlaces(Set<RecordName> stored) {
        this.stored = stored;
    }

    /**
     * Finds the place of one run.
     *
     * @param store what is stored
     * @param placed where it would go
     * @return where it is, or is to go
     */
    public static RunPlacement of(ResultsReader store, RunPlacement placed) {
        return of(store, List.of(placed)).get(0);
    }

    /**
     * Finds the places of runs where a store is asked for one Record after the other.
     *
     * @param store what is stored
     * @param batch where they would go
     * @return where they are, or are to go
     */
    public static List<RunPlacement> of(ResultsReader store, List<RunPlacement> batch) {
        return of(batch, names -> {
            Set<RecordName> found = new HashSet<>();
            for (RecordName name : names) {
                if (store.findRecord(name)
                                .filter(record -> isRun(record.type()))
                                .isPresent()
                        || store.findResult(name.result())
                                .filter(result -> speaksOf(result, name))
                                .isPresent()) {
                    found.add(name);
                }
            }
            return found;
        });
    }

    /**
     * Finds the places of runs, in their order, so that one heeds those before it.
     *
     * @param batch where they would go
     * @param stored says at which of some names there are Records that hold runs, or a Result that {@linkplain #speaksOf speaks of} one;
     *     called once at most
     * @return where they are, or are to go
     */
    public static List<RunPlacement> of(List<RunPlacement> batch, Function<Set<RecordName>, Set<RecordName>> stored) {
        Set<RecordName> asked = new TreeSet<>();
        for (RunPlacement placed : batch) {
            if (!placed.otherResults().isEmpty()) {
                results(placed).forEach(result -> asked.addAll(names(placed, result)));
                asked.add(placed.record());
            }
        }
        if (asked.isEmpty()) {
            return batch;
        }
        KnownPlaces places = new KnownPlaces(stored.apply(asked));
        return batch.stream().map(places::keep).toList();
    }

    /**
     * Whether Records of a type hold runs.
     *
     * @param type the type of a Record
     * @return true for the types of {@link RunKind}
     */
    public static boolean isRun(String type) {
        return RunKind.findByRecordType(type).isPresent();
    }

    /**
     * Whether a Result was made for a run, of which the Record may still be missing.
     *
     * @param result the Result
     * @param run a Record in it
     * @return true when its summary is about that Record
     */
    public static boolean speaksOf(Result result, RecordName run) {
        return result.summary().map(RecordSummary::record).filter(run::equals).isPresent();
    }

    private RunPlacement keep(RunPlacement placed) {
        RecordName name = find(placed);
        RunPlacement kept = name == null || name.equals(placed.record()) ? placed : placed.under(name);
        earlier.put(key(placed.run(), placed.run().uid()), kept.record());
        return kept;
    }

    /** Null for the place that it has. */
    private @Nullable RecordName find(RunPlacement placed) {
        RunSnapshot run = placed.run();
        if (placed.otherResults().isEmpty() || stored.contains(placed.record())) {
            return null;
        }
        for (ResultName result : placed.otherResults()) {
            if (stored.contains(result.record(run.uid()))) {
                return result.record(run.uid());
            }
        }
        RecordName before = earlier.get(key(run, run.uid()));
        if (before != null
                && (before.equals(placed.record()) || placed.otherResults().contains(before.result()))) {
            return before;
        }
        return placed.pipelineRunUid()
                .flatMap(owner -> results(placed).stream()
                        .filter(result -> stored.contains(result.record(owner))
                                || result.record(owner).equals(earlier.get(key(run, owner))))
                        .findFirst())
                .filter(result -> !result.equals(placed.record().result()))
                .map(result -> result.record(run.uid()))
                .orElse(null);
    }

    private static List<ResultName> results(RunPlacement placed) {
        List<ResultName> results = new ArrayList<>();
        results.add(placed.record().result());
        results.addAll(placed.otherResults());
        return results;
    }

    private static List<RecordName> names(RunPlacement placed, ResultName result) {
        List<RecordName> names = new ArrayList<>();
        names.add(result.record(placed.run().uid()));
        placed.pipelineRunUid().ifPresent(owner -> names.add(result.record(owner)));
        return names;
    }

    private static String key(RunSnapshot run, String uid) {
        return run.namespace() + "/" + uid;
    }
}
