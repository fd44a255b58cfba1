package ch.sbb.esta.results.k8s;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * One object of {@code coordination.k8s.io/v1}. Its times are for people to read: nobody compares them with a clock of his own.
 *
 * @param object the object as it was read, or as it is to be written
 */
record Lease(ObjectNode object) {

    static final String GROUP_LABEL = "results.esta.sbb.ch/replicas";
    static final String ROLE_LABEL = "results.esta.sbb.ch/lease";
    static final String LEADER = "leader";
    static final String MEMBER = "member";

    private static final DateTimeFormatter MICRO_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /** A lease that nobody holds yet. */
    static Lease create(LeaseSettings settings, String role) {
        ObjectNode lease = ClusterObjects.object();
        ObjectNode metadata = lease.putObject("metadata");
        metadata.put("namespace", settings.namespace())
                .put("name", role.equals(LEADER) ? settings.group() : settings.memberLease());
        metadata.putObject("labels").put(GROUP_LABEL, settings.group()).put(ROLE_LABEL, role);
        return new Lease(lease);
    }

    String name() {
        return ClusterObjects.name(object);
    }

    boolean isLeaders() {
        return object.path("metadata").path("labels").path(ROLE_LABEL).asText().equals(LEADER);
    }

    String holder() {
        return object.path("spec").path("holderIdentity").asText("");
    }

    /** What it says of itself: others may have been configured otherwise. */
    Duration duration() {
        return Duration.ofSeconds(
                Math.max(1, object.path("spec").path("leaseDurationSeconds").asInt(1)));
    }

    /** Changes with each renewal. */
    String version() {
        return object.path("metadata").path("uid").asText() + " "
                + object.path("metadata").path("resourceVersion").asText();
    }

    /** What a list shows does not say what it is. */
    private ObjectNode copy() {
        return object.deepCopy().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    }

    /** Held by somebody, from now on or still. */
    Lease heldBy(String holder, Duration duration, Instant now) {
        ObjectNode next = copy();
        ObjectNode spec = next.withObjectProperty("spec");
        String before = spec.path("holderIdentity").asText("");
        if (!before.equals(holder)) {
            int transitions = spec.path("leaseTransitions").asInt(0);
            spec.put("leaseTransitions", spec.has("acquireTime") ? transitions + 1 : transitions);
            spec.put("acquireTime", MICRO_TIME.format(now));
        }
        // An update that changes nothing has no effect, and nobody would see it: clocks may stand still.
        String renewed = MICRO_TIME.format(now);
        boolean stands = spec.path("renewTime").asText().equals(renewed);
        spec.put("holderIdentity", holder)
                .put("leaseDurationSeconds", Math.toIntExact(duration.toSeconds()))
                .put("renewTime", stands ? MICRO_TIME.format(now.plusNanos(1_000)) : renewed);
        return new Lease(next);
    }

    /** Held by nobody, so that the next one need not wait. */
    Lease released(Instant now) {
        ObjectNode next = copy();
        next.withObjectProperty("spec")
                .put("holderIdentity", "")
                .put("leaseDurationSeconds", 1)
                .put("renewTime", MICRO_TIME.format(now));
        return new Lease(next);
    }
}
