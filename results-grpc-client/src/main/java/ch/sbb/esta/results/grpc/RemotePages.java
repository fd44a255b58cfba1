package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.PageToken;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultsException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes pages of any size out of a server's, which are never smaller than {@value #SMALLEST}.
 *
 * <p>Where a page ends inside a page of the server, its token is {@code PLACE~TOKEN}: the sort values of its last item, and the
 * server's token of the page that this item is in. The place is a position and no count, so that a row deleted meanwhile moves nothing.
 */
final class RemotePages<T> {

    static final int SMALLEST = 5;

    /** In neither alphabet: places and the tokens of servers are base64url. */
    private static final char BETWEEN = '~';

    private final ListQuery query;
    private final Function<T, Result.Stored> stored;
    private final Remote<T> remote;
    private int smaller;

    /** One list call. */
    interface Remote<T> {
        Page<T> page(int size, String token);
    }

    RemotePages(ListQuery query, Function<T, Result.Stored> stored, Remote<T> remote) {
        this.query = query;
        this.stored = stored;
        this.remote = remote;
    }

    Page<T> page() {
        String token = query.pageToken().orElse("");
        PageToken place = null;
        int between = token.indexOf(BETWEEN);
        if (between >= 0) {
            String text = token;
            place = query.pageToken(token.substring(0, between))
                    .position()
                    .orElseThrow(() -> ResultsException.invalid("page token " + Escaped.of(text) + " is mangled"));
            token = token.substring(between + 1);
        }
        List<T> items = new ArrayList<>();
        while (true) {
            int asked = Math.max(SMALLEST, query.pageSize() - items.size());
            Page<T> page = largestThatFits(asked, token);
            boolean isCut = smaller < asked;
            for (T item : page.items()) {
                if (place != null && !isAfter(place, item)) {
                    continue;
                }
                if (items.size() == query.pageSize()) {
                    return new Page<>(
                            items, placeOf(items.get(items.size() - 1)).encode(query) + BETWEEN + token);
                }
                items.add(item);
            }
            if (!items.isEmpty()) {
                place = null;
            }
            @Nullable String next = page.nextPageToken().orElse(null);
            if (next == null || items.size() == query.pageSize() || (isCut && !items.isEmpty())) {
                return new Page<>(items, next);
            }
            if (next.equals(token)) {
                throw new ResultsException(
                        ResultsException.Code.INTERNAL, "the server answers the same page token again and again");
            }
            token = next;
        }
    }

    /** A page of large items may be larger than an answer may be; half of it may fit. */
    private Page<T> largestThatFits(int asked, String token) {
        for (smaller = asked; ; smaller = Math.max(SMALLEST, smaller / 2)) {
            try {
                return remote.page(smaller, token);
            } catch (ResultsException e) {
                if (smaller == SMALLEST || !GrpcFailures.isTooLarge(e)) {
                    throw e;
                }
            }
        }
    }

    private boolean isAfter(PageToken place, T item) {
        Comparator<PageToken> ascending = Comparator.comparing(PageToken::time).thenComparing(PageToken::uid);
        int order = ascending.compare(placeOf(item), place);
        return query.order().direction() == ListOrder.Direction.ASC ? order > 0 : order < 0;
    }

    private PageToken placeOf(T item) {
        return PageToken.of(stored.apply(item), query.order().field());
    }
}
