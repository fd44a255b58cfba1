package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Set;

/**
 * A log that a server may have, and what it says of it.
 *
 * @param id how it is called here
 * @param name how it is called there
 * @param time when its Record was made
 * @param expectedBytes the least that its text has, or -1 when that is not known
 */
record DescribedLog(ContainerLogId id, LogName name, Instant time, long expectedBytes) {

    private static final Set<String> TYPES =
            Set.of("results.tekton.dev/v1alpha3.Log", "results.tekton.dev/v1alpha2.Log");

    /** With S3 a server writes down a size that is none. */
    private static final Set<String> TYPES_WITH_SIZE = Set.of("File", "GCS");

    static boolean isDescription(Record record) {
        return TYPES.contains(record.type());
    }

    static DescribedLog of(Record record, String uid) {
        JsonNode data = JsonTree.read(JsonText.withReadableKeys(record.data()));
        boolean hasSize =
                TYPES_WITH_SIZE.contains(data.path("spec").path("type").asText());
        return of(record, uid, hasSize ? data.path("status").path("size").asLong(-1) : -1);
    }

    /** Where nothing describes the log, the run's own name leads to it. */
    static DescribedLog ofRun(Record run, String uid) {
        return of(run, uid, -1);
    }

    private static DescribedLog of(Record record, String uid, long expectedBytes) {
        return new DescribedLog(
                new ContainerLogId(record.name().parent(), uid, record.name().record(), GrpcLogSource.CONTAINER, 0),
                new LogName(record.name().result(), record.name().record()),
                record.stored().createTime(),
                expectedBytes);
    }
}
