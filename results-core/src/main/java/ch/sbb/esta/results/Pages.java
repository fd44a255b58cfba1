package ch.sbb.esta.results;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Walks through all pages of a list. */
public final class Pages {

    private Pages() {}

    /**
     * Streams a whole list; one page is in memory at a time, and the next is asked for when the one before has been used up.
     *
     * @param <T> what is listed
     * @param query where to begin and how many items a page holds
     * @param list the call that answers a page, such as {@code store::listRecords}; what it throws comes out of the stream
     * @return the items in the order of the query, sequential; it need not be closed
     */
    public static <T> Stream<T> stream(ListQuery query, Function<ListQuery, Page<T>> list) {
        return StreamSupport.stream(
                new Walk<>(Objects.requireNonNull(query, "query"), Objects.requireNonNull(list, "list")), false);
    }

    private static final class Walk<T> extends Spliterators.AbstractSpliterator<T> {

        private final Function<ListQuery, Page<T>> list;
        private ListQuery next;
        private boolean last;
        private Iterator<T> page = List.<T>of().iterator();

        Walk(ListQuery query, Function<ListQuery, Page<T>> list) {
            super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE);
            this.next = query;
            this.list = list;
        }

        @Override
        public boolean tryAdvance(Consumer<? super T> action) {
            while (!page.hasNext() && !last) {
                Page<T> found = list.apply(next);
                page = found.items().iterator();
                last = found.nextPageToken().isEmpty();
                next = next.pageToken(found.nextPageToken().orElse(""));
            }
            if (!page.hasNext()) {
                return false;
            }
            action.accept(page.next());
            return true;
        }
    }
}
