package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.grpc.v1alpha2.Any;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/** Translates between our values and the messages of the protocol, the deprecated twins of whose fields get the same values. */
final class Messages {

    private Messages() {}

    @SuppressWarnings("deprecation")
    static ch.sbb.esta.results.grpc.v1alpha2.Result of(Result result) {
        Result.Stored stored = result.stored();
        Timestamp created = timestamp(stored.createTime());
        Timestamp updated = timestamp(stored.updateTime());
        var message = ch.sbb.esta.results.grpc.v1alpha2.Result.newBuilder()
                .setName(result.name().toString())
                .setUid(stored.uid())
                .setId(stored.uid())
                .setCreateTime(created)
                .setCreatedTime(created)
                .setUpdateTime(updated)
                .setUpdatedTime(updated)
                .setEtag(stored.etag())
                .putAllAnnotations(result.annotations());
        result.summary().ifPresent(summary -> message.setSummary(of(summary)));
        return message.build();
    }

    /** The data is not copied: nobody writes into it, and records are large. */
    @SuppressWarnings("deprecation")
    static ch.sbb.esta.results.grpc.v1alpha2.Record of(Record record) {
        Result.Stored stored = record.stored();
        Timestamp created = timestamp(stored.createTime());
        Timestamp updated = timestamp(stored.updateTime());
        return ch.sbb.esta.results.grpc.v1alpha2.Record.newBuilder()
                .setName(record.name().toString())
                .setUid(stored.uid())
                .setId(stored.uid())
                .setCreateTime(created)
                .setCreatedTime(created)
                .setUpdateTime(updated)
                .setUpdatedTime(updated)
                .setEtag(stored.etag())
                .setData(Any.newBuilder()
                        .setType(record.type())
                        .setValue(UnsafeByteOperations.unsafeWrap(record.data())))
                .build();
    }

    private static ch.sbb.esta.results.grpc.v1alpha2.RecordSummary of(RecordSummary summary) {
        var message = ch.sbb.esta.results.grpc.v1alpha2.RecordSummary.newBuilder()
                .setRecord(summary.record().toString())
                .setType(summary.type())
                .setStatusValue(summary.status().number())
                .putAllAnnotations(summary.annotations());
        summary.startTime().ifPresent(time -> message.setStartTime(timestamp(time)));
        summary.endTime().ifPresent(time -> message.setEndTime(timestamp(time)));
        return message.build();
    }

    /** What a caller says of a Result's run; a summary without a record and a type is none. */
    static Optional<RecordSummary> summary(ch.sbb.esta.results.grpc.v1alpha2.Result message) {
        if (!message.hasSummary()) {
            return Optional.empty();
        }
        var summary = message.getSummary();
        if (summary.getType().isEmpty()) {
            throw ResultsException.invalid("the summary has no type; it needs the record's name and its type");
        }
        return Optional.of(new RecordSummary(
                RecordName.parse(summary.getRecord()),
                summary.getType(),
                summary.hasStartTime() ? instant("summary.start_time", summary.getStartTime()) : null,
                summary.hasEndTime() ? instant("summary.end_time", summary.getEndTime()) : null,
                status(summary.getStatusValue()),
                summary.getAnnotationsMap()));
    }

    /** A record's data, whatever its keys. */
    static JsonNode json(byte[] data) {
        return JsonTree.read(JsonText.withReadableKeys(data));
    }

    private static SummaryStatus status(int number) {
        SummaryStatus status = SummaryStatus.of(number);
        if (status.number() != number) {
            throw ResultsException.invalid("summary.status " + number + " is none of 0 to 4");
        }
        return status;
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    private static Instant instant(String field, Timestamp time) {
        try {
            return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
        } catch (DateTimeException e) {
            throw new ResultsException(
                    ResultsException.Code.INVALID, field + " is beyond all calendars: second " + time.getSeconds(), e);
        }
    }
}
