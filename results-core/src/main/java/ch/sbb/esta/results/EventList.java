package ch.sbb.esta.results;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Events of one run and of its pods, as Tekton Results keeps them: a {@code v1 EventList} in a Record of type {@value #TYPE}. It only
 * grows: an Event that was taken stays, in its newest version. Each Event is the JSON of the cluster, byte for byte.
 *
 * <p>What did not fit is counted in {@code metadata.remainingItemCount}, the field in which Kubernetes says how many items a list does not
 * show.
 *
 * <p>Immutable and thread-safe.
 */
public final class EventList {

    /** The type of the Records. */
    public static final String TYPE = "results.tekton.dev/v1.EventList";

    /** The annotation by which a top-level run names the Record of its Events: a full record name. */
    public static final String ANNOTATION = "results.tekton.dev/eventlist";

    /** A list without Events. */
    public static final EventList EMPTY = new EventList(List.of(), 0);

    private final List<EventSnapshot> events;
    private final long leftOut;

    private EventList(Collection<EventSnapshot> events, long leftOut) {
        List<EventSnapshot> sorted = new ArrayList<>(events);
        sorted.sort(EventSnapshot.ORDER);
        this.events = List.copyOf(sorted);
        this.leftOut = leftOut;
    }

    /**
     * What came of a merge.
     *
     * @param list the list with what was added; the same object as before when there was nothing new
     * @param leftOut the identities of the Events that did not fit
     */
    public record Merged(EventList list, Set<String> leftOut) {

        /**
         * Copies the set.
         *
         * @param list the list with what was added; the same object as before when there was nothing new
         * @param leftOut the identities of the Events that did not fit
         */
        public Merged {
            Objects.requireNonNull(list, "list");
            leftOut = Set.copyOf(leftOut);
        }
    }

    /**
     * The name of the Record, as Tekton Results has it: {@link Result#derivedRecord} of the run's UID and the word {@code eventlist}.
     *
     * @param result the Result of the run, as it is stored
     * @param runUid the UID of the run
     * @return the name
     */
    public static RecordName name(Result result, String runUid) {
        return result.derivedRecord(runUid + "eventlist");
    }

    /**
     * The name that a run gives the Record of its Events. It counts for runs without owners, because Tekton copies annotations to
     * children, and only within the run's own Result: who may annotate a run may not choose where in the store is written.
     *
     * @param run the run
     * @param record the run's Record
     * @return the name, or empty when there is none that counts
     */
    public static Optional<RecordName> findAnnotated(RunSnapshot run, RecordName record) {
        String text = run.annotations().get(ANNOTATION);
        if (text == null || !run.owners().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(RecordName.parse(text))
                    .filter(name -> name.result().equals(record.result()) && !name.equals(record));
        } catch (ResultsException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads a list.
     *
     * @param json the data of a Record; {@code items} may be missing or null
     * @return the list
     * @throws ResultsException {@code INVALID} when it is no list of Events
     */
    public static EventList parse(byte[] json) {
        JsonText.check(json);
        try (JsonParser parser = JsonText.parser(json)) {
            return parse(json, parser);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
    }

    private static EventList parse(byte[] json, JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw ResultsException.invalid("a list of Events is a JSON object");
        }
        List<EventSnapshot> events = new ArrayList<>();
        long leftOut = 0;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            if (field.equals("metadata")) {
                JsonNode metadata = parser.readValueAsTree();
                leftOut = Math.max(0, metadata.path("remainingItemCount").asLong());
            } else if (field.equals("items") && value == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    events.add(EventSnapshot.parse(slice(json, parser)));
                }
            } else {
                parser.skipChildren();
            }
        }
        return new EventList(events, leftOut);
    }

    /** The bytes of the object at whose beginning the parser stands; it reads a text of the same length. */
    private static byte[] slice(byte[] json, JsonParser parser) throws IOException {
        if (!parser.hasToken(JsonToken.START_OBJECT)) {
            throw ResultsException.invalid("an item of a list of Events is no JSON object");
        }
        int from = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        return Arrays.copyOfRange(json, from, (int) parser.currentLocation().getByteOffset());
    }

    /**
     * Adds Events, and newer versions of those that are there. The order in which they come does not matter while all fit.
     *
     * @param seen versions of Events
     * @param bounds how much fits; what is there already stays, even if it is more
     * @return the list that comes of it
     */
    public Merged merge(Collection<EventSnapshot> seen, EventBounds bounds) {
        Map<String, EventSnapshot> all = new HashMap<>();
        events.forEach(event -> all.put(event.identity(), event));
        List<EventSnapshot> ordered = new ArrayList<>(seen);
        ordered.sort(EventSnapshot.ORDER);
        Set<String> without = new LinkedHashSet<>();
        long bytes = bytes();
        boolean changed = false;
        for (EventSnapshot event : ordered) {
            String key = all.containsKey(event.identity()) || !all.containsKey(event.nameIdentity())
                    ? event.identity()
                    : event.nameIdentity();
            EventSnapshot before = all.get(key);
            if (before != null && !event.isNewerThan(before)) {
                continue;
            }
            long size = bytes + event.json().length - (before == null ? 0 : before.json().length);
            // A newer version of what is there takes no new place.
            boolean fits = before == null
                    ? bounds.fits(all.size() + 1, size, event.isNormal())
                    : size <= Math.max(bytes, bounds.bytes());
            if (!fits) {
                without.add(event.identity());
                continue;
            }
            all.remove(key);
            all.put(event.identity(), event);
            bytes = size;
            changed = true;
        }
        return new Merged(changed ? new EventList(all.values(), leftOut) : this, without);
    }

    /**
     * Notes that Events were left out.
     *
     * @param count how many are known of
     * @return a list that says so; this one when it says as much already
     */
    public EventList leftOut(long count) {
        return count <= leftOut ? this : new EventList(events, count);
    }

    /**
     * How many Events were left out, at least.
     *
     * @return 0 when the list is whole as far as is known
     */
    public long leftOut() {
        return leftOut;
    }

    /**
     * The Events by the time at which they occurred first.
     *
     * @return unmodifiable
     */
    public List<EventSnapshot> events() {
        return events;
    }

    /**
     * Whether a version of an Event, or a newer one, is in the list.
     *
     * @param event the version
     * @return true when merging it would change nothing
     */
    public boolean contains(EventSnapshot event) {
        return find(event.identity())
                .or(() -> find(event.nameIdentity()))
                .filter(stored -> !event.isNewerThan(stored))
                .isPresent();
    }

    private Optional<EventSnapshot> find(String identity) {
        return events.stream()
                .filter(event -> event.identity().equals(identity))
                .findFirst();
    }

    private long bytes() {
        return events.stream().mapToLong(event -> event.json().length).sum();
    }

    /**
     * Writes the list.
     *
     * @return a {@code v1 EventList} as UTF-8 JSON; the same for the same Events
     */
    public byte[] toJson() {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        String metadata = leftOut == 0 ? "{}" : "{\"remainingItemCount\":" + leftOut + "}";
        write(json, "{\"apiVersion\":\"v1\",\"kind\":\"EventList\",\"metadata\":" + metadata + ",\"items\":[");
        for (int i = 0; i < events.size(); i++) {
            write(json, i == 0 ? "" : ",");
            json.writeBytes(events.get(i).json());
        }
        write(json, "]}");
        return json.toByteArray();
    }

    private static void write(ByteArrayOutputStream json, String text) {
        json.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EventList that && Arrays.equals(toJson(), that.toJson());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toJson());
    }

    /** For example {@code 12 Events}. */
    @Override
    public String toString() {
        return events.size() + " Events" + (leftOut == 0 ? "" : ", " + leftOut + " left out");
    }
}
