package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Removal.Reclaim;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.TenantRequest;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a ResultsTenant asks for. The definition of the custom resource checks the same, but not every object has gone through it.
 *
 * @param rotationPeriod null for never
 * @param statementTimeout null for that of the database
 */
record TenantSpec(
        @Nullable String schema,
        int connectionLimit,
        @Nullable Duration statementTimeout,
        Reclaim reclaim,
        @Nullable Duration rotationPeriod,
        String secretName) {

    private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_-]{0,62}");
    private static final Pattern SECRET = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern DURATION =
            Pattern.compile("(?=[0-9])(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?");
    private static final int MOST_CONNECTIONS = 10_000;
    private static final Duration SHORTEST_ROTATION = Duration.ofHours(1);
    private static final Duration LONGEST_ROTATION = Duration.ofDays(3650);
    private static final Map<String, Reclaim> POLICIES = Map.of("Retain", Reclaim.RETAIN, "Delete", Reclaim.DELETE);

    /** Reads the spec of a ResultsTenant. Unknown fields are those of later versions. */
    static TenantSpec read(JsonNode spec, String defaultSecret) {
        List<String> wrong = new ArrayList<>();
        String schema = text(spec, "schema", SCHEMA, wrong);
        String secret = text(spec, "secretName", SECRET, wrong);
        int connections = connections(spec, wrong);
        Duration timeout = duration(spec, "statementTimeout", Duration.ofSeconds(1), Duration.ofDays(1), wrong);
        Duration rotation = duration(spec, "rotationPeriod", SHORTEST_ROTATION, LONGEST_ROTATION, wrong);
        JsonNode policy = spec.path("reclaimPolicy");
        if (isSet(policy) && !POLICIES.containsKey(policy.asText())) {
            wrong.add("reclaimPolicy " + Escaped.of(policy.asText()) + " is neither Retain nor Delete");
        }
        if (!wrong.isEmpty()) {
            throw ResultsException.invalid("spec: " + String.join("; ", wrong));
        }
        return new TenantSpec(
                schema, connections, timeout, reclaim(spec), rotation, secret == null ? defaultSecret : secret);
    }

    /** What becomes of the data, also where the rest of the spec is wrong: nothing is deleted unless that is said clearly. */
    static Reclaim reclaim(JsonNode spec) {
        return POLICIES.getOrDefault(spec.path("reclaimPolicy").asText(), Reclaim.RETAIN);
    }

    TenantRequest request(String namespace) {
        TenantRequest request = TenantRequest.of(namespace);
        if (schema != null) {
            request = request.schema(schema);
        }
        if (connectionLimit > 0) {
            request = request.connectionLimit(connectionLimit);
        }
        return statementTimeout == null ? request : request.statementTimeout(statementTimeout);
    }

    private static @Nullable String text(JsonNode spec, String field, Pattern pattern, List<String> wrong) {
        JsonNode value = spec.path(field);
        if (!isSet(value)) {
            return null;
        }
        if (!value.isTextual() || !pattern.matcher(value.asText()).matches()) {
            wrong.add(field + " " + Escaped.of(value.asText()) + " does not match " + pattern);
        }
        return value.asText();
    }

    private static int connections(JsonNode spec, List<String> wrong) {
        JsonNode value = spec.path("connectionLimit");
        if (!isSet(value)) {
            return 0;
        }
        if (!value.isIntegralNumber() || value.asLong() < 1 || value.asLong() > MOST_CONNECTIONS) {
            wrong.add("connectionLimit " + Escaped.of(value.asText()) + " is not between 1 and " + MOST_CONNECTIONS);
        }
        return value.asInt();
    }

    private static @Nullable Duration duration(
            JsonNode spec, String field, Duration shortest, Duration longest, List<String> wrong) {
        JsonNode value = spec.path(field);
        if (!isSet(value)) {
            return null;
        }
        Matcher matcher = DURATION.matcher(value.asText());
        if (!matcher.matches()) {
            wrong.add(field + " " + Escaped.of(value.asText()) + " is no duration such as 30d, 12h or 1h30m");
            return null;
        }
        Duration duration = Duration.ofDays(number(matcher, 1))
                .plusHours(number(matcher, 2))
                .plusMinutes(number(matcher, 3))
                .plusSeconds(number(matcher, 4));
        if (duration.compareTo(shortest) < 0 || duration.compareTo(longest) > 0) {
            wrong.add(field + " " + value.asText() + " is not between " + shortest + " and " + longest);
        }
        return duration;
    }

    private static long number(Matcher matcher, int group) {
        String digits = matcher.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private static boolean isSet(JsonNode value) {
        return !value.isMissingNode() && !value.isNull();
    }
}
