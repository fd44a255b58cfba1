package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ForwardingClusterRuns;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A cluster to which something happens just before a call arrives. */
final class WildCluster extends ForwardingClusterRuns {

    final AtomicInteger additions = new AtomicInteger();
    final AtomicInteger removals = new AtomicInteger();
    volatile Consumer<String> beforeList = namespace -> {};
    volatile Consumer<RunKey> beforeFind = run -> {};
    volatile Consumer<RunKey> beforeDelete = run -> {};
    volatile Consumer<RunKey> beforeChange = run -> {};

    WildCluster(ClusterRuns real) {
        super(real);
    }

    static ResultsException away() {
        return new ResultsException(Code.UNAVAILABLE, "the API server is away");
    }

    @Override
    public Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken) {
        beforeList.accept(namespace);
        return super.list(kind, namespace, continueToken);
    }

    @Override
    public Optional<RunSnapshot> find(RunKey run) {
        beforeFind.accept(run);
        return super.find(run);
    }

    @Override
    public boolean addFinalizer(RunKey run, String finalizer) {
        beforeChange.accept(run);
        additions.incrementAndGet();
        return super.addFinalizer(run, finalizer);
    }

    @Override
    public void removeFinalizer(RunKey run, String finalizer) {
        beforeChange.accept(run);
        removals.incrementAndGet();
        super.removeFinalizer(run, finalizer);
    }

    @Override
    public boolean delete(RunKey run, String resourceVersion) {
        beforeDelete.accept(run);
        return super.delete(run, resourceVersion);
    }
}
