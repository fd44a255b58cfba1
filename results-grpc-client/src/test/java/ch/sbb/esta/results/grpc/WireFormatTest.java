package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.grpc.v1alpha2.Any;
import ch.sbb.esta.results.grpc.v1alpha2.CreateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.CreateResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetLogRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.ListResultsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListResultsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.Log;
import ch.sbb.esta.results.grpc.v1alpha2.LogSummary;
import ch.sbb.esta.results.grpc.v1alpha2.LogsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.Record;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummary;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummaryRequest;
import ch.sbb.esta.results.grpc.v1alpha2.RecordSummary;
import ch.sbb.esta.results.grpc.v1alpha2.Result;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateResultRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import io.grpc.ServiceDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bytes of the protocol, written by hand field by field: a wrong number or type in our protos makes these fail. */
@SuppressWarnings("deprecation")
class WireFormatTest {

    @Test
    void aResultHasTheNumbersOfTheProtocol() throws IOException {
        byte[] wire = message(out -> {
            out.writeString(1, "ci/results/a");
            out.writeString(2, "old-uid");
            out.writeByteArray(3, time(3));
            out.writeByteArray(4, entry("key", "value"));
            out.writeString(5, "etag");
            out.writeByteArray(6, time(6));
            out.writeString(7, "uid");
            out.writeByteArray(8, time(8));
            out.writeByteArray(9, time(9));
            out.writeByteArray(10, message(summary -> {
                summary.writeString(1, "ci/results/a/records/b");
                summary.writeString(2, "tekton.dev/v1.PipelineRun");
                summary.writeByteArray(3, time(30));
                summary.writeByteArray(4, time(40));
                summary.writeEnum(5, 4);
                summary.writeByteArray(6, entry("summary", "annotation"));
            }));
        });

        Result expected = Result.newBuilder()
                .setName("ci/results/a")
                .setId("old-uid")
                .setCreatedTime(Timestamp.newBuilder().setSeconds(3))
                .putAnnotations("key", "value")
                .setEtag("etag")
                .setUpdatedTime(Timestamp.newBuilder().setSeconds(6))
                .setUid("uid")
                .setCreateTime(Timestamp.newBuilder().setSeconds(8))
                .setUpdateTime(Timestamp.newBuilder().setSeconds(9))
                .setSummary(RecordSummary.newBuilder()
                        .setRecord("ci/results/a/records/b")
                        .setType("tekton.dev/v1.PipelineRun")
                        .setStartTime(Timestamp.newBuilder().setSeconds(30))
                        .setEndTime(Timestamp.newBuilder().setSeconds(40))
                        .setStatus(RecordSummary.Status.CANCELLED)
                        .putAnnotations("summary", "annotation"))
                .build();
        assertThat(Result.parseFrom(wire)).isEqualTo(expected);
        assertThat(expected.toByteArray()).isEqualTo(wire);
    }

    @Test
    void aRecordHasTheNumbersOfTheProtocol() throws IOException {
        byte[] wire = message(out -> {
            out.writeString(1, "ci/results/a/records/b");
            out.writeString(2, "old-uid");
            out.writeByteArray(3, message(data -> {
                data.writeString(1, "tekton.dev/v1.TaskRun");
                data.writeByteArray(2, new byte[] {'{', '}'});
            }));
            out.writeString(4, "etag");
            out.writeByteArray(5, time(5));
            out.writeByteArray(6, time(6));
            out.writeString(7, "uid");
            out.writeByteArray(8, time(8));
            out.writeByteArray(9, time(9));
        });

        Record expected = Record.newBuilder()
                .setName("ci/results/a/records/b")
                .setId("old-uid")
                .setData(Any.newBuilder().setType("tekton.dev/v1.TaskRun").setValue(ByteString.copyFromUtf8("{}")))
                .setEtag("etag")
                .setCreatedTime(Timestamp.newBuilder().setSeconds(5))
                .setUpdatedTime(Timestamp.newBuilder().setSeconds(6))
                .setUid("uid")
                .setCreateTime(Timestamp.newBuilder().setSeconds(8))
                .setUpdateTime(Timestamp.newBuilder().setSeconds(9))
                .build();
        assertThat(Record.parseFrom(wire)).isEqualTo(expected);
        assertThat(expected.toByteArray()).isEqualTo(wire);
    }

