package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.RunSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The runs of another cluster; a test overrides what is to go wrong. */
public class ForwardingClusterRuns implements ClusterRuns {

    private final ClusterRuns real;

    public ForwardingClusterRuns(ClusterRuns real) {
        this.real = real;
    }

    @Override
    public RunKinds kinds() {
        return real.kinds();
    }

    @Override
    public List<String> scopes() {
        return real.scopes();
    }

    @Override
    public Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken) {
        return real.list(kind, namespace, continueToken);
    }

    @Override
    public Optional<RunSnapshot> find(RunKey run) {
        return real.find(run);
    }

    @Override
    public boolean addFinalizer(RunKey run, String finalizer) {
        return real.addFinalizer(run, finalizer);
    }

    @Override
    public void removeFinalizer(RunKey run, String finalizer) {
        real.removeFinalizer(run, finalizer);
    }

    @Override
    public boolean annotate(RunKey run, Map<String, String> annotations) {
        return real.annotate(run, annotations);
    }

    @Override
    public boolean delete(RunKey run, String resourceVersion) {
        return real.delete(run, resourceVersion);
    }
}
