package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;

/**
 * An object of the cluster as its own JSON. It passes through fabric8's informers as a generic resource, of which they need the
 * metadata only; every field lives in the bytes.
 */
final class RawResource extends GenericKubernetesResource {

    private static final long serialVersionUID = 1L;
    private static final byte[] NOTHING = {};

    private final transient byte[] json;

    RawResource(byte[] json, String apiVersion, String kind, Identity identity) {
        this.json = json;
        setApiVersion(apiVersion);
        setKind(kind);
        setMetadata(new ObjectMetaBuilder()
                .withNamespace(identity.namespace)
                .withName(identity.name)
                .withUid(identity.uid)
                .withResourceVersion(identity.resourceVersion)
                .build());
    }

    /** Stands for an object of which only the UID is known. */
    static RawResource known(String uid) {
        return new RawResource(NOTHING, "", "", new Identity("", "", uid, ""));
    }

    byte[] json() {
        return json;
    }

    String uid() {
        String uid = getMetadata().getUid();
        return uid == null ? "" : uid;
    }

    record Identity(String namespace, String name, String uid, String resourceVersion) {}
}
