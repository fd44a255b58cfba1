package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Impersonation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A user of the cluster, as a TokenReview tells it and a SubjectAccessReview is asked about it.
 *
 * @param user the name
 * @param uid empty for none
 */
record Identity(String user, String uid, List<String> groups, Map<String, List<String>> extra) {

    private static final String SERVICE_ACCOUNT = "system:serviceaccount:";
    private static final String AUTHENTICATED = "system:authenticated";

    static Identity of(JsonNode user) {
        List<String> groups = new ArrayList<>();
        user.path("groups").forEach(group -> groups.add(group.asText()));
        Map<String, List<String>> extra = new TreeMap<>();
        user.path("extra").properties().forEach(entry -> {
            List<String> values = new ArrayList<>();
            entry.getValue().forEach(value -> values.add(value.asText()));
            extra.put(entry.getKey(), values);
        });
        return new Identity(user.path("username").asText(), user.path("uid").asText(), groups, extra);
    }

    /** With the groups that the API server itself adds to who is impersonated. */
    static Identity of(Impersonation as) {
        List<String> groups = new ArrayList<>(as.groups());
        if (groups.isEmpty() && isServiceAccount(as.user())) {
            groups.add("system:serviceaccounts");
            groups.add("system:serviceaccounts:" + namespace(as.user()));
        }
        if (!as.user().equals("system:anonymous") && !groups.contains(AUTHENTICATED)) {
            groups.add(AUTHENTICATED);
        }
        return new Identity(as.user(), as.uid().orElse(""), groups, as.extra());
    }

    static boolean isServiceAccount(String user) {
        return user.startsWith(SERVICE_ACCOUNT) && user.split(":", -1).length == 4;
    }

    static String namespace(String serviceAccount) {
        return serviceAccount.split(":", -1)[2];
    }

    static String name(String serviceAccount) {
        return serviceAccount.split(":", -1)[3];
    }

    void writeTo(ObjectNode spec) {
        spec.put("user", user);
        if (!uid.isEmpty()) {
            spec.put("uid", uid);
        }
        groups.forEach(spec.putArray("groups")::add);
        ObjectNode all = spec.putObject("extra");
        extra.forEach((key, values) -> {
            ArrayNode list = all.putArray(key);
            values.forEach(list::add);
        });
    }
}
