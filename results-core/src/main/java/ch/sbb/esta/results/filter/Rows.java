package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.internal.JsonEscape;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fields of a Result and of a Record, as Postgres has them. */
final class Rows {

    private Rows() {}

    static Function<String, @Nullable Object> of(Record record) {
        AtomicReference<@Nullable JsonNode> data = new AtomicReference<>();
        return name -> switch (name) {
            case "parent" -> record.name().parent();
            case "result_name" -> record.name().result().result();
            case "name" -> record.name().record();
            case "data_type" -> record.type();
            case "data" -> data.updateAndGet(read -> read == null ? json(record.data()) : read);
            default -> throw new IllegalArgumentException("records have no field " + name);
        };
    }

    static Function<String, @Nullable Object> of(Result result) {
        Optional<RecordSummary> summary = result.summary();
        return name -> switch (name) {
            case "parent" -> result.name().parent();
            case "uid" -> result.stored().uid();
            case "annotations" -> JsonEscape.encode(result.annotations());
            case "create_time" -> Moments.micros(result.stored().createTime());
            case "update_time" -> Moments.micros(result.stored().updateTime());
            case "summary.record" ->
                summary.map(said -> said.record().toString()).orElse("");
            case "summary.type" -> summary.map(RecordSummary::type).orElse("");
            case "summary.start_time" ->
                summary.flatMap(RecordSummary::startTime).map(Rows::micros).orElse(null);
            case "summary.end_time" ->
                summary.flatMap(RecordSummary::endTime).map(Rows::micros).orElse(null);
            case "summary.status" ->
                BigDecimal.valueOf(summary.map(said -> said.status().number()).orElse(0));
            case "summary.annotations" ->
                summary.map(said -> JsonEscape.encode(said.annotations())).orElse(null);
            default -> throw new IllegalArgumentException("results have no field " + name);
        };
    }

    private static BigInteger micros(Instant time) {
        return Moments.micros(time);
    }

    private static JsonNode json(byte[] data) {
        return JsonTree.read(JsonEscape.encode(data).json());
    }
}
