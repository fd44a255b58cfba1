package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.List;
import java.util.Optional;

/**
 * Where a list stands that goes through several namespaces. As text: the namespace, a colon, and the API server's token.
 *
 * @param scopes what is listed, one after the other; the empty text stands for all namespaces
 * @param index which of them is being listed
 * @param token the API server's token; empty at the beginning of a namespace
 */
record ListPosition(List<String> scopes, int index, String token) {

    static ListPosition of(ClusterScopes all, FabricConfig config, String namespace, String continueToken) {
        if (!namespace.isEmpty() && !config.covers(namespace)) {
            throw ResultsException.invalid("namespace " + Escaped.of(namespace) + " is not among the configured ones");
        }
        List<String> scopes = namespace.isEmpty() ? all.now() : List.of(namespace);
        if (continueToken.isEmpty()) {
            return new ListPosition(scopes, 0, "");
        }
        int colon = continueToken.indexOf(':');
        int index = colon < 0 ? -1 : scopes.indexOf(continueToken.substring(0, colon));
        if (index >= 0) {
            return new ListPosition(scopes, index, continueToken.substring(colon + 1));
        }
        if (colon < 1 || !namespace.isEmpty() || !config.isChanging()) {
            throw ResultsException.invalid("continue token " + Escaped.of(continueToken)
                    + " is mangled or belongs to another list; begin again without a token");
        }
        // The namespace was taken away between two pages: the list goes on behind it.
        String gone = continueToken.substring(0, colon);
        int next = 0;
        while (next < scopes.size() && scopes.get(next).compareTo(gone) < 0) {
            next++;
        }
        return new ListPosition(scopes, next, "");
    }

    /** Whether nothing is left to list. */
    boolean isAtEnd() {
        return index >= scopes.size();
    }

    String scope() {
        return scopes.get(index);
    }

    /** The token of the page after the one that came with this token of the API server. */
    Optional<String> next(String serverToken) {
        if (!serverToken.isEmpty()) {
            return Optional.of(scope() + ":" + serverToken);
        }
        return index + 1 < scopes.size() ? Optional.of(scopes.get(index + 1) + ":") : Optional.empty();
    }
}
