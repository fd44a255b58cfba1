package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A Secret that holds the credentials of a tenant, as it was read. Its text form shows nothing of it. */
final class TenantSecret {

    static final String USER = "POSTGRES_USER";
    static final String PASSWORD = "POSTGRES_PASSWORD";

    /** Marks a Secret as one of the operator's; its value is the namespace, so that a copy elsewhere is not. */
    static final String LABEL = ClusterObjects.GROUP + "/tenant";

    static final String ROTATED = ClusterObjects.GROUP + "/rotated-at";
    static final String CHECKSUM = ClusterObjects.GROUP + "/checksum";

    private final ObjectNode object;

    private TenantSecret(ObjectNode object) {
        this.object = object;
    }

    static Optional<TenantSecret> find(ClusterObjects objects, String namespace, String name) {
        return objects.find(ClusterObjects.SECRET, namespace, name).map(TenantSecret::new);
    }

    /** The object to write: new, or in the place of the one that was read. */
    static ObjectNode desired(TenantSubject subject, String name, Map<String, String> entries, Instant rotated) {
        ObjectNode secret = ClusterObjects.object();
        secret.put("apiVersion", "v1").put("kind", "Secret").put("type", "Opaque");
        ObjectNode metadata = secret.putObject("metadata");
        metadata.put("namespace", subject.namespace()).put("name", name);
        metadata.putObject("labels").put(LABEL, subject.namespace());
        ObjectNode data = secret.putObject("data");
        new TreeMap<>(entries)
                .forEach((key, value) ->
                        data.put(key, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))));
        metadata.putObject("annotations")
                .put(ROTATED, rotated.toString())
                .put(CHECKSUM, checksum(data, rotated.toString()));
        metadata.putArray("ownerReferences").add(subject.ownerReference());
        return secret;
    }

    ObjectNode object() {
        return object;
    }

    boolean isOurs(String namespace) {
        return metadata().path("labels").path(LABEL).asText().equals(namespace);
    }

    /** Whether its content is not what the operator wrote. Who edits it may make this fit, too; logging in tells then. */
    boolean isEdited() {
        return !annotation(CHECKSUM).equals(checksum(object.path("data"), annotation(ROTATED)));
    }

    Optional<Credentials> credentials() {
        Optional<String> user = text(USER);
        Optional<String> password = text(PASSWORD);
        return user.isEmpty() || password.isEmpty() || user.get().isEmpty()
                ? Optional.empty()
                : Optional.of(new Credentials(user.get(), password.get().toCharArray()));
    }

    /** When its credentials were made; when the Secret was where nobody can read that. */
    Instant rotated() {
        try {
            return Instant.parse(annotation(ROTATED));
        } catch (DateTimeException e) {
            return created();
        }
    }

    private Instant created() {
        try {
            return Instant.parse(metadata().path("creationTimestamp").asText());
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }

    /** Whether writing the desired object would change anything that is the operator's. */
    boolean equalsDesired(ObjectNode desired) {
        JsonNode wanted = desired.path("metadata");
        return object.path("data").equals(desired.path("data"))
                && metadata()
                        .path("ownerReferences")
                        .toString()
                        .equals(wanted.path("ownerReferences").toString())
                && annotation(CHECKSUM)
                        .equals(wanted.path("annotations").path(CHECKSUM).asText());
    }

    /** The desired object in the place of this one: what others put into its metadata stays. */
    ObjectNode replacement(ObjectNode desired) {
        ObjectNode replacement = desired.deepCopy();
        ObjectNode metadata = metadata().deepCopy();
        JsonNode wanted = desired.path("metadata");
        metadata.withObject("labels").setAll((ObjectNode) wanted.path("labels"));
        metadata.withObject("annotations").setAll((ObjectNode) wanted.path("annotations"));
        metadata.set("ownerReferences", wanted.path("ownerReferences"));
        replacement.set("metadata", metadata);
        // The type of a Secret cannot be changed.
        replacement.set("type", object.path("type"));
        return replacement;
    }

    private Optional<String> text(String key) {
        try {
            JsonNode value = object.path("data").path(key);
            return value.isTextual()
                    ? Optional.of(new String(Base64.getDecoder().decode(value.asText()), StandardCharsets.UTF_8))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private String annotation(String name) {
        return metadata().path("annotations").path(name).asText();
    }

    private JsonNode metadata() {
        return object.path("metadata");
    }

    /** Passwords are long random ones: their hash gives nothing away. */
    private static String checksum(JsonNode data, String rotated) {
        TreeMap<String, String> sorted = new TreeMap<>();
        data.properties()
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue().asText()));
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((rotated + sorted).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
