package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an informer remembers: the UIDs of what exists, nothing else. It never says that it knew an object before, so that the informer
 * reports every version that it sees, also those of a list after a gap. By UID and not by name, so that an object that replaced
 * another of its name is not taken for it.
 */
final class SeenUids implements ItemStore<GenericKubernetesResource> {

    private final Set<String> uids = ConcurrentHashMap.newKeySet();

    @Override
    public String getKey(GenericKubernetesResource resource) {
        String uid = resource.getMetadata().getUid();
        return uid == null ? "" : uid;
    }

    @Override
    public @Nullable GenericKubernetesResource put(String uid, GenericKubernetesResource resource) {
        uids.add(uid);
        return null;
    }

    @Override
    public @Nullable GenericKubernetesResource remove(String uid) {
        return uids.remove(uid) ? RawResource.known(uid) : null;
    }

    @Override
    public Stream<String> keySet() {
        return uids.stream();
    }

    @Override
    public Stream<GenericKubernetesResource> values() {
        return uids.stream().map(RawResource::known);
    }

    @Override
    public int size() {
        return uids.size();
    }

    @Override
    public @Nullable GenericKubernetesResource get(String uid) {
        return uids.contains(uid) ? RawResource.known(uid) : null;
    }

    /** Objects are handed on page by page; they could not be taken from here after the list. */
    @Override
    public boolean isFullState() {
        return false;
    }
}
