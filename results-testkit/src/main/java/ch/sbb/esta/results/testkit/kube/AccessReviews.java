package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers TokenReview and SubjectAccessReview (Authentication and Authorization reference, v1): whose a token is, and what a user or one of
 * its groups was granted.
 */
final class AccessReviews {

    private static final String TOKENS = "apis/authentication.k8s.io/v1/tokenreviews";
    private static final String SUBJECTS = "apis/authorization.k8s.io/v1/subjectaccessreviews";

    private final Map<String, User> users = new ConcurrentHashMap<>();
    private final Set<Grant> grants = new CopyOnWriteArraySet<>();
    private final AtomicInteger answered = new AtomicInteger();

    private record User(String name, List<String> groups) {}

    /** An empty namespace is all of them. */
    private record Grant(String subject, String verb, String resource, String namespace) {}

    void identify(String token, String user, List<String> groups) {
        List<String> all = new ArrayList<>(groups);
        all.add("system:authenticated");
        users.put(token, new User(user, List.copyOf(all)));
    }

    void forget(String token) {
        users.remove(token);
    }

    void grant(String subject, String verb, String resource, String namespace) {
        grants.add(new Grant(subject, verb, resource, namespace));
    }

    int answered() {
        return answered.get();
    }

    /** The review with its status, if the path is one of a review. */
    Optional<ObjectNode> find(List<String> path, byte[] body) {
        String text = String.join("/", path);
        if (!text.equals(TOKENS) && !text.equals(SUBJECTS)) {
            return Optional.empty();
        }
        answered.incrementAndGet();
        ObjectNode review = Json.parseObject(body);
        ObjectNode status = review.putObject("status");
        if (text.equals(TOKENS)) {
            reviewToken(review.path("spec"), status);
        } else {
            reviewAccess(review.path("spec"), status);
        }
        return Optional.of(review);
    }

    private void reviewToken(JsonNode spec, ObjectNode status) {
        String token = spec.path("token").asText();
        if (token.isEmpty()) {
            throw ApiErrors.badRequest("token is required for TokenReview in authentication");
        }
        User found = users.get(token);
        status.put("authenticated", found != null);
        if (found == null) {
            status.put("error", "[invalid bearer token]");
            return;
        }
        ObjectNode user = status.putObject("user").put("username", found.name()).put("uid", "uid-of-" + found.name());
        found.groups().forEach(user.putArray("groups")::add);
    }

    private void reviewAccess(JsonNode spec, ObjectNode status) {
        JsonNode asked = spec.path("resourceAttributes");
        if (!asked.isObject()) {
            throw ApiErrors.badRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified");
        }
        String group = asked.path("group").asText();
        String resource = asked.path("resource").asText()
                + (asked.path("subresource").asText().isEmpty()
                        ? ""
                        : "/" + asked.path("subresource").asText())
                + (group.isEmpty() ? "" : "." + group)
                + (asked.path("name").asText().isEmpty()
                        ? ""
                        : " " + asked.path("name").asText());
        String verb = asked.path("verb").asText();
        String namespace = asked.path("namespace").asText();
        List<String> subjects = new ArrayList<>();
        subjects.add(spec.path("user").asText());
        spec.path("groups").forEach(each -> subjects.add(each.asText()));
        boolean allowed = subjects.stream()
                .anyMatch(subject -> grants.contains(new Grant(subject, verb, resource, ""))
                        || grants.contains(new Grant(subject, verb, resource, namespace)));
        status.put("allowed", allowed);
        if (!allowed) {
            status.put("reason", "no grant for " + verb + " on " + resource);
        }
    }
}
