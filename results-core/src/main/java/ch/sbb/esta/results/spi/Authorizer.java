package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.AccessDecision;
import ch.sbb.esta.results.AccessRequest;

/**
 * Decides what callers from outside may do.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; a call may block.
 *
 * <p><b>Ordering.</b> A decision may be as old as the implementation says.
 *
 * <p><b>Tenancy.</b> Who may do something in all namespaces is asked so, with the parent {@value AccessRequest#ANY}.
 *
 * <p><b>Failure.</b> {@code ResultsException} with {@code UNAVAILABLE} or {@code TIMEOUT} when it cannot be decided now: nothing is done
 * then. A refusal is no exception but a decision.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
@FunctionalInterface
public interface Authorizer {

    /**
     * Decides about one request.
     *
     * @param request who wants to do what, where
     * @return whether the caller may
     * @throws ch.sbb.esta.results.ResultsException see above
     */
    AccessDecision decide(AccessRequest request);

    /**
     * Lets everybody do everything, for a server that nobody can reach who may not, and for tests.
     *
     * @return an authorizer that never refuses
     */
    static Authorizer allowAll() {
        return request -> AccessDecision.allow();
    }
}
