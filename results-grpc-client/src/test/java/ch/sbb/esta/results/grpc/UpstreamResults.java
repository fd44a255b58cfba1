package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.grpc.v1alpha2.Any;
import ch.sbb.esta.results.grpc.v1alpha2.CreateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.CreateResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.DeleteResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.GetResultRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListRecordsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.ListResultsRequest;
import ch.sbb.esta.results.grpc.v1alpha2.ListResultsResponse;
import ch.sbb.esta.results.grpc.v1alpha2.Record;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummary;
import ch.sbb.esta.results.grpc.v1alpha2.RecordListSummaryRequest;
import ch.sbb.esta.results.grpc.v1alpha2.Result;
import ch.sbb.esta.results.grpc.v1alpha2.ResultsGrpc;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateRecordRequest;
import ch.sbb.esta.results.grpc.v1alpha2.UpdateResultRequest;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The rules of a Tekton Results API server on maps: names that must fit, etags, page sizes and tokens, status codes, JSON that comes
 * back as a database says it, and UNKNOWN for what its database cannot keep.
 */
@SuppressWarnings("deprecation")
final class UpstreamResults extends ResultsGrpc.ResultsImplBase {

    private static final int DEFAULT_PAGE_SIZE = 50;
    private static final int MIN_PAGE_SIZE = 5;
    private static final int MAX_PAGE_SIZE = 10_000;

    private static final ObjectMapper JSONB = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final InstantSource clock;
    private final NavigableMap<String, Result> results = new TreeMap<>();
    private final NavigableMap<String, Record> records = new TreeMap<>();
    private volatile RecordListSummaryRequest lastSummary = RecordListSummaryRequest.getDefaultInstance();
    private volatile RecordListSummary summary = RecordListSummary.getDefaultInstance();
    private long changes;

    UpstreamResults(InstantSource clock) {
        this.clock = clock;
    }

    /** What the next summaries are, whatever is asked for. */
    void summarizeAs(RecordListSummary answer) {
        summary = answer;
    }

    /** What was asked for last. */
    RecordListSummaryRequest lastSummary() {
        return lastSummary;
    }

    @Override
    public void getRecordListSummary(RecordListSummaryRequest request, StreamObserver<RecordListSummary> answer) {
        answer(answer, () -> {
            require(!request.getSummary().isEmpty(), "invalid aggregate query");
            lastSummary = request;
            return summary;
        });
    }

    @Override
    public void createResult(CreateResultRequest request, StreamObserver<Result> answer) {
        answer(answer, () -> {
            ResultName name = ResultName.parse(request.getResult().getName());
            require(name.parent().equals(request.getParent()), "the name does not fit the parent");
            requireSummary(request.getResult());
            if (results.containsKey(name.toString())) {
                throw Status.ALREADY_EXISTS.withDescription("already exists").asRuntimeException();
            }
            String uid = UUID.randomUUID().toString();
            Timestamp now = now();
            return put(request.getResult().toBuilder()
                    .setUid(uid)
                    .setId(uid)
                    .setCreateTime(now)
                    .setCreatedTime(now));
        });
    }

    @Override
    public void updateResult(UpdateResultRequest request, StreamObserver<Result> answer) {
        answer(answer, () -> {
            ResultName.parse(request.getName());
            requireSummary(request.getResult());
            Result old = get(results, request.getName());
            requireEtag(old.getEtag(), request.getEtag());
            Result.Builder changed = old.toBuilder()
                    .clearAnnotations()
                    .putAllAnnotations(request.getResult().getAnnotationsMap())
                    .clearSummary();
            if (request.getResult().hasSummary()) {
                changed.setSummary(request.getResult().getSummary());
            }
            return put(changed);
        });
    }

    @Override
    public void getResult(GetResultRequest request, StreamObserver<Result> answer) {
        answer(answer, () -> {
            ResultName.parse(request.getName());
            return get(results, request.getName());
        });
    }

