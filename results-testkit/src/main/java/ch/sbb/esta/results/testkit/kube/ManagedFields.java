package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who owns which fields of an object: {@code metadata.managedFields} (documentation page "Server-Side Apply";
 * {@code k8s.io/apimachinery/pkg/util/managedfields}). Immutable.
 */
final class ManagedFields {

    /** The name of everybody who wrote an object before it was applied for the first time. */
    static final String BEFORE_FIRST_APPLY = "before-first-apply";

    static final String APPLY = "Apply";
    static final String UPDATE = "Update";
    private static final String FIELD = "managedFields";
    /** What nobody owns: {@code managedfields/internal/stripmeta.go}. */
    private static final List<String> NOT_OWNED = List.of(
            "f:name",
            "f:namespace",
            "f:creationTimestamp",
            "f:selfLink",
            "f:uid",
            "f:clusterName",
            "f:generation",
            "f:managedFields",
            "f:resourceVersion");

    /**
     * Who owns fields.
     *
     * @param operation {@code Apply} or {@code Update}
     * @param apiVersion of somebody who updates; empty for somebody who applies, who stays the same in every version
     * @param subresource {@code status} or empty
     */
    record Owner(String manager, String operation, String apiVersion, String subresource) {

        /** How a conflict calls the owner ({@code managedfields/internal/conflict.go}). */
        String description() {
            return ApiErrors.quote(manager)
                    + (subresource.isEmpty() ? "" : " with subresource " + ApiErrors.quote(subresource))
                    + (operation.equals(UPDATE) ? " using " + apiVersion : "");
        }
    }

    /** What an owner has, under which version, since when. */
    private record Claim(FieldSet fields, String apiVersion, String time) {}

    /** Who writes, in which version and when. */
    record Writer(String manager, String apiVersion, String subresource, String time) {

        private Owner owner(String operation) {
            return new Owner(manager, operation, operation.equals(APPLY) ? "" : apiVersion, subresource);
        }

        private Claim claim(FieldSet fields) {
            return new Claim(fields, apiVersion, time);
        }
    }

    /** An object after something was applied to it, with its owners. */
    record Applied(ObjectNode object, ManagedFields owners) {}

    private final Map<Owner, Claim> claims;

    private ManagedFields(Map<Owner, Claim> claims) {
        this.claims = claims;
    }

    /** The owners that an object names; none where it names none. */
    static ManagedFields of(JsonNode object) {
        Map<Owner, Claim> claims = new LinkedHashMap<>();
        for (JsonNode entry : object.path("metadata").path(FIELD)) {
            String operation = entry.path("operation").asText();
            String apiVersion = entry.path("apiVersion").asText();
            FieldSet fields = FieldSet.parse(entry.path("fieldsV1"));
            if ((operation.equals(APPLY) || operation.equals(UPDATE)) && !fields.isEmpty()) {
                Owner owner = new Owner(
                        entry.path("manager").asText(),
                        operation,
                        operation.equals(APPLY) ? "" : apiVersion,
                        entry.path("subresource").asText());
                claims.put(
                        owner, new Claim(fields, apiVersion, entry.path("time").asText()));
            }
        }
        return new ManagedFields(claims);
    }

    /** Whether a client asks to forget all owners: a list with one empty entry. */
    static boolean isReset(JsonNode object) {
        JsonNode list = object.path("metadata").path(FIELD);
        return list.size() == 1 && list.path(0).isEmpty();
    }

    boolean isEmpty() {
        return claims.isEmpty();
    }

    /** Whether the same owners have the same fields, whenever they took them. */
    boolean owns(ManagedFields other) {
        Map<Owner, FieldSet> ours = new LinkedHashMap<>();
        claims.forEach((owner, claim) -> ours.put(owner, claim.fields()));
        Map<Owner, FieldSet> theirs = new LinkedHashMap<>();
        other.claims.forEach((owner, claim) -> theirs.put(owner, claim.fields()));
        return ours.equals(theirs);
    }

    /** Writes the owners into an object, in place. */
    void writeTo(ObjectNode object) {
        ObjectNode metadata = Json.child(object, "metadata");
        metadata.remove(FIELD);
        if (claims.isEmpty()) {
            return;
        }
        ArrayNode list = metadata.putArray(FIELD);
        Comparator<Map.Entry<Owner, Claim>> order =
                Comparator.comparing(e -> e.getKey().operation());
        claims.entrySet().stream()
                .sorted(order.thenComparing(e -> e.getValue().time())
                        .thenComparing(e -> e.getKey().manager())
                        .thenComparing(e -> e.getValue().apiVersion())
                        .thenComparing(e -> e.getKey().subresource()))
                .forEach(entry -> write(entry.getKey(), entry.getValue(), list.addObject()));
    }

