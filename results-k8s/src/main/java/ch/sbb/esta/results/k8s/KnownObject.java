package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunSnapshot;

/** What an informer keeps of an object: key, UID, version and state. */
record KnownObject(String namespace, String name, String uid, String resourceVersion, RunSnapshot.State state) {}
