package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.ApiErrors.FieldError;
import ch.sbb.esta.results.testkit.kube.KubeResource.Trait;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Create, update and delete with the rules of {@code k8s.io/apiserver/pkg/registry/generic/registry/store.go} and
 * {@code k8s.io/apiserver/pkg/registry/rest}.
 */
final class ObjectWrites {

    /** Which part of an object a write is for. */
    enum Part {
        MAIN,
        STATUS
    }

    /** What a request addresses: one object of one version of a resource. */
    record Target(KubeResource resource, String version, String namespace, String name) {}

    /**
     * What a delete left.
     *
     * @param object the last state
     * @param gone whether the object is gone; if not, finalizers or a grace period keep it
     */
    record Deleted(StoredObject object, boolean gone) {}

    private static final String CONTROLLERS = "kube-controller-manager";

    private final ObjectStore store;
    private final InstantSource clock;

    ObjectWrites(ObjectStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    StoredObject get(Target target) {
        return store.find(target.resource(), target.namespace(), target.name())
                .orElseThrow(() -> ApiErrors.notFound(target.resource(), target.name()));
    }

    StoredObject create(Target target, ObjectNode body, String manager) {
        return create(target, body, object -> created(target, object, manager));
    }

    private ManagedFields created(Target target, ObjectNode object, String manager) {
        if (ManagedFields.isReset(object)) {
            return ManagedFields.of(Json.object());
        }
        ManagedFields given = ManagedFields.of(object);
        ObjectNode claimed = object.deepCopy();
        if (target.resource().is(Trait.STATUS)) {
            claimed.remove("status");
        }
        return given.updated(
                FieldShape.of(target.resource()), Json.object(), claimed, writer(target, Part.MAIN, manager));
    }

    private ManagedFields.Writer writer(Target target, Part part, String manager) {
        return new ManagedFields.Writer(
                manager,
                target.resource().apiVersion(target.version()),
                part == Part.STATUS ? "status" : "",
                ObjectRules.time(clock.instant()));
    }

    private StoredObject create(Target target, ObjectNode body, Function<ObjectNode, ManagedFields> owners) {
        KubeResource resource = target.resource();
        ObjectNode object = body.deepCopy();
        ObjectRules.checkType(resource, target.version(), object);
        ObjectNode metadata = Json.child(object, "metadata");
        settleNamespace(target, metadata);
        if (Json.text(metadata, "resourceVersion") != null) {
            // k8s.io/apiserver/pkg/storage/errors.go: has neither reason nor a better code.
            throw ApiErrors.failure(500, "", "resourceVersion can not be set for Create requests", null);
        }
        @Nullable String base = Json.text(metadata, "generateName");
        if (Json.text(metadata, "name") == null && base != null) {
            metadata.put("name", ObjectRules.generateName(base));
        }
        metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"));
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put("creationTimestamp", ObjectRules.time(clock.instant()));
        if (resource.is(Trait.GENERATION)) {
            metadata.put("generation", 1);
        }
        prepareNew(resource, object);
        ObjectRules.validate(resource, object);
        owners.apply(object).writeTo(object);
        return store.atomically(() -> {
            checkNamespaceTakesObjects(target, metadata.path("name").asText());
            String name = metadata.path("name").asText();
            if (store.find(resource, target.namespace(), name).isPresent()) {
                throw ApiErrors.alreadyExists(resource, name);
            }
            return commit(resource, object);
        });
    }

    private static void prepareNew(KubeResource resource, ObjectNode object) {
        if (resource.is(Trait.STATUS)) {
            object.remove("status");
        }
        if (resource.equals(ResourceRegistry.PODS)) {
            PodRules.prepareNew(object);
        } else if (resource.equals(ResourceRegistry.NAMESPACES)) {
            NamespaceRules.prepareNew(object);
        }
    }

    private static void settleNamespace(Target target, ObjectNode metadata) {
        @Nullable String given = Json.text(metadata, "namespace");
        if (given != null && !given.equals(target.namespace())) {
            throw ApiErrors.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
        }
        if (target.resource().isNamespaced()) {
            metadata.put("namespace", target.namespace());
        } else {
            metadata.remove("namespace");
        }
    }

    /** {@code k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle}: absent is 404, terminating 403. */
    private void checkNamespaceTakesObjects(Target target, String name) {
        if (!target.resource().isNamespaced()) {
            return;
        }
        String namespace = target.namespace();
        StoredObject found = store.find(ResourceRegistry.NAMESPACES, "", namespace)
                .orElseThrow(() -> ApiErrors.notFound(ResourceRegistry.NAMESPACES, namespace));
        if (found.field("status.phase").equals(NamespaceRules.TERMINATING)) {
            throw NamespaceRules.refusal(target.resource(), name, namespace);
        }
    }

    /** Replaces an object, or its status. */
    StoredObject update(Target target, Part part, ObjectNode body, String manager) {
        return store.atomically(() -> change(target, part, new Change(manager, old -> body.deepCopy())));
    }

    /** Changes an object, or its status, by a patch that is applied to the latest state. */
    StoredObject patch(Target target, Part part, Change change) {
        return store.atomically(() -> {
            Change checked = new Change(change.manager(), old -> {
                ObjectNode given = change.how().apply(old);
                refuseOtherUid(target, get(target), given);
                return given;
            });
            return change(target, part, checked);
        });
    }

    /**
     * Who changes an object, and how.
     *
     * @param how gets a copy of the latest state, which it may change
     */
    record Change(String manager, UnaryOperator<ObjectNode> how) {}

    private StoredObject change(Target target, Part part, Change change) {
        StoredObject stored = get(target);
        ObjectNode old = tree(target, stored);
        ObjectNode given = change.how().apply(old.deepCopy());
        if (stored.isLoadedAs(given.path("apiVersion").asText())) {
            // A client sends back what it was shown.
            given.put("apiVersion", target.resource().apiVersion(target.version()));
        }
        return settle(target, part, new Proposal(stored, old, given), object -> {
            // k8s.io/apimachinery/pkg/util/managedfields/internal/fieldmanager.go: a client may set the owners, and one
            // that knows nothing about them does not delete them by that.
            ManagedFields said = ManagedFields.of(given);
            ManagedFields owners = part == Part.STATUS || said.isEmpty() ? ManagedFields.of(old) : said;
            if (part == Part.MAIN && ManagedFields.isReset(given)) {
                return ManagedFields.of(Json.object());
            }
            return owners.isEmpty()
                    ? owners
                    : owners.updated(
                            FieldShape.of(target.resource()), old, object, writer(target, part, change.manager()));
        });
    }

    private static ObjectNode tree(Target target, StoredObject stored) {
        return stored.toTree(target.version())
                .put("apiVersion", target.resource().apiVersion(target.version()));
    }

    /**
     * What an apply left.
     *
     * @param created whether the object was absent
     */
    record Applied(StoredObject object, boolean created) {}

    /** Applies a configuration (documentation page "Server-Side Apply"); creates the object if it is absent. */
    Applied apply(Target target, Part part, ApplyOptions options, ObjectNode body) {
        ObjectNode configuration = options.check(target, body);
        if (target.resource().is(Trait.STATUS) && part == Part.MAIN) {
            configuration.remove("status");
        } else if (part == Part.STATUS && target.resource().is(Trait.CUSTOM)) {
            configuration.remove("spec");
        }
        checkIdentity(target, Json.child(configuration, "metadata"));
        FieldShape shape = FieldShape.of(target.resource());
        ManagedFields.Application by =
                new ManagedFields.Application(writer(target, part, options.manager()), options.force());
        return store.atomically(() -> {
            Optional<StoredObject> found = store.find(target.resource(), target.namespace(), target.name());
            if (found.isEmpty() && part == Part.MAIN) {
                refuseUid(target, configuration);
                Json.child(configuration, "metadata").remove("resourceVersion");
                ManagedFields owners = ManagedFields.of(Json.object())
                        .applied(shape, Json.object(), configuration, by)
                        .owners();
                return new Applied(create(target, configuration, object -> owners), true);
            }
            ObjectNode old = tree(target, get(target));
            ManagedFields.Applied applied = ManagedFields.of(old).applied(shape, old, configuration, by);
            refuseOtherUid(target, get(target), applied.object());
            Proposal proposal = new Proposal(get(target), old, applied.object());
            return new Applied(settle(target, part, proposal, object -> applied.owners()), false);
        });
    }

    /** {@code k8s.io/apiserver/pkg/endpoints/handlers/patch.go}: a configuration with a uid never makes a new object. */
    private static void refuseUid(Target target, ObjectNode configuration) {
        @Nullable String uid = Json.text(configuration, "metadata", "uid");
        if (uid != null) {
            throw ApiErrors.conflict(
                    target.resource(),
                    target.name(),
                    "uid mismatch: the provided object specified uid " + uid + ", and no existing object was found");
        }
    }

    /** {@code k8s.io/apimachinery/pkg/api/validation/objectmeta.go}: the uid of a PUT is a precondition, that of a patch a change. */
    private static void refuseOtherUid(Target target, StoredObject stored, ObjectNode given) {
        @Nullable String uid = Json.text(given, "metadata", "uid");
        if (uid != null && !uid.equals(stored.uid())) {
            throw ApiErrors.invalid(
                    target.resource(),
                    target.name(),
                    List.of(FieldError.invalid("metadata.uid", uid, "field is immutable")));
        }
    }

    /** What an object is to become. */
    private record Proposal(StoredObject stored, ObjectNode old, ObjectNode given) {}

    private StoredObject settle(
            Target target, Part part, Proposal proposal, Function<ObjectNode, ManagedFields> owners) {
        KubeResource resource = target.resource();
        StoredObject stored = proposal.stored();
        ObjectNode old = proposal.old();
        ObjectNode given = proposal.given();
        ObjectRules.checkType(resource, target.version(), given);
        ObjectNode metadata = Json.child(given, "metadata");
        checkIdentity(target, metadata);
        checkVersion(target, stored, old, metadata);
        ObjectNode object = part == Part.STATUS ? withStatusOf(resource, old, given) : withSpecOf(resource, old, given);
        ObjectRules.checkNoFinalizerAdded(resource, old, object);
        ObjectRules.validate(resource, object);
        ManagedFields owned = owners.apply(object);
        owned.writeTo(object);
        if (isSame(old, object) && owned.owns(ManagedFields.of(old))) {
            // k8s.io/apiserver/pkg/storage/etcd3/store.go: nothing to change is nothing written.
            return stored;
        }
        if (part == Part.MAIN
                && resource.is(Trait.GENERATION)
                && !desired(resource, object).equals(desired(resource, old))) {
            Json.child(object, "metadata")
                    .put("generation", old.path("metadata").path("generation").asLong() + 1);
        }
        if (isReleased(object)) {
            return store.remove(StoredObject.of(resource, object));
        }
        return commit(resource, object);
    }

    /** Whether two states differ at most in who owns their fields. */
    private static boolean isSame(ObjectNode old, ObjectNode object) {
        ObjectNode one = old.deepCopy();
        ObjectNode other = object.deepCopy();
        Json.child(one, "metadata").remove("managedFields");
        Json.child(other, "metadata").remove("managedFields");
        return one.equals(other);
    }

    private static void checkIdentity(Target target, ObjectNode metadata) {
        @Nullable String name = Json.text(metadata, "name");
        if (name == null) {
            if (target.resource().is(Trait.CUSTOM)) {
                throw ApiErrors.badRequest("name must be provided");
            }
            metadata.put("name", target.name());
        } else if (!name.equals(target.name())) {
            throw ApiErrors.badRequest(
                    "the name of the object (" + name + ") does not match the name on the URL (" + target.name() + ")");
        }
        settleNamespace(target, metadata);
    }

    private static void checkVersion(Target target, StoredObject stored, ObjectNode old, ObjectNode metadata) {
        KubeResource resource = target.resource();
        @Nullable String uid = Json.text(metadata, "uid");
        if (uid != null && !uid.equals(stored.uid())) {
            throw ApiErrors.conflict(
                    resource,
                    target.name(),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + stored.uid());
        }
        @Nullable String version = Json.text(metadata, "resourceVersion");
        if (version == null) {
            if (!resource.is(Trait.UNCONDITIONAL_UPDATE)) {
                throw ApiErrors.invalid(
                        resource,
                        target.name(),
                        List.of(new FieldError(
                                "FieldValueInvalid",
                                "metadata.resourceVersion",
                                "Invalid value: 0x0: must be specified for an update")));
            }
        } else if (!version.equals(old.path("metadata").path("resourceVersion").asText())) {
            throw ApiErrors.modified(resource, target.name());
        }
    }

    /** Writes to the main path leave status and what the system keeps in the metadata. */
    private static ObjectNode withSpecOf(KubeResource resource, ObjectNode old, ObjectNode given) {
        ObjectNode object = given.deepCopy();
        if (resource.is(Trait.STATUS)) {
            Json.copy(old, object, "status");
        }
        JsonNode before = old.path("metadata");
        ObjectNode metadata = Json.child(object, "metadata");
        for (String field : List.of(
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "resourceVersion",
                "selfLink")) {
            Json.copy(before, metadata, field);
        }
        return object;
    }

    /**
     * Writes to the status path leave everything else: of custom resources all metadata
     * ({@code apiextensions-apiserver/pkg/registry/customresource/status_strategy.go}), of built-in ones what the system keeps.
     */
    private static ObjectNode withStatusOf(KubeResource resource, ObjectNode old, ObjectNode given) {
        ObjectNode object = old.deepCopy();
        Json.copy(given, object, "status");
        if (!resource.is(Trait.CUSTOM)) {
            ObjectNode metadata = Json.child(object, "metadata");
            Json.copy(given.path("metadata"), metadata, "labels");
            Json.copy(given.path("metadata"), metadata, "annotations");
            Json.copy(given.path("metadata"), metadata, "finalizers");
        }
        return object;
    }

    /** What counts for the generation: of a resource without a status path, everything beside the metadata. */
    private static ObjectNode desired(KubeResource resource, ObjectNode object) {
        ObjectNode desired = object.deepCopy();
        desired.remove(List.of("apiVersion", "kind", "metadata"));
        if (resource.is(Trait.STATUS)) {
            desired.remove("status");
        }
        return desired;
    }

    private static boolean isReleased(ObjectNode object) {
        return ObjectRules.isDeleting(object)
                && ObjectRules.finalizers(object).isEmpty()
                && object.path("metadata").path("deletionGracePeriodSeconds").asInt() == 0
                && NamespaceRules.mayGo(object);
    }

    Deleted delete(Target target, DeleteOptions options) {
        return store.atomically(() -> {
            StoredObject stored = get(target);
            ObjectNode object = stored.toTree(target.version());
            checkPreconditions(target, stored, object, options);
            return delete(target, stored, object, options);
        });
    }

    private Deleted delete(Target target, StoredObject stored, ObjectNode object, DeleteOptions options) {
        KubeResource resource = target.resource();
        ObjectNode metadata = Json.child(object, "metadata");
        int grace = resource.equals(ResourceRegistry.PODS) ? PodRules.grace(object, options.graceSeconds()) : 0;
        if (ObjectRules.isDeleting(object)) {
            return hasten(stored, object, options, grace);
        }
        if (!options.finalizer().isEmpty() && !ObjectRules.finalizers(object).contains(options.finalizer())) {
            metadata.withArray("finalizers").add(options.finalizer());
        }
        boolean namespace = resource.equals(ResourceRegistry.NAMESPACES);
        if (grace == 0 && ObjectRules.finalizers(object).isEmpty() && !namespace) {
            return new Deleted(store.remove(stored), true);
        }
        Instant end = clock.instant().plusSeconds(grace);
        metadata.put("deletionTimestamp", ObjectRules.time(end)).put("deletionGracePeriodSeconds", grace);
        if (metadata.path("generation").asLong() > 0) {
            // k8s.io/apiserver/pkg/registry/rest/delete.go: what is desired changes with the first graceful delete.
            metadata.put("generation", metadata.path("generation").asLong() + 1);
        }
        if (namespace) {
            NamespaceRules.terminate(object);
        }
        return new Deleted(commit(resource, object), false);
    }

    /** A second delete can only shorten the grace period. */
    private Deleted hasten(StoredObject stored, ObjectNode object, DeleteOptions options, int grace) {
        ObjectNode metadata = Json.child(object, "metadata");
        int left = metadata.path("deletionGracePeriodSeconds").asInt();
        if (options.graceSeconds() < 0 || grace >= left) {
            return new Deleted(stored, false);
        }
        metadata.put("deletionTimestamp", ObjectRules.time(clock.instant().plusSeconds(grace)))
                .put("deletionGracePeriodSeconds", grace);
        return isReleased(object)
                ? new Deleted(store.remove(StoredObject.of(stored.resource(), object)), true)
                : new Deleted(commit(stored.resource(), object), false);
    }

    private static void checkPreconditions(
            Target target, StoredObject stored, ObjectNode object, DeleteOptions options) {
        if (!options.uid().isEmpty() && !options.uid().equals(stored.uid())) {
            throw ApiErrors.conflict(
                    target.resource(),
                    target.name(),
                    "Precondition failed: UID in precondition: " + options.uid() + ", UID in object meta: "
                            + stored.uid());
        }
        String version = object.path("metadata").path("resourceVersion").asText();
        if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals(version)) {
            throw ApiErrors.conflict(
                    target.resource(),
                    target.name(),
                    "Precondition failed: ResourceVersion in precondition: " + options.resourceVersion()
                            + ", ResourceVersion in object meta: " + version);
        }
    }

