package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKind;

/** Takes what an informer sees, on one thread at a time. */
interface WatchRelay {

    /** An object exists in this version. */
    void seen(RunKind kind, RawResource resource);

    /** An object was deleted; this was its last version. */
    void deleted(RunKind kind, RawResource resource);

    /** An object went away unseen, during a gap of the watch; its last version is not known. */
    void vanished(RunKind kind, KnownObject last);
}
