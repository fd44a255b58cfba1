package ch.sbb.esta.results;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One version of one Kubernetes Event ({@code v1 Event}): the JSON as the cluster gave it, and a view of the fields that this library
 * decides by. The JSON is the truth; no field is dropped, whether this library knows it or not.
 *
 * <p>Immutable and thread-safe, as long as nobody writes into the array of {@link #json()}.
 */
public final class EventSnapshot {

    /** By the time at which an Event occurred first, those without one last, then by identity. */
    static final Comparator<EventSnapshot> ORDER = Comparator.<EventSnapshot, Instant>comparing(
                    event -> event.first == null ? Instant.MAX : event.first)
            .thenComparing(event -> event.identity);

    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,40}");

    private final byte[] json;
    private final String namespace;
    private final String name;
    private final String uid;
    private final String identity;
    private final String resourceVersion;
    private final String type;
    private final Subject subject;
    private final long count;
    private final @Nullable Instant first;
    private final @Nullable Instant last;

    /**
     * What an Event is about; what the Event does not say is empty text.
     *
     * @param apiVersion for example {@code tekton.dev/v1}
     * @param kind for example {@code TaskRun} or {@code Pod}
     * @param name {@code metadata.name} of the object
     * @param uid {@code metadata.uid} of the object
     */
    public record Subject(String apiVersion, String kind, String name, String uid) {

        /**
         * Checks that no component is null.
         *
         * @param apiVersion for example {@code tekton.dev/v1}
         * @param kind for example {@code TaskRun} or {@code Pod}
         * @param name {@code metadata.name} of the object
         * @param uid {@code metadata.uid} of the object
         */
        public Subject {
            Objects.requireNonNull(apiVersion, "apiVersion");
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(uid, "uid");
        }

        /**
         * Finds the kind of run that it is.
         *
         * @return the kind, one of Tekton's or an extra one; empty when it can be no run
         */
        public Optional<RunKind> findRunKind() {
            return RunKind.find(apiVersion, kind);
        }

        /**
         * Whether it is a pod, of a TaskRun or not.
         *
         * @return true for {@code v1 Pod}
         */
        public boolean isPod() {
            return kind.equals("Pod") && apiVersion.equals("v1");
        }
    }

    private EventSnapshot(byte[] json, JsonNode tree) {
        JsonNode metadata = tree.path("metadata");
        JsonNode about = tree.path("involvedObject");
        JsonNode series = tree.path("series");
        this.json = json;
        this.namespace = text(metadata, "namespace");
        this.name = text(metadata, "name");
        this.uid = text(metadata, "uid");
        this.identity = uid.isEmpty() ? nameIdentity() : uid;
        this.resourceVersion = text(metadata, "resourceVersion");
        this.type = text(tree, "type");
        this.subject =
                new Subject(text(about, "apiVersion"), text(about, "kind"), text(about, "name"), text(about, "uid"));
        this.count = Math.max(tree.path("count").asLong(), series.path("count").asLong());
        this.first = firstOf(tree.path("firstTimestamp"), tree.path("eventTime"), metadata.path("creationTimestamp"));
        this.last = firstOf(
                series.path("lastObservedTime"),
                tree.path("lastTimestamp"),
                tree.path("eventTime"),
                tree.path("firstTimestamp"),
                metadata.path("creationTimestamp"));
    }

    /**
     * Reads one Event.
     *
     * @param json a JSON object in UTF-8; kept, not copied
     * @return the snapshot
     * @throws ResultsException {@code INVALID} naming what is wrong and the place: text that is not one JSON object by the rules of
     *     {@link JsonText}, or an Event with neither UID nor name
     */
    public static EventSnapshot parse(byte[] json) {
        Objects.requireNonNull(json, "json");
        JsonText.check(json);
        JsonNode tree;
        try (JsonParser parser = JsonText.parser(json)) {
            tree = parser.readValueAsTree();
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
        if (!tree.isObject()) {
            throw ResultsException.invalid("the Event is no JSON object");
        }
        EventSnapshot event = new EventSnapshot(json, tree);
        if (event.uid.isEmpty() && event.name.isEmpty()) {
            throw ResultsException.invalid("the Event has neither metadata.uid nor metadata.name");
        }
        return event;
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isTextual() ? value.textValue() : "";
    }

    /** A time that cannot be read is no reason to refuse an Event: the JSON keeps it, the view takes the next. */
    private static @Nullable Instant firstOf(JsonNode... times) {
        for (JsonNode time : times) {
            Instant read = read(time);
            if (read != null) {
                return read;
            }
        }
        return null;
    }

    private static @Nullable Instant read(JsonNode time) {
        if (!time.isTextual()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(time.textValue()).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /**
     * The Event as it came.
     *
     * @return UTF-8 JSON, not a copy: do not write into it
     */
    public byte[] json() {
        return json;
    }

    /**
     * {@code metadata.namespace}.
     *
     * @return the namespace, or empty text when the Event names none
     */
    public String namespace() {
        return namespace;
    }

    /**
     * {@code metadata.resourceVersion}.
     *
     * @return the opaque version, or empty when the Event carries none
     */
    public Optional<String> resourceVersion() {
        return resourceVersion.isEmpty() ? Optional.empty() : Optional.of(resourceVersion);
    }

    /**
     * What it is about.
     *
     * @return {@code involvedObject}
     */
    public Subject subject() {
        return subject;
    }

    /**
     * What tells Events apart.
     *
     * @return the UID, or namespace and name of an Event that was stored without
     */
    public String identity() {
        return identity;
    }

    /** How an Event is known that was stored without its UID, as Tekton Results' watcher does. */
    String nameIdentity() {
        return namespace + "/" + name;
    }

    /**
     * Whether it tells of nothing unusual.
     *
     * @return true for the type {@code Normal}
     */
    public boolean isNormal() {
        return type.equals("Normal");
    }

    /**
     * When it occurred last.
     *
     * @return the time, or empty when the Event says none that can be read
     */
    public Optional<Instant> lastTime() {
        return Optional.ofNullable(last);
    }

    /**
     * Whether this version says something that another one of the same Event does not: by the higher {@code resourceVersion} where both
     * are decimal numbers, else by the higher count, else by the later time.
     *
     * @param other another version of the same Event
     * @return false for an equal version too
     */
    public boolean isNewerThan(EventSnapshot other) {
        if (isDecimal(resourceVersion) && isDecimal(other.resourceVersion)) {
            return new BigInteger(resourceVersion).compareTo(new BigInteger(other.resourceVersion)) > 0;
        }
        if (count != other.count) {
            return count > other.count;
        }
        return last != null && (other.last == null || last.isAfter(other.last));
    }

    private static boolean isDecimal(String text) {
        return DECIMAL.matcher(text).matches();
    }

    /** For example {@code Event ci/"build-1.17ab" of TaskRun "build-1"}. */
    @Override
    public String toString() {
        return "Event " + Escaped.of(namespace) + "/" + Escaped.of(name) + " of " + Escaped.of(subject.kind) + " "
                + Escaped.of(subject.name);
    }
}