    /** Deletes all objects that a selector finds; returns what was there. */
    List<StoredObject> deleteAll(Target collection, Selector selector, DeleteOptions options) {
        List<StoredObject> found = new ArrayList<>();
        for (StoredObject object :
                store.snapshot(collection.resource()).objects().values()) {
            if (selector.matches(object)) {
                found.add(object);
                Target target =
                        new Target(collection.resource(), collection.version(), object.namespace(), object.name());
                store.atomically(() -> store.find(target.resource(), target.namespace(), target.name())
                        .map(still -> delete(target, options)));
            }
        }
        return found;
    }

    /** Ends a grace period that is over: the node has stopped the containers and lets the object go. */
    void finishDeletion(StoredObject pod) {
        store.atomically(() -> {
            store.find(pod.resource(), pod.namespace(), pod.name())
                    .filter(current -> current.uid().equals(pod.uid()))
                    .ifPresent(current -> {
                        Target target = new Target(
                                pod.resource(), pod.resource().versions().get(0), pod.namespace(), pod.name());
                        delete(target, new DeleteOptions(0, pod.uid(), "", ""));
                    });
            return null;
        });
    }

    /** Changes an object as a controller does, past the parts; lets it go if nothing holds it any more. No-op when it is gone. */
    void rewrite(Target target, String uid, Consumer<ObjectNode> how) {
        store.atomically(() -> {
            store.find(target.resource(), target.namespace(), target.name())
                    .filter(current -> current.uid().equals(uid))
                    .ifPresent(current -> {
                        ObjectNode object = current.toTree(target.version());
                        ObjectNode old = object.deepCopy();
                        how.accept(object);
                        ManagedFields owners = ManagedFields.of(old);
                        if (!owners.isEmpty()) {
                            ManagedFields.Writer writer = writer(target, Part.MAIN, CONTROLLERS);
                            owners.updated(FieldShape.of(target.resource()), old, object, writer)
                                    .writeTo(object);
                        }
                        if (isReleased(object)) {
                            store.remove(StoredObject.of(target.resource(), object));
                        } else {
                            commit(target.resource(), object);
                        }
                    });
            return null;
        });
    }

    /** Keeps an object as it is given, times, uid and resourceVersion included. */
    StoredObject load(Target target, ObjectNode object) {
        StoredObject given = StoredObject.loaded(target.resource(), object);
        String version = object.path("metadata").path("resourceVersion").asText();
        return version.matches("[1-9][0-9]{0,17}")
                ? store.load(given, Long.parseLong(version))
                : store.put(target.resource(), given::withResourceVersion);
    }

    private StoredObject commit(KubeResource resource, ObjectNode object) {
        return store.put(resource, revision -> {
            Json.child(object, "metadata").put("resourceVersion", Long.toString(revision));
            return StoredObject.of(resource, object);
        });
    }
}
