package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The query of a list or a watch ({@code ListOptions} of meta/v1; API concepts, "Retrieving large results sets in chunks" and "Semantics for get, list and
 * watch").
 *
 * @param resourceVersion empty when unset
 * @param match whether that very version is asked for, or any that is not older; empty when unset
 * @param limit zero for no limit
 * @param continueToken empty for the first page
 * @param timeout after which a watch ends by itself; null for the server's own
 */
record ListOptions(
        Selector selector,
        String resourceVersion,
        String match,
        int limit,
        String continueToken,
        boolean bookmarks,
        @Nullable Duration timeout) {

    static ListOptions parse(KubeResource resource, String namespace, MultiMap query) {
        if (query.contains("sendInitialEvents")) {
            throw invalid(
                    "sendInitialEvents",
                    "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
        }
        ListOptions options = new ListOptions(
                Selector.parse(resource, namespace, text(query, "labelSelector"), text(query, "fieldSelector")),
                text(query, "resourceVersion"),
                text(query, "resourceVersionMatch"),
                (int) number(query, "limit", 0),
                text(query, "continue"),
                flag(query, "allowWatchBookmarks"),
                query.contains("timeoutSeconds") ? Duration.ofSeconds(number(query, "timeoutSeconds", 0)) : null);
        options.check(flag(query, "watch"));
        return options;
    }

    /** The revision asked for; zero when unset. */
    long revision() {
        return resourceVersion.isEmpty() ? 0 : revision(resourceVersion);
    }

    static long revision(String text) {
        if (!text.matches("[0-9]{1,18}")) {
            throw invalid(
                    "resourceVersion",
                    "Invalid value: " + ApiErrors.quote(text) + ": strconv.ParseUint: parsing " + ApiErrors.quote(text)
                            + ": invalid syntax");
        }
        return Long.parseLong(text);
    }

    /** {@code k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go}. */
    private void check(boolean watch) {
        if (match.isEmpty()) {
            return;
        }
        if (watch) {
            throw invalid("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden for watch");
        }
        if (resourceVersion.isEmpty()) {
            throw invalid(
                    "resourceVersionMatch",
                    "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
        if (!continueToken.isEmpty()) {
            throw invalid(
                    "resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden when continue is provided");
        }
        if (!match.equals("Exact") && !match.equals("NotOlderThan")) {
            throw invalid(
                    "resourceVersionMatch",
                    "Unsupported value: " + ApiErrors.quote(match) + ": supported values: \"Exact\", \"NotOlderThan\"");
        }
        if (match.equals("Exact") && resourceVersion.equals("0")) {
            throw invalid(
                    "resourceVersionMatch",
                    "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
    }

    static boolean flag(MultiMap query, String name) {
        String value = query.get(name);
        return value != null && !value.equalsIgnoreCase("false") && !value.equals("0");
    }

    static String text(MultiMap query, String name) {
        String value = query.get(name);
        return value == null ? "" : value;
    }

    static long number(MultiMap query, String name, long absent) {
        String value = text(query, name);
        if (value.isEmpty()) {
            return absent;
        }
        if (!value.matches("-?[0-9]{1,18}")) {
            throw ApiErrors.badRequest("strconv.ParseInt: parsing " + ApiErrors.quote(value) + ": invalid syntax");
        }
        return Long.parseLong(value);
    }

    private static KubeApiException invalid(String field, String message) {
        return ApiErrors.invalid(
                "meta.k8s.io",
                "ListOptions",
                "",
                List.of(new ApiErrors.FieldError("FieldValueInvalid", field, message)));
    }
}