    private static void write(Owner owner, Claim claim, ObjectNode entry) {
        entry.put("manager", owner.manager())
                .put("operation", owner.operation())
                .put("apiVersion", claim.apiVersion());
        if (!claim.time().isEmpty()) {
            entry.put("time", claim.time());
        }
        entry.put("fieldsType", "FieldsV1").set("fieldsV1", claim.fields().json());
        if (!owner.subresource().isEmpty()) {
            entry.put("subresource", owner.subresource());
        }
    }

    /** The owners after a write that is no apply: the writer gets what it changed, everybody else loses that. */
    ManagedFields updated(FieldShape shape, ObjectNode before, ObjectNode after, Writer writer) {
        FieldChanges changes = changes(shape, before, after);
        Map<Owner, Claim> left = without(changes.written().union(changes.removed()));
        FieldSet taken = changes.written();
        if (!taken.isEmpty()) {
            Owner owner = writer.owner(UPDATE);
            Claim had = left.get(owner);
            left.put(owner, writer.claim(had == null ? taken : had.fields().union(taken)));
        }
        return new ManagedFields(left);
    }

    /**
     * Lays a configuration over an object. What the same manager applied before and does not apply now goes, unless somebody else owns it.
     *
     * @throws KubeApiException 409 if a field is to get another value that somebody else owns, unless it is taken by force
     */
    Applied applied(FieldShape shape, ObjectNode live, ObjectNode configuration, Application by) {
        ManagedFields known = isEmpty() && !live.isEmpty()
                ? updated(
                        shape,
                        Json.object(),
                        live,
                        new Writer(
                                BEFORE_FIRST_APPLY,
                                by.writer().apiVersion(),
                                "",
                                by.writer().time()))
                : this;
        Owner owner = by.writer().owner(APPLY);
        Claim last = known.claims.get(owner);
        Map<Owner, Claim> all = new LinkedHashMap<>(known.claims);
        FieldSet wanted = strip(shape.fields(configuration));
        all.put(owner, by.writer().claim(wanted));
        JsonNode merged = shape.merge(live, configuration);
        if (last != null) {
            FieldSet owned = all.values().stream().map(Claim::fields).reduce(new FieldSet(), FieldSet::union);
            merged = shape.prune(merged, last.fields(), owned);
        }
        FieldChanges changes = changes(shape, live, merged);
        all.remove(owner);
        if (!by.force()) {
            checkConflicts(all, changes.written());
        }
        Map<Owner, Claim> left =
                new ManagedFields(all).without(changes.written().union(changes.removed()));
        if (!wanted.isEmpty()) {
            left.put(owner, by.writer().claim(wanted));
        }
        return new Applied((ObjectNode) merged, new ManagedFields(left));
    }

    /** Who applies, and whether fields of others are taken from them. */
    record Application(Writer writer, boolean force) {}

    private static void checkConflicts(Map<Owner, Claim> others, FieldSet written) {
        Map<String, List<String>> conflicts = new TreeMap<>();
        others.forEach((owner, claim) -> {
            List<String> paths = claim.fields().intersection(written).paths();
            if (!paths.isEmpty()) {
                conflicts.put(owner.description(), paths);
            }
        });
        if (!conflicts.isEmpty()) {
            throw ApiErrors.applyConflict(conflicts);
        }
    }

    private Map<Owner, Claim> without(FieldSet fields) {
        Map<Owner, Claim> left = new LinkedHashMap<>();
        claims.forEach((owner, claim) -> {
            FieldSet rest = claim.fields().difference(fields);
            if (!rest.isEmpty()) {
                left.put(owner, new Claim(rest, claim.apiVersion(), claim.time()));
            }
        });
        return left;
    }

    private static FieldChanges changes(FieldShape shape, JsonNode before, JsonNode after) {
        FieldChanges all = FieldChanges.between(shape, before, after);
        return new FieldChanges(strip(all.added()), strip(all.modified()), strip(all.removed()));
    }

    private static FieldSet strip(FieldSet fields) {
        FieldSet rest = fields.without("f:apiVersion").without("f:kind");
        FieldSet metadata = rest.children().get("f:metadata");
        if (metadata != null) {
            rest = rest.without("f:metadata");
            for (String edge : NOT_OWNED) {
                metadata = metadata.without(edge);
            }
            FieldSet self = new FieldSet();
            self.include();
            rest.put("f:metadata", metadata.difference(self));
        }
        return rest;
    }
}
