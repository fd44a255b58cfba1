package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.ContainerLogs.PodHandler;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the pods of one informer and remembers of each what it said last, so that one that vanished in a gap can be reported. */
final class PodRelay implements WatchRelay {

    private static final Logger LOG = LoggerFactory.getLogger(PodRelay.class);

    private final PodHandler handler;
    private final Map<String, PodSnapshot> last = new ConcurrentHashMap<>();

    PodRelay(PodHandler handler) {
        this.handler = handler;
    }

    @Override
    public void seen(RunKind kind, RawResource resource) {
        read(resource).ifPresent(pod -> {
            last.put(pod.uid(), pod);
            handler.onPod(Event.Type.SEEN, pod);
        });
    }

    @Override
    public void deleted(RunKind kind, RawResource resource) {
        last.remove(resource.uid());
        read(resource).ifPresent(pod -> handler.onPod(Event.Type.DELETED, pod));
    }

    @Override
    public void vanished(RunKind kind, KnownObject gone) {
        PodSnapshot pod = last.remove(gone.uid());
        if (pod != null) {
            handler.onPod(Event.Type.DELETED, pod);
        }
    }

    private static Optional<PodSnapshot> read(RawResource resource) {
        try {
            return PodSnapshot.parse(resource.json());
        } catch (ResultsException e) {
            LOG.warn("Passed over the pod {}: {}", Escaped.of(resource.uid()), e.getMessage());
            return Optional.empty();
        }
    }
}
