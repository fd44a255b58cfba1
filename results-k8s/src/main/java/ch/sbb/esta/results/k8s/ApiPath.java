package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Builds paths of the API. No text that comes from outside can become more than one segment or one value. */
final class ApiPath {

    private final StringBuilder path = new StringBuilder();
    private char separator = '?';

    private ApiPath() {}

    /** The collection of a kind in a namespace, or in all for an empty namespace. */
    static ApiPath of(RunKind kind, String namespace) {
        return of(kind, namespace, ResourceVersions.plural(kind));
    }

    /** The same of a kind that is served under a name that does not follow from its own. */
    static ApiPath of(RunKind kind, String namespace, String plural) {
        ApiPath path = ofVersion(kind);
        if (!namespace.isEmpty()) {
            path.segment("namespaces").segment(namespace);
        }
        return path.segment(plural);
    }

    /** What is served in the group and version of a kind. */
    static ApiPath ofVersion(RunKind kind) {
        ApiPath path = new ApiPath();
        path.path.append(kind.apiVersion().indexOf('/') < 0 ? "/api" : "/apis");
        for (String part : kind.apiVersion().split("/", -1)) {
            path.segment(part);
        }
        return path;
    }

    /** A collection of a group outside of any namespace. */
    static ApiPath of(String group, String version, String plural) {
        ApiPath path = new ApiPath();
        path.path.append("/apis");
        return path.segment(group).segment(version).segment(plural);
    }

    ApiPath segment(String text) {
        if (text.isEmpty() || text.equals(".") || text.equals("..") || text.indexOf('/') >= 0) {
            throw ResultsException.invalid(Escaped.of(text) + " cannot be part of a path of the Kubernetes API");
        }
        path.append('/').append(encode(text));
        return this;
    }

    ApiPath query(String name, String value) {
        path.append(separator).append(name).append('=').append(encode(value));
        separator = '&';
        return this;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
