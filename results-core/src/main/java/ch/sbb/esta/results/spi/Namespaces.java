package ch.sbb.esta.results.spi;

/**
 * Says how it stands with the namespaces of a cluster.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code DENIED}, {@code UNAVAILABLE}.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
@FunctionalInterface
public interface Namespaces {

    /**
     * Whether a namespace is being deleted with all that is in it.
     *
     * @param namespace the namespace
     * @return true while it is terminating and once it is gone
     */
    boolean isTerminating(String namespace);
}