    @Override
    public void deleteResult(DeleteResultRequest request, StreamObserver<Empty> answer) {
        answer(answer, () -> {
            get(results, request.getName());
            results.remove(request.getName());
            records.keySet().removeIf(name -> name.startsWith(request.getName() + "/records/"));
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void listResults(ListResultsRequest request, StreamObserver<ListResultsResponse> answer) {
        answer(answer, () -> {
            Paging paging =
                    new Paging(request.getParent(), request.getFilter(), request.getOrderBy(), request.getPageToken());
            List<Result> found = results.values().stream()
                    .filter(r -> fits(
                            request.getParent(), ResultName.parse(r.getName()).parent()))
                    .toList();
            Slice<Result> slice = paging.slice(
                    found, request.getPageSize(), r -> paging.place(r.getUid(), r.getCreateTime(), r.getUpdateTime()));
            return ListResultsResponse.newBuilder()
                    .addAllResults(slice.items)
                    .setNextPageToken(slice.next)
                    .build();
        });
    }

    @Override
    public void createRecord(CreateRecordRequest request, StreamObserver<Record> answer) {
        answer(answer, () -> {
            RecordName name = RecordName.parse(request.getRecord().getName());
            require(name.result().toString().equals(request.getParent()), "the name does not fit the parent");
            if (!results.containsKey(request.getParent())) {
                throw Status.FAILED_PRECONDITION
                        .withDescription("constraint failed")
                        .asRuntimeException();
            }
            if (records.containsKey(name.toString())) {
                throw Status.ALREADY_EXISTS.withDescription("already exists").asRuntimeException();
            }
            String uid = UUID.randomUUID().toString();
            Timestamp now = now();
            return put(request.getRecord().toBuilder()
                    .setData(jsonb(request.getRecord().getData()))
                    .setUid(uid)
                    .setId(uid)
                    .setCreateTime(now)
                    .setCreatedTime(now));
        });
    }

    @Override
    public void updateRecord(UpdateRecordRequest request, StreamObserver<Record> answer) {
        answer(answer, () -> {
            Record old = get(records, request.getRecord().getName());
            requireEtag(old.getEtag(), request.getEtag());
            return put(old.toBuilder().setData(jsonb(request.getRecord().getData())));
        });
    }

    @Override
    public void getRecord(GetRecordRequest request, StreamObserver<Record> answer) {
        answer(answer, () -> {
            RecordName.parse(request.getName());
            return get(records, request.getName());
        });
    }

    @Override
    public void deleteRecord(DeleteRecordRequest request, StreamObserver<Empty> answer) {
        answer(answer, () -> {
            get(records, request.getName());
            records.remove(request.getName());
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void listRecords(ListRecordsRequest request, StreamObserver<ListRecordsResponse> answer) {
        answer(answer, () -> {
            String[] asked = request.getParent().split("/results/", -1);
            require(asked.length == 2, "the parent is no result name");
            Paging paging =
                    new Paging(request.getParent(), request.getFilter(), request.getOrderBy(), request.getPageToken());
            List<Record> found = records.values().stream()
                    .filter(r -> {
                        ResultName name = RecordName.parse(r.getName()).result();
                        return fits(asked[0], name.parent()) && fits(asked[1], name.result());
                    })
                    .filter(r -> request.getFilter().isBlank()
                            || Filter.forRecords(request.getFilter()).matches(ProtoMapping.record(r)))
                    .toList();
            Slice<Record> slice = paging.slice(
                    found, request.getPageSize(), r -> paging.place(r.getUid(), r.getCreateTime(), r.getUpdateTime()));
            return ListRecordsResponse.newBuilder()
                    .addAllRecords(slice.items)
                    .setNextPageToken(slice.next)
                    .build();
        });
    }

    /** Puts a row there as another client or an older server may have left it. */
    synchronized void plant(Result result) {
        results.put(result.getName(), result);
    }

    /** Puts a row there as another client or an older server may have left it. */
    synchronized void plant(Record record) {
        records.put(record.getName(), record);
    }

    synchronized Optional<Record> find(String name) {
        return Optional.ofNullable(records.get(name));
    }

    /** The Records whose type ends so. */
    synchronized List<Record> ofType(String end) {
        return records.values().stream()
                .filter(record -> record.getData().getType().endsWith(end))
                .toList();
    }

    private synchronized <A> void answer(StreamObserver<A> observer, Supplier<A> call) {
        A value;
        try {
            value = call.get();
        } catch (ResultsException e) {
            observer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        } catch (io.grpc.StatusRuntimeException e) {
            observer.onError(e);
            return;
        }
        observer.onNext(value);
        observer.onCompleted();
    }

    private Result put(Result.Builder result) {
        Timestamp now = now();
        Result stored = result.setUpdateTime(now)
                .setUpdatedTime(now)
                .setEtag(etag(result.getUid()))
                .build();
        results.put(stored.getName(), stored);
        return stored;
    }

    private Record put(Record.Builder record) {
        Timestamp now = now();
        Record stored = record.setUpdateTime(now)
                .setUpdatedTime(now)
                .setEtag(etag(record.getUid()))
                .build();
        records.put(stored.getName(), stored);
        return stored;
    }

    private String etag(String uid) {
        changes++;
        return uid + "-" + changes;
    }

    private Timestamp now() {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return Timestamp.newBuilder()
                .setSeconds(now.getEpochSecond())
                .setNanos(now.getNano())
                .build();
    }

    private static <R> R get(NavigableMap<String, R> rows, String name) {
        R row = rows.get(name);
        if (row == null) {
            throw Status.NOT_FOUND.withDescription("not found").asRuntimeException();
        }
        return row;
    }

    private static boolean fits(String asked, String segment) {
        return asked.equals("-") || asked.equals(segment);
    }

    private static void requireEtag(String stored, String asked) {
        if (!asked.isEmpty() && !asked.equals(stored)) {
            throw Status.FAILED_PRECONDITION
                    .withDescription("the etag mismatches")
                    .asRuntimeException();
        }
    }

    private static void requireSummary(Result result) {
        if (result.hasSummary()) {
            RecordName.parse(result.getSummary().getRecord());
            require(!result.getSummary().getType().isEmpty(), "the summary has no type");
        }
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
        }
    }

    /** Other order of keys and other spacing; what Postgres refuses is refused. */
    private static Any jsonb(Any data) {
        byte[] json = data.getValue().toByteArray();
        try {
            if (StoredJson.findUnstorable(json).isPresent()) {
                throw new IOException("unsupported Unicode escape sequence");
            }
            byte[] stored = JSONB.writeValueAsBytes(JSONB.readValue(json, Object.class));
            return data.toBuilder().setValue(ByteString.copyFrom(stored)).build();
        } catch (IOException e) {
            throw Status.UNKNOWN.withDescription(e.getMessage()).asRuntimeException();
        }
    }

    private record Slice<T>(List<T> items, String next) {}

    private record Place(Instant time, String uid) {

        static Place parse(String text) {
            int slash = text.indexOf('/');
            return new Place(Instant.parse(text.substring(0, slash)), text.substring(slash + 1));
        }

        @Override
        public String toString() {
            return time + "/" + uid;
        }
    }

    /** The rules of a list: which sizes, which orders, and to which list a token belongs. */
    private static final class Paging {

        private static final Comparator<Place> ASCENDING =
                Comparator.comparing(Place::time).thenComparing(Place::uid);

        private final String scope;
        private final String field;
        private final boolean descending;
        private final String after;

        Paging(String parent, String filter, String orderBy, String token) {
            require(
                    orderBy.isEmpty() || orderBy.matches("(create_time|update_time)( (asc|desc))?"),
                    "order_by is none of the known");
            field = orderBy.split(" ", -1)[0];
            descending = orderBy.endsWith(" desc");
            scope = parent + "\n" + filter.strip() + "\n" + orderBy + "\n";
            if (token.isEmpty()) {
                after = "";
                return;
            }
            String text;
            try {
                text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                throw Status.INVALID_ARGUMENT
                        .withDescription("the token is mangled")
                        .asRuntimeException();
            }
            require(text.startsWith(scope), "the token belongs to another list");
            after = text.substring(scope.length());
        }

        Place place(String uid, Timestamp created, Timestamp updated) {
            Timestamp time = field.equals("create_time") ? created : updated;
            return new Place(
                    field.isEmpty() ? Instant.EPOCH : Instant.ofEpochSecond(time.getSeconds(), time.getNanos()), uid);
        }

        <T> Slice<T> slice(List<T> rows, int asked, Function<T, Place> place) {
            require(asked == 0 || (asked >= MIN_PAGE_SIZE && asked <= MAX_PAGE_SIZE), "the page size is out of range");
            int size = asked == 0 ? DEFAULT_PAGE_SIZE : asked;
            Comparator<Place> order = descending ? ASCENDING.reversed() : ASCENDING;
            List<T> sorted = rows.stream()
                    .sorted(Comparator.comparing(place, order))
                    .filter(row -> after.isEmpty() || order.compare(place.apply(row), Place.parse(after)) > 0)
                    .limit(size + 1L)
                    .toList();
            if (sorted.size() <= size) {
                return new Slice<>(sorted, "");
            }
            String token = scope + place.apply(sorted.get(size - 1));
            return new Slice<>(
                    sorted.subList(0, size),
                    Base64.getUrlEncoder().withoutPadding().encodeToString(token.getBytes(StandardCharsets.UTF_8)));
        }
    }
}
