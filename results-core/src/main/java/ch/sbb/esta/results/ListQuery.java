package ch.sbb.esta.results;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a list call asks for: whose Results or Records, which of them, in which order, and which page.
 *
 * <p>Immutable and thread-safe.
 */
public final class ListQuery {

    /** The page size where the caller names none. */
    public static final int DEFAULT_PAGE_SIZE = 50;

    /** The largest page size. */
    public static final int MAX_PAGE_SIZE = 10_000;

    private final String parent;
    private final @Nullable String result;
    private final @Nullable String filter;
    private final ListOrder order;
    private final View view;
    private final int pageSize;
    private final @Nullable String pageToken;

    private ListQuery(
            String parent,
            @Nullable String result,
            @Nullable String filter,
            ListOrder order,
            View view,
            int pageSize,
            @Nullable String pageToken) {
        this.parent = parent;
        this.result = result;
        this.filter = filter;
        this.order = order;
        this.view = view;
        this.pageSize = pageSize;
        this.pageToken = pageToken;
    }

    /**
     * Asks for the first page, {@value #DEFAULT_PAGE_SIZE} items by id.
     *
     * @param parent {@code PARENT} to list Results, {@code PARENT/results/RESULT} to list Records; {@code -} in either place means any
     * @return the query
     * @throws ResultsException {@code INVALID} when the parent is of neither form
     */
    public static ListQuery of(String parent) {
        Objects.requireNonNull(parent, "parent");
        int slash = parent.indexOf('/');
        if (slash < 0) {
            return new ListQuery(
                    Names.segment("parent", parent), null, null, ListOrder.BY_ID, View.FULL, DEFAULT_PAGE_SIZE, null);
        }
        String[] segments = Names.split("PARENT/results/RESULT", parent, List.of("results"));
        return new ListQuery(segments[0], segments[1], null, ListOrder.BY_ID, View.FULL, DEFAULT_PAGE_SIZE, null);
    }

    /**
     * Returns the same query for those items only that a filter selects.
     *
     * @param filter a condition in the filter language of Tekton Results, such as {@code summary.status == FAILURE}; white space around it
     *     does not count, an empty one selects everything. It is read by the call that lists, which ends with {@code INVALID} where the
     *     filter is none
     * @return a copy
     */
    public ListQuery filter(String filter) {
        String stripped = Objects.requireNonNull(filter, "filter").strip();
        return new ListQuery(parent, result, stripped.isEmpty() ? null : stripped, order, view, pageSize, pageToken);
    }

    /**
     * Returns the same query in another order.
     *
     * @param order the order
     * @return a copy
     */
    public ListQuery orderBy(ListOrder order) {
        return new ListQuery(parent, result, filter, Objects.requireNonNull(order, "order"), view, pageSize, pageToken);
    }

    /**
     * Returns the same query for more or less of each item.
     *
     * @param view how much of each item is read
     * @return a copy
     */
    public ListQuery view(View view) {
        return new ListQuery(parent, result, filter, order, Objects.requireNonNull(view, "view"), pageSize, pageToken);
    }

    /**
     * Returns the same query with another page size.
     *
     * @param size 1 to {@value #MAX_PAGE_SIZE}; 0 for {@value #DEFAULT_PAGE_SIZE}
     * @return a copy
     * @throws ResultsException {@code INVALID} for any other number
     */
    public ListQuery pageSize(int size) {
        if (size < 0 || size > MAX_PAGE_SIZE) {
            throw ResultsException.invalid("page size " + size + " is not between 1 and " + MAX_PAGE_SIZE + " (0 for "
                    + DEFAULT_PAGE_SIZE + ")");
        }
        return new ListQuery(parent, result, filter, order, view, size == 0 ? DEFAULT_PAGE_SIZE : size, pageToken);
    }

    /**
     * Returns the same query for another page.
     *
     * @param token the token of {@link Page#nextPageToken()}, of a query that differs in page size and view at most; empty for
     *     the first page
     * @return a copy
     */
    public ListQuery pageToken(String token) {
        return new ListQuery(
                parent,
                result,
                filter,
                order,
                view,
                pageSize,
                Objects.requireNonNull(token, "token").isEmpty() ? null : token);
    }

    /**
     * Whose Results or Records are listed.
     *
     * @return the namespace, or empty for any
     */
    public Optional<String> parent() {
        return parent.equals(Names.ANY) ? Optional.empty() : Optional.of(parent);
    }

    /**
     * Of which Result the Records are listed.
     *
     * @return the last segment of its name, or empty for any; empty too when Results are listed
     */
    public Optional<String> result() {
        return result == null || result.equals(Names.ANY) ? Optional.empty() : Optional.of(result);
    }

    /**
     * What is listed.
     *
     * @return the collection that fits the form of the parent
     */
    public Collection collection() {
        return result == null ? Collection.RESULTS : Collection.RECORDS;
    }

    /**
     * Checks that this query lists what the call returns.
     *
     * @param expected what the call returns
     * @return this
     * @throws ResultsException {@code INVALID} when the parent is of the other form
     */
    public ListQuery requireCollection(Collection expected) {
        if (collection() != expected) {
            throw ResultsException.invalid(Escaped.of(parentText())
                    + (expected == Collection.RESULTS
                            ? " is not the parent of Results: it takes a namespace or -"
                            : " is not the parent of Records: it takes PARENT/results/RESULT, each possibly -"));
        }
        return this;
    }

    /**
     * Which items are asked for.
     *
     * @return the filter, unchecked and without white space around it, or empty for all
     */
    public Optional<String> filter() {
        return Optional.ofNullable(filter);
    }

    /**
     * The order.
     *
     * @return the order, {@link ListOrder#BY_ID} unless set
     */
    public ListOrder order() {
        return order;
    }

    /**
     * How much of each item is read.
     *
     * @return the view, {@link View#FULL} unless set
     */
    public View view() {
        return view;
    }

    /**
     * How many items a page holds at most. A store may end a page earlier, where its items are large.
     *
     * @return 1 to {@value #MAX_PAGE_SIZE}
     */
    public int pageSize() {
        return pageSize;
    }

    /**
     * Which page is asked for, as the caller said it: for a store whose pages another system makes. All others read
     * {@link #position()}.
     *
     * @return the text of the token, unchecked, or empty for the first page
     */
    public Optional<String> pageToken() {
        return Optional.ofNullable(pageToken);
    }

    /**
     * Where the page asked for begins.
     *
     * @return the position after which it begins, or empty for the first page
     * @throws ResultsException {@code INVALID} when the token is mangled or was made for another parent, filter or order
     */
    public Optional<PageToken> position() {
        return pageToken == null ? Optional.empty() : Optional.of(PageToken.decode(pageToken, this));
    }

    String parentText() {
        return result == null ? parent : parent + "/results/" + result;
    }

    /** What a call lists. */
    public enum Collection {
        /** Results of a namespace. */
        RESULTS,
        /** Records of a Result. */
        RECORDS
    }

    /** How much of each item is read. */
    public enum View {
        /** All of it. */
        FULL,
        /**
         * Records without their data, which are most of what a list weighs: {@link Record#hasData()} is false, all else is as in
         * {@link #FULL}, the etag too. Results are the same in both.
         */
        BASIC
    }
}
