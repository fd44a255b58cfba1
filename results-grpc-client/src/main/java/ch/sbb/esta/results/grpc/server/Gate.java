package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.AccessDecision;
import ch.sbb.esta.results.AccessRequest;
import ch.sbb.esta.results.AccessRequest.Resource;
import ch.sbb.esta.results.AccessRequest.Verb;
import ch.sbb.esta.results.spi.Authorizer;
import io.grpc.Status;

/** Lets calls pass that the authorizer allows. */
final class Gate {

    private final Authorizer authorizer;

    Gate(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    /** Returns when the caller may; a server of Tekton Results says {@code UNAUTHENTICATED} to a known caller without the right too. */
    void require(Verb verb, Resource resource, String parent) {
        AccessRequest request = new AccessRequest(CallerHeaders.current(), verb, resource, parent);
        AccessDecision decision = authorizer.decide(request);
        if (decision.isAllowed()) {
            return;
        }
        String reason = decision.reason().isEmpty() ? "" : ": " + decision.reason();
        String said = decision.outcome() == AccessDecision.Outcome.DENIED
                ? "permission denied to " + request
                : "not authenticated, which is needed to " + request;
        throw Status.UNAUTHENTICATED.withDescription(said + reason).asRuntimeException();
    }
}
