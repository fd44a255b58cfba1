package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.RetentionStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Marks and tombstones of a store in memory. Not thread-safe. */
final class Graveyard {

    private static final String ANY = "-";

    private final NavigableMap<String, Marked> marks = new TreeMap<>();
    private final NavigableMap<String, Tombstone> tombstones = new TreeMap<>();

    /** A marked Result with the Records that it had then. */
    record Marked(Expiry expiry, Set<RecordName> records) {}

    void mark(Expiry expiry, Set<RecordName> records) {
        marks.put(key(expiry.result()), new Marked(expiry, Set.copyOf(records)));
        expiry.runs().forEach(run -> tombstones.put(key(run.namespace(), run.uid()), run));
    }

    @Nullable
    Marked findMark(ResultName result) {
        return marks.get(key(result));
    }

    void unmark(ResultName result) {
        marks.remove(key(result));
    }

    boolean holds(RunSnapshot run) {
        return tombstones.containsKey(key(run.namespace(), run.uid()))
                || run.pipelineRunUid()
                        .filter(uid -> tombstones.containsKey(key(run.namespace(), uid)))
                        .isPresent();
    }

    Optional<Tombstone> findTombstone(String namespace, String uid) {
        return Optional.ofNullable(tombstones.get(key(namespace, uid)));
    }

    Page<Expiry> listMarked(String parent, String after, int limit) {
        return page(
                marks,
                after,
                limit,
                marked -> isOf(parent, marked.expiry.result().parent()),
                Marked::expiry);
    }

    Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit) {
        return page(
                tombstones,
                after,
                limit,
                stone -> isOf(parent, stone.namespace())
                        && stone.time().isBefore(before)
                        && !marks.containsKey(key(stone.record().result())),
                stone -> stone);
    }

    void deleteTombstones(List<Tombstone> gone) {
        for (Tombstone stone : gone) {
            if (!marks.containsKey(key(stone.record().result()))) {
                tombstones.remove(key(stone.namespace(), stone.uid()), stone);
            }
        }
    }

    private static boolean isOf(String parent, String namespace) {
        return parent.equals(ANY) || parent.equals(namespace);
    }

    private static <V, T> Page<T> page(
            NavigableMap<String, V> map, String after, int limit, Predicate<V> wanted, Function<V, T> item) {
        if (limit < 1 || limit > RetentionStore.MAX_PAGE) {
            throw ResultsException.invalid("limit " + limit + " is not between 1 and " + RetentionStore.MAX_PAGE);
        }
        List<String> found = map.tailMap(after, false).entrySet().stream()
                .filter(entry -> wanted.test(entry.getValue()))
                .limit(limit + 1L)
                .map(Map.Entry::getKey)
                .toList();
        List<String> shown = found.size() > limit ? found.subList(0, limit) : found;
        List<T> items = shown.stream()
                .map(key -> item.apply(Objects.requireNonNull(map.get(key))))
                .toList();
        return new Page<>(items, found.size() > limit ? shown.get(limit - 1) : null);
    }

    private static String key(ResultName result) {
        return key(result.parent(), result.result());
    }

    private static String key(String namespace, String last) {
        return namespace + "/" + last;
    }
}
