package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What an item adds to the bytes of a page, the same in every store: what its writer decides the size of, and nothing else. */
public final class PageWeight {

    private PageWeight() {}

    /**
     * Weighs a Result.
     *
     * @param result the Result
     * @return the bytes of its annotations and of those of its summary, keys and values in UTF-8
     */
    public static long of(Result result) {
        return of(result.annotations())
                + result.summary().map(summary -> of(summary.annotations())).orElse(0L);
    }

    /**
     * Weighs a Record.
     *
     * @param record the Record
     * @return the bytes of its data as it was read
     */
    public static long of(Record record) {
        return record.data().length;
    }

    private static long of(Map<String, String> annotations) {
        long bytes = 0;
        for (Map.Entry<String, String> annotation : annotations.entrySet()) {
            bytes += annotation.getKey().getBytes(StandardCharsets.UTF_8).length;
            bytes += annotation.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        return bytes;
    }
}
