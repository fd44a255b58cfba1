package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.AccessDecision;
import ch.sbb.esta.results.AccessRequest;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Impersonation;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.Authorizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/**
 * Asks the cluster who a caller is (TokenReview) and what it may do (SubjectAccessReview) with the resources {@code results},
 * {@code records} and {@code logs} of the group {@code results.tekton.dev}, as Tekton Results does. A caller that wants to act as somebody
 * else must be allowed to {@code impersonate} that user and each of its groups, its UID and its properties.
 *
 * <p>The client's own identity needs the right to create both reviews, which the cluster role {@code system:auth-delegator} has.
 *
 * <p><b>Ordering.</b> Answers are remembered for {@link #CACHE_TIME}, so that a right that was taken away, or a token that was revoked,
 * works on for that long. At most 10,000 tokens and as many decisions are remembered, tokens by their hash.
 *
 * <p><b>Failure.</b> What the API server does not answer is {@code UNAVAILABLE} or {@code TIMEOUT}; that our own identity may not ask is
 * {@code UNAVAILABLE} too, because it is no fault of the caller.
 *
 * <p>Thread-safe; the client is not closed.
 */
public final class KubernetesAuthorizer implements Authorizer {

    /** How long an answer of the cluster is remembered: 30 seconds. */
    public static final Duration CACHE_TIME = Duration.ofSeconds(30);

    private static final int CACHE_ENTRIES = 10_000;
    private static final String AUTHENTICATION = "authentication.k8s.io";
    private static final String AUTHORIZATION = "authorization.k8s.io";
    private static final String IMPERSONATE = "impersonate";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final ApiRequests requests;
    private final RecentAnswers<String, Optional<Identity>> identities;
    private final RecentAnswers<Question, AccessDecision> decisions;

    /** A right of a user. */
    private record Question(Identity who, String verb, Target target) {}

    /** On what the right is; empty text for what does not matter. */
    private record Target(String group, String resource, String subresource, String namespace, String name) {}

    /**
     * Creates the adapter; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster, as somebody who may create reviews
     * @param config how long a request may take, and the clock
     */
    public KubernetesAuthorizer(KubernetesClient client, FabricConfig config) {
        this.requests =
                new ApiRequests(Objects.requireNonNull(client, "client"), Objects.requireNonNull(config, "config"));
        this.identities = new RecentAnswers<>(config.clock(), CACHE_TIME, CACHE_ENTRIES);
        this.decisions = new RecentAnswers<>(config.clock(), CACHE_TIME, CACHE_ENTRIES);
    }

    @Override
    public AccessDecision decide(AccessRequest request) {
        Optional<String> token = request.caller().bearerToken();
        if (token.isEmpty()) {
            return AccessDecision.unauthenticated("the call carries no bearer token");
        }
        Optional<Identity> caller = identities.get(hash(token.get()), () -> review(token.get()));
        if (caller.isEmpty()) {
            return AccessDecision.unauthenticated("the cluster does not accept the bearer token");
        }
        Identity who = caller.get();
        Optional<Impersonation> as = request.caller().impersonation();
        if (as.isPresent()) {
            AccessDecision mayAct = mayActAs(who, as.get());
            if (!mayAct.isAllowed()) {
                return mayAct;
            }
            who = Identity.of(as.get());
        }
        return decide(new Question(
                who,
                request.verb().toString(),
                new Target(
                        AccessRequest.API_GROUP,
                        request.resource().toString(),
                        "",
                        request.isForAllNamespaces() ? "" : request.parent(),
                        "")));
    }

    private AccessDecision mayActAs(Identity who, Impersonation as) {
        String user = as.user();
        AccessDecision decision = decide(new Question(
                who,
                IMPERSONATE,
                Identity.isServiceAccount(user)
                        ? new Target("", "serviceaccounts", "", Identity.namespace(user), Identity.name(user))
                        : new Target("", "users", "", "", user)));
        for (String group : as.groups()) {
            decision = and(decision, new Question(who, IMPERSONATE, new Target("", "groups", "", "", group)));
        }
        if (as.uid().isPresent()) {
            Target uid = new Target(AUTHENTICATION, "uids", "", "", as.uid().get());
            decision = and(decision, new Question(who, IMPERSONATE, uid));
        }
        for (var property : as.extra().entrySet()) {
            for (String value : property.getValue()) {
                Target extra = new Target(AUTHENTICATION, "userextras", property.getKey(), "", value);
                decision = and(decision, new Question(who, IMPERSONATE, extra));
            }
        }
        return decision;
    }

    private AccessDecision and(AccessDecision before, Question question) {
        return before.isAllowed() ? decide(question) : before;
    }

    private AccessDecision decide(Question question) {
        return decisions.get(question, () -> review(question));
    }

    private Optional<Identity> review(String token) {
        ObjectNode review = review(AUTHENTICATION, "TokenReview");
        review.putObject("spec").put("token", token);
        JsonNode status = post(ApiPath.of(AUTHENTICATION, "v1", "tokenreviews"), review);
        return status.path("authenticated").asBoolean(false)
                ? Optional.of(Identity.of(status.path("user")))
                : Optional.empty();
    }

    private AccessDecision review(Question question) {
        ObjectNode review = review(AUTHORIZATION, "SubjectAccessReview");
        ObjectNode spec = review.putObject("spec");
        question.who().writeTo(spec);
        Target target = question.target();
        ObjectNode attributes = spec.putObject("resourceAttributes")
                .put("group", target.group())
                .put("resource", target.resource())
                .put("verb", question.verb());
        putIfFull(attributes, "subresource", target.subresource());
        putIfFull(attributes, "namespace", target.namespace());
        putIfFull(attributes, "name", target.name());
        JsonNode status = post(ApiPath.of(AUTHORIZATION, "v1", "subjectaccessreviews"), review);
        if (status.path("allowed").asBoolean(false)) {
            return AccessDecision.allow();
        }
        String reason = status.path("reason").asText();
        return AccessDecision.deny(Escaped.of(question.who().user()) + " may not " + question.verb() + " "
                + target.resource() + (reason.isEmpty() ? "" : ", the cluster says " + Escaped.of(reason)));
    }

    private static void putIfFull(ObjectNode node, String field, String value) {
        if (!value.isEmpty()) {
            node.put(field, value);
        }
    }

    private static ObjectNode review(String group, String kind) {
        return MAPPER.createObjectNode().put("apiVersion", group + "/v1").put("kind", kind);
    }

    private JsonNode post(ApiPath path, ObjectNode review) {
        try {
            return MAPPER.readTree(requests.create(path, MAPPER.writeValueAsString(review)))
                    .path("status");
        } catch (ResultsException e) {
            if (e.isRetryable()) {
                throw e;
            }
            throw new ResultsException(
                    Code.UNAVAILABLE,
                    "the cluster cannot be asked about callers (" + e.getMessage()
                            + "); give this server's account the cluster role system:auth-delegator",
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException("the answer to a review is not JSON", e);
        }
    }

    private static String hash(String token) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
