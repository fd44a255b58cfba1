package ch.sbb.esta.results;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * <p>Immutable and thread-safe.
 *
 * @param <T> what is listed
 */
public final class Page<T> {

    private final List<T> items;
    private final @Nullable String nextPageToken;

    /**
     * Creates a page.
     *
     * @param items what the page holds; copied
     * @param nextPageToken how to ask for the next page, or null on the last one
     */
    public Page(List<? extends T> items, @Nullable String nextPageToken) {
        this.items = List.copyOf(items);
        this.nextPageToken = nextPageToken;
    }

    /**
     * What the page holds.
     *
     * @return unmodifiable, in the order asked for
     */
    public List<T> items() {
        return items;
    }

    /**
     * How to ask for the next page.
     *
     * @return an opaque token, or empty on the last page
     */
    public Optional<String> nextPageToken() {
        return Optional.ofNullable(nextPageToken);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Page<?> that
                && items.equals(that.items)
                && Objects.equals(nextPageToken, that.nextPageToken);
    }

    @Override
    public int hashCode() {
        return Objects.hash(items, nextPageToken);
    }

    @Override
    public String toString() {
        return items.size() + " items" + (nextPageToken == null ? "" : " and more");
    }
}