    @Test
    void requestsThatWriteHaveTheNumbersOfTheProtocol() throws IOException {
        Result result = Result.newBuilder().setName("r").build();
        Record record = Record.newBuilder().setName("c").build();

        assertThat(CreateResultRequest.parseFrom(message(out -> {
                    out.writeString(1, "ci");
                    out.writeByteArray(2, result.toByteArray());
                })))
                .isEqualTo(CreateResultRequest.newBuilder()
                        .setParent("ci")
                        .setResult(result)
                        .build());
        assertThat(UpdateResultRequest.parseFrom(message(out -> {
                    out.writeString(1, "name");
                    out.writeByteArray(2, result.toByteArray());
                    out.writeString(3, "etag");
                })))
                .isEqualTo(UpdateResultRequest.newBuilder()
                        .setName("name")
                        .setResult(result)
                        .setEtag("etag")
                        .build());
        assertThat(CreateRecordRequest.parseFrom(message(out -> {
                    out.writeString(1, "ci/results/a");
                    out.writeByteArray(2, record.toByteArray());
                })))
                .isEqualTo(CreateRecordRequest.newBuilder()
                        .setParent("ci/results/a")
                        .setRecord(record)
                        .build());
        assertThat(UpdateRecordRequest.parseFrom(message(out -> {
                    out.writeByteArray(1, record.toByteArray());
                    out.writeByteArray(2, message(mask -> mask.writeString(1, "data")));
                    out.writeString(3, "etag");
                })))
                .isEqualTo(UpdateRecordRequest.newBuilder()
                        .setRecord(record)
                        .setUpdateMask(FieldMask.newBuilder().addPaths("data"))
                        .setEtag("etag")
                        .build());
    }

    @Test
    void requestsThatNameOneThingCarryItInFieldOne() throws IOException {
        byte[] wire = message(out -> out.writeString(1, "name"));

        assertThat(GetResultRequest.parseFrom(wire).getName()).isEqualTo("name");
        assertThat(DeleteResultRequest.parseFrom(wire).getName()).isEqualTo("name");
        assertThat(GetRecordRequest.parseFrom(wire).getName()).isEqualTo("name");
        assertThat(DeleteRecordRequest.parseFrom(wire).getName()).isEqualTo("name");
        assertThat(GetLogRequest.parseFrom(wire).getName()).isEqualTo("name");
        assertThat(DeleteLogRequest.parseFrom(wire).getName()).isEqualTo("name");
        assertThat(ch.sbb.esta.results.grpc.v1alpha3.GetLogRequest.parseFrom(wire)
                        .getName())
                .isEqualTo("name");
    }

    @Test
    void listsHaveTheNumbersOfTheProtocol() throws IOException {
        byte[] request = message(out -> {
            out.writeString(1, "ci");
            out.writeString(2, "filter");
            out.writeInt32(3, 100);
            out.writeString(4, "token");
            out.writeString(5, "create_time desc");
        });
        assertThat(ListResultsRequest.parseFrom(request))
                .isEqualTo(ListResultsRequest.newBuilder()
                        .setParent("ci")
                        .setFilter("filter")
                        .setPageSize(100)
                        .setPageToken("token")
                        .setOrderBy("create_time desc")
                        .build());
        assertThat(ListRecordsRequest.parseFrom(request))
                .isEqualTo(ListRecordsRequest.newBuilder()
                        .setParent("ci")
                        .setFilter("filter")
                        .setPageSize(100)
                        .setPageToken("token")
                        .setOrderBy("create_time desc")
                        .build());

        byte[] response = message(out -> {
            out.writeByteArray(1, message(item -> item.writeString(1, "name")));
            out.writeString(2, "next");
        });
        assertThat(ListResultsResponse.parseFrom(response))
                .isEqualTo(ListResultsResponse.newBuilder()
                        .addResults(Result.newBuilder().setName("name"))
                        .setNextPageToken("next")
                        .build());
        assertThat(ListRecordsResponse.parseFrom(response))
                .isEqualTo(ListRecordsResponse.newBuilder()
                        .addRecords(Record.newBuilder().setName("name"))
                        .setNextPageToken("next")
                        .build());
    }

