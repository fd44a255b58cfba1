package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.grpc.v1alpha2.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Translates between the messages of the protocol and our values. The deprecated twins
 * of its fields are read where a server leaves the newer ones out; a client has nothing to write into either. */
final class ProtoMapping {

    private ProtoMapping() {}

    static Result result(ch.sbb.esta.results.grpc.v1alpha2.Result message) {
        return new Result(
                name(message.getName(), ResultName::parse),
                stored(message),
                message.getAnnotationsMap(),
                message.hasSummary() ? summary(message.getSummary()) : null);
    }

    static Record record(ch.sbb.esta.results.grpc.v1alpha2.Record message) {
        return new Record(
                name(message.getName(), RecordName::parse),
                stored(message),
                message.getData().getType(),
                message.getData().getValue().toByteArray());
    }

    /** A body with what the caller may say: everything but the server's own fields. */
    static ch.sbb.esta.results.grpc.v1alpha2.Result message(
            ResultName name, Map<String, String> annotations, @Nullable RecordSummary summary) {
        var builder = ch.sbb.esta.results.grpc.v1alpha2.Result.newBuilder()
                .setName(name.toString())
                .putAllAnnotations(annotations);
        if (summary != null) {
            builder.setSummary(message(summary));
        }
        return builder.build();
    }

    static ch.sbb.esta.results.grpc.v1alpha2.Record message(RecordName name, String type, byte[] data) {
        return ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                .setName(name.toString())
                .setData(Any.newBuilder().setType(type).setValue(unsharedBytes(data)))
                .build();
    }

    /** Nobody writes into the array during the call, and records are large: no copy. */
    private static ByteString unsharedBytes(byte[] data) {
        return UnsafeByteOperations.unsafeWrap(data);
    }

    private static ch.sbb.esta.results.grpc.v1alpha2.RecordSummary message(RecordSummary summary) {
        var builder = ch.sbb.esta.results.grpc.v1alpha2.RecordSummary.newBuilder()
                .setRecord(summary.record().toString())
                .setType(summary.type())
                .setStatusValue(summary.status().number())
                .putAllAnnotations(summary.annotations());
        summary.startTime().ifPresent(time -> builder.setStartTime(timestamp(time)));
        summary.endTime().ifPresent(time -> builder.setEndTime(timestamp(time)));
        return builder.build();
    }

    /** Servers keep a missing summary as one with an empty record, and may say it so. */
    private static @Nullable RecordSummary summary(ch.sbb.esta.results.grpc.v1alpha2.RecordSummary message) {
        if (message.getRecord().isEmpty()) {
            return null;
        }
        return new RecordSummary(
                name(message.getRecord(), RecordName::parse),
                message.getType(),
                message.hasStartTime() ? instant(message.getStartTime()) : null,
                message.hasEndTime() ? instant(message.getEndTime()) : null,
                SummaryStatus.of(message.getStatusValue()),
                message.getAnnotationsMap());
    }

    @SuppressWarnings("deprecation")
    private static Result.Stored stored(ch.sbb.esta.results.grpc.v1alpha2.Result message) {
        return new Result.Stored(
                message.getUid().isEmpty() ? message.getId() : message.getUid(),
                micros(message.hasCreateTime() ? message.getCreateTime() : message.getCreatedTime()),
                micros(message.hasUpdateTime() ? message.getUpdateTime() : message.getUpdatedTime()),
                message.getEtag());
    }

    @SuppressWarnings("deprecation")
    private static Result.Stored stored(ch.sbb.esta.results.grpc.v1alpha2.Record message) {
        return new Result.Stored(
                message.getUid().isEmpty() ? message.getId() : message.getUid(),
                micros(message.hasCreateTime() ? message.getCreateTime() : message.getCreatedTime()),
                micros(message.hasUpdateTime() ? message.getUpdateTime() : message.getUpdatedTime()),
                message.getEtag());
    }

    /** A name that the server should not have answered is its fault, not one of the caller. */
    private static <N> N name(String text, Function<String, N> parser) {
        try {
            return parser.apply(text);
        } catch (ResultsException e) {
            throw new ResultsException(
                    ResultsException.Code.INTERNAL, "the server answered a malformed name: " + e.getMessage(), e);
        }
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    private static Instant micros(Timestamp time) {
        return instant(time).truncatedTo(ChronoUnit.MICROS);
    }

    private static Instant instant(Timestamp time) {
        try {
            return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
        } catch (DateTimeException e) {
            throw new ResultsException(
                    ResultsException.Code.INTERNAL,
                    "the server answered a time beyond all calendars: second " + time.getSeconds(),
                    e);
        }
    }
}
