package ch.sbb.esta.results.testkit.kube;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A path of the resource API, taken apart (API concepts, "Resource URIs"): {@code /api/v1/...} or {@code /apis/GROUP/VERSION/...}, then
 * {@code [namespaces/NAMESPACE/]PLURAL[/NAME[/SUBRESOURCE]]}.
 *
 * @param namespace empty when the path names none
 * @param name empty for a collection
 * @param subresource empty for none
 */
record RequestPath(String group, String version, String namespace, String plural, String name, String subresource) {

    /** The parts of any path, decoded. */
    static List<String> split(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            if (!part.isEmpty()) {
                // A plus sign stands for itself in a path.
                parts.add(URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
            }
        }
        return parts;
    }

    static Optional<RequestPath> parse(List<String> parts) {
        boolean core = !parts.isEmpty() && parts.get(0).equals("api");
        int prefix = core ? 2 : 3;
        if (parts.size() <= prefix || !(core || parts.get(0).equals("apis"))) {
            return Optional.empty();
        }
        String group = core ? "" : parts.get(1);
        String version = parts.get(prefix - 1);
        List<String> rest = parts.subList(prefix, parts.size());
        boolean inNamespace = rest.size() >= 3
                && rest.get(0).equals("namespaces")
                && !List.of("status", "finalize").contains(rest.get(2));
        String namespace = inNamespace ? rest.get(1) : "";
        List<String> own = inNamespace ? rest.subList(2, rest.size()) : rest;
        if (own.size() > 3) {
            return Optional.empty();
        }
        return Optional.of(new RequestPath(group, version, namespace, own.get(0), at(own, 1), at(own, 2)));
    }

    private static String at(List<String> parts, int index) {
        return parts.size() > index ? parts.get(index) : "";
    }
}
