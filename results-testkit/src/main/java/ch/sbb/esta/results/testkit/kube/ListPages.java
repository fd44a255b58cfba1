package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lists in pages. All pages of a list show one revision, until the history no longer reaches back to it; then the answer is 410 with a token for the rest at
 * a newer revision ({@code k8s.io/apiserver/pkg/storage/continue.go} and {@code etcd3/errors.go}).
 */
final class ListPages {

    private static final long INCONSISTENT = -1;

    private static final String TOO_OLD =
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without"
                    + " the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided"
                    + " token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and"
                    + " now may show up in the list.";

    /** Where the next page goes on: after a key, at a revision. */
    private record Position(long revision, String after) {

        String token() {
            ObjectNode json =
                    Json.object().put("v", "meta.k8s.io/v1").put("rv", revision).put("start", after);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(json));
        }

        static Position parse(String token) {
            try {
                ObjectNode json = Json.parseObject(Base64.getUrlDecoder().decode(token));
                long revision = json.path("rv").asLong();
                if (json.path("v").asText().equals("meta.k8s.io/v1") && (revision > 0 || revision == INCONSISTENT)) {
                    return new Position(revision, json.path("start").asText());
                }
            } catch (IllegalArgumentException | KubeApiException e) {
                throw ApiErrors.badRequest("continue key is not valid: " + e.getMessage());
            }
            throw ApiErrors.badRequest("continue key is not valid: server does not recognize this encoded version");
        }
    }

    private final ObjectStore store;

    ListPages(ObjectStore store) {
        this.store = store;
    }

    Buffer list(KubeResource resource, String version, ListOptions options) {
        @Nullable
        Position position = options.continueToken().isEmpty() ? null : Position.parse(options.continueToken());
        ObjectStore.Snapshot snapshot = snapshot(resource, options, position);
        List<StoredObject> page = new ArrayList<>();
        long remaining = 0;
        for (StoredObject object : (position == null
                        ? snapshot.objects()
                        : snapshot.objects().tailMap(position.after(), false))
                .values()) {
            if (options.selector().matches(object)) {
                if (options.limit() > 0 && page.size() == options.limit()) {
                    remaining++;
                } else {
                    page.add(object);
                }
            }
        }
        ObjectNode metadata = Json.object().put("resourceVersion", Long.toString(snapshot.revision()));
        if (remaining > 0) {
            StoredObject last = page.get(page.size() - 1);
            metadata.put(
                    "continue",
                    new Position(snapshot.revision(), StoredObject.key(last.namespace(), last.name())).token());
            if (!options.selector().narrows()) {
                metadata.put("remainingItemCount", remaining);
            }
        }
        return render(resource, version, metadata, page);
    }

    private ObjectStore.Snapshot snapshot(KubeResource resource, ListOptions options, @Nullable Position position) {
        if (position != null) {
            if (position.revision() == INCONSISTENT) {
                return store.snapshot(resource);
            }
            return store.snapshotAt(resource, position.revision()).orElseThrow(() -> tooOld(position));
        }
        long asked = options.revision();
        ObjectStore.Snapshot latest = store.snapshot(resource);
        if (asked > latest.revision()) {
            throw ApiErrors.resourceVersionTooLarge(asked, latest.revision());
        }
        if (!options.match().equals("Exact")) {
            return latest;
        }
        Optional<ObjectStore.Snapshot> then = store.snapshotAt(resource, asked);
        return then.orElseThrow(() -> ApiErrors.expired("The resourceVersion for the provided list is too old."));
    }

    private static KubeApiException tooOld(Position position) {
        ObjectNode status = ApiErrors.expired(TOO_OLD).status();
        Json.child(status, "metadata").put("continue", new Position(INCONSISTENT, position.after()).token());
        return new KubeApiException(status);
    }

    static Buffer render(KubeResource resource, String version, ObjectNode metadata, List<StoredObject> items) {
        Buffer list = Buffer.buffer("{\"kind\":\"" + resource.kind() + "List\",\"apiVersion\":\""
                + resource.apiVersion(version) + "\",\"metadata\":"
                + new String(Json.bytes(metadata), StandardCharsets.UTF_8) + ",\"items\":[");
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                list.appendByte((byte) ',');
            }
            list.appendBytes(items.get(i).json(version));
        }
        return list.appendString("]}");
    }
}
