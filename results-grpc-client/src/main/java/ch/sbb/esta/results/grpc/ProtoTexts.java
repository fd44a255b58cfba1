package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The texts of the protocol are UTF-8, which has no half of a surrogate pair. */
final class ProtoTexts {

    private ProtoTexts() {}

    /** Refuses what would arrive as another text. */
    static void check(ResultName name, Map<String, String> annotations, @Nullable RecordSummary summary) {
        Stream.of(annotations, summary == null ? Map.<String, String>of() : summary.annotations())
                .flatMap(texts -> texts.entrySet().stream())
                .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
                .filter(text -> !whole(text).equals(text))
                .findFirst()
                .ifPresent(text -> {
                    throw ResultsException.invalid("the annotation text " + Escaped.of(text)
                                    + " holds half of a surrogate pair, which the protocol cannot carry; leave it out")
                            .about(name);
                });
    }

    /** The texts as they arrive: with a question mark for each half. */
    static Map<String, String> whole(Map<String, String> texts) {
        Map<String, String> whole = new LinkedHashMap<>();
        texts.forEach((key, text) -> whole.put(whole(key), whole(text)));
        return whole;
    }

    private static String whole(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
