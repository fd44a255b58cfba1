package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Makes a page out of smaller ones of the store, so that it ends where it gets too large, and no more is read when the caller has hung
 * up. Tokens of a list do not depend on the page size, so that of the last small page is the one of the whole.
 */
final class Listing {

    static final int SMALLEST_PAGE = 5;

    private static final int FIRST_STEP = 200;
    private static final int LARGEST_STEP = 2_000;

    private final long maxPageBytes;

    Listing(long maxPageBytes) {
        this.maxPageBytes = maxPageBytes;
    }

    /** The page size as servers of Tekton Results take it. */
    static int pageSize(int asked) {
        if (asked != 0 && (asked < SMALLEST_PAGE || asked > ListQuery.MAX_PAGE_SIZE)) {
            throw ResultsException.invalid("page_size " + asked + " is not between " + SMALLEST_PAGE + " and "
                    + ListQuery.MAX_PAGE_SIZE + " (0 for " + ListQuery.DEFAULT_PAGE_SIZE + ")");
        }
        return asked;
    }

    <T> Page<T> page(ListQuery query, Function<ListQuery, Page<T>> list, ToLongFunction<T> size) {
        List<T> items = new ArrayList<>();
        long bytes = 0;
        ListQuery step = query.pageSize(Math.min(FIRST_STEP, query.pageSize()));
        while (true) {
            Calls.requireWanted();
            Page<T> part = list.apply(step);
            for (T item : part.items()) {
                items.add(item);
                bytes += size.applyAsLong(item);
            }
            Optional<String> next = part.nextPageToken();
            int room = query.pageSize() - items.size();
            if (next.isEmpty() || room <= 0 || bytes >= maxPageBytes) {
                return new Page<>(items, next.orElse(null));
            }
            long average = Math.max(1, bytes / Math.max(1, items.size()));
            long fitting = Math.max(1, (maxPageBytes - bytes) / average);
            step = query.pageSize((int) Math.min(Math.min(fitting, LARGEST_STEP), room))
                    .pageToken(next.get());
        }
    }
}
