package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request for resources asks for, in the words of RBAC ({@code k8s.io/apiserver/pkg/endpoints/request/requestinfo.go}).
 *
 * @param verb {@code get}, {@code list}, {@code watch}, {@code create}, {@code update}, {@code patch}, {@code delete} or {@code deletecollection}
 * @param group the API group; empty for the core group
 * @param resource the plural, with the subresource behind a slash where there is one, such as {@code pods/log}
 * @param namespace empty for all of them, and for resources of the whole cluster
 * @param name empty for creations and collections, unless a field selector demands one name
 */
public record KubeRequest(String verb, String group, String resource, String namespace, String name) {

    private static final Pattern ONE_NAME = Pattern.compile("(?:^|,)metadata\\.name==?([^,]+)(?:,|$)");

    /**
     * Checks that no component is null.
     *
     * @param verb what is done
     * @param group the API group; empty for the core group
     * @param resource the plural, with the subresource behind a slash where there is one
     * @param namespace empty for all of them, and for resources of the whole cluster
     * @param name empty for creations and collections, unless a field selector demands one name
     */
    public KubeRequest {
        requireNonNull(verb, "verb");
        requireNonNull(group, "group");
        requireNonNull(resource, "resource");
        requireNonNull(namespace, "namespace");
        requireNonNull(name, "name");
    }

    static KubeRequest of(HttpServerRequest request, RequestPath path) {
        boolean collection = path.name().isEmpty();
        String verb = switch (request.method().name()) {
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> collection ? "deletecollection" : "delete";
            default -> ListOptions.flag(request.params(), "watch") ? "watch" : collection ? "list" : "get";
        };
        Matcher selected = ONE_NAME.matcher(ListOptions.text(request.params(), "fieldSelector"));
        String name = collection && !verb.equals("create") && selected.find() ? selected.group(1) : path.name();
        String resource = path.plural() + (path.subresource().isEmpty() ? "" : "/" + path.subresource());
        // A namespace itself counts as lying in itself.
        boolean isNamespace = path.group().isEmpty() && path.plural().equals("namespaces");
        return new KubeRequest(verb, path.group(), resource, isNamespace ? path.name() : path.namespace(), name);
    }
}