    @Test
    void summariesAndLogsHaveTheNumbersOfTheProtocol() throws IOException {
        assertThat(RecordListSummaryRequest.parseFrom(message(out -> {
                    out.writeString(1, "ci/results/-");
                    out.writeString(2, "total");
                    out.writeString(3, "filter");
                    out.writeString(4, "day");
                    out.writeString(5, "total desc");
                })))
                .isEqualTo(RecordListSummaryRequest.newBuilder()
                        .setParent("ci/results/-")
                        .setSummary("total")
                        .setFilter("filter")
                        .setGroupBy("day")
                        .setOrderBy("total desc")
                        .build());
        assertThat(RecordListSummary.parseFrom(message(out -> out.writeByteArray(1, new byte[0]))))
                .isEqualTo(RecordListSummary.newBuilder()
                        .addSummary(Struct.getDefaultInstance())
                        .build());
        assertThat(Log.parseFrom(message(out -> {
                    out.writeString(1, "name");
                    out.writeByteArray(2, new byte[] {'x'});
                })))
                .isEqualTo(Log.newBuilder()
                        .setName("name")
                        .setData(ByteString.copyFromUtf8("x"))
                        .build());
        assertThat(LogSummary.parseFrom(message(out -> {
                    out.writeString(1, "record");
                    out.writeInt64(2, 5_000_000_000L);
                })))
                .isEqualTo(LogSummary.newBuilder()
                        .setRecord("record")
                        .setBytesReceived(5_000_000_000L)
                        .build());
    }

    @Test
    void servicesHaveTheNamesAndKindsOfTheProtocol() {
        assertThat(methods(ResultsGrpc.getServiceDescriptor()))
                .containsExactlyInAnyOrder(
                        "tekton.results.v1alpha2.Results/CreateResult UNARY",
                        "tekton.results.v1alpha2.Results/UpdateResult UNARY",
                        "tekton.results.v1alpha2.Results/GetResult UNARY",
                        "tekton.results.v1alpha2.Results/DeleteResult UNARY",
                        "tekton.results.v1alpha2.Results/ListResults UNARY",
                        "tekton.results.v1alpha2.Results/CreateRecord UNARY",
                        "tekton.results.v1alpha2.Results/UpdateRecord UNARY",
                        "tekton.results.v1alpha2.Results/GetRecord UNARY",
                        "tekton.results.v1alpha2.Results/ListRecords UNARY",
                        "tekton.results.v1alpha2.Results/DeleteRecord UNARY",
                        "tekton.results.v1alpha2.Results/GetRecordListSummary UNARY");
        assertThat(methods(LogsGrpc.getServiceDescriptor()))
                .containsExactlyInAnyOrder(
                        "tekton.results.v1alpha2.Logs/GetLog SERVER_STREAMING",
                        "tekton.results.v1alpha2.Logs/ListLogs UNARY",
                        "tekton.results.v1alpha2.Logs/UpdateLog CLIENT_STREAMING",
                        "tekton.results.v1alpha2.Logs/DeleteLog UNARY");
        assertThat(methods(ch.sbb.esta.results.grpc.v1alpha3.LogsGrpc.getServiceDescriptor()))
                .containsExactly("tekton.results.v1alpha3.Logs/GetLog SERVER_STREAMING");
    }

    @Test
    void theStatusesHaveTheNumbersOfTheProtocol() {
        assertThat(Map.of(
                        RecordSummary.Status.UNKNOWN, 0,
                        RecordSummary.Status.SUCCESS, 1,
                        RecordSummary.Status.FAILURE, 2,
                        RecordSummary.Status.TIMEOUT, 3,
                        RecordSummary.Status.CANCELLED, 4))
                .allSatisfy((status, number) -> assertThat(status.getNumber()).isEqualTo(number));
    }

    private static java.util.List<String> methods(ServiceDescriptor service) {
        return service.getMethods().stream()
                .map(method -> method.getFullMethodName() + " " + method.getType())
                .toList();
    }

    private interface Writer {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Writer writer) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        writer.write(out);
        out.flush();
        return bytes.toByteArray();
    }

    private static byte[] time(long seconds) throws IOException {
        return message(out -> out.writeInt64(1, seconds));
    }

    private static byte[] entry(String key, String value) throws IOException {
        return message(out -> {
            out.writeString(1, key);
            out.writeString(2, value);
        });
    }
}
