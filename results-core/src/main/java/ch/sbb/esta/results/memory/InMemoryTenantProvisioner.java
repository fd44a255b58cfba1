package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.spi.TenantProvisioner;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Provisions tenants on the heap: the names that a database would get, two logins of which a rotation gives the other one, and a map in
 * the place of the tables. Nothing survives the process.
 *
 * <p>Names are {@code results_CLUSTER_NAMESPACE}, with the endings {@code _blue}, {@code _green} and {@code _reader} for logins; where
 * that is longer than the 63 bytes of a Postgres name or could be read in two ways, its end is a hash.
 *
 * <p>Thread-safe: every call holds one lock.
 */
public final class InMemoryTenantProvisioner implements TenantProvisioner {

    private static final int MAX_NAME = 63;
    private static final int LONGEST_ENDING = "_reader".length();
    private static final int HASH_CHARS = 16;

    private final String clusterId;
    private final SecureRandom random = new SecureRandom();
    private final NavigableMap<String, Place> places = new TreeMap<>();

    /** What is kept of a tenant, also while it is removed but retained. */
    private static final class Place {

        private final Tenant blue;
        private final Tenant green;
        private final Map<String, String> data = new ConcurrentHashMap<>();
        private boolean provisioned;
        private boolean isBlue = true;
        private char @Nullable [] bluePassword;
        private char @Nullable [] greenPassword;

        private Place(Tenant blue, Tenant green) {
            this.blue = blue;
            this.green = green;
        }

        private Tenant tenant() {
            return isBlue ? blue : green;
        }

        private void revoke() {
            provisioned = false;
            isBlue = true;
            bluePassword = null;
            greenPassword = null;
        }
    }

    /**
     * Creates a provisioner without tenants.
     *
     * @param clusterId which cluster the namespaces belong to
     * @throws ResultsException {@code INVALID} when the id is malformed
     */
    public InMemoryTenantProvisioner(String clusterId) {
        this.clusterId = new Tenant(clusterId, "any", "", "", "").clusterId();
    }

    @Override
    public synchronized Tenant provision(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        Place place = places.get(namespace);
        if (place == null) {
            String name = name(namespace);
            place = new Place(
                    new Tenant(clusterId, namespace, name, name + "_blue", name + "_reader"),
                    new Tenant(clusterId, namespace, name, name + "_green", name + "_reader"));
            places.put(namespace, place);
        }
        place.provisioned = true;
        return place.tenant();
    }

    /** Two tenants never get one name: where a part has an underscore itself, the hash says where the parts meet. */
    private String name(String namespace) {
        String name = "results_" + clusterId + "_" + namespace;
        boolean ambiguous = clusterId.contains("_") || namespace.contains("_");
        int max = MAX_NAME - LONGEST_ENDING;
        if (name.length() <= max && !ambiguous) {
            return name;
        }
        int kept = Math.min(name.length(), max - HASH_CHARS - 1);
        return name.substring(0, kept) + "_" + hash(clusterId + "/" + namespace);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public synchronized Optional<Tenant> find(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        return Optional.ofNullable(places.get(namespace))
                .filter(place -> place.provisioned)
                .map(Place::tenant);
    }

    @Override
    public synchronized List<Tenant> list() {
        return places.values().stream()
                .filter(place -> place.provisioned)
                .map(Place::tenant)
                .toList();
    }

    @Override
    public synchronized List<String> verify(String namespace) {
        Place place = get(namespace);
        char[] password = place.isBlue ? place.bluePassword : place.greenPassword;
        return password == null
                ? List.of("login " + place.tenant().user() + " has no password yet; rotate the tenant's credentials")
                : List.of();
    }

    @Override
    public synchronized Credentials rotate(String namespace) {
        Place place = get(namespace);
        char[] password = newPassword();
        boolean first = place.bluePassword == null;
        place.isBlue = first || !place.isBlue;
        if (place.isBlue) {
            place.bluePassword = password;
        } else {
            place.greenPassword = password;
        }
        return new Credentials(place.tenant().user(), password);
    }

    private char[] newPassword() {
        byte[] bytes = new byte[24];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).toCharArray();
    }

    private Place get(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        Place place = places.get(namespace);
        if (place == null || !place.provisioned) {
            throw ResultsException.notFound("tenant " + clusterId + "/" + namespace);
        }
        return place;
    }

    @Override
    public synchronized void remove(String namespace, Reclaim reclaim) {
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(reclaim, "reclaim");
        Place place = places.get(namespace);
        if (place == null) {
            return;
        }
        place.revoke();
        if (reclaim == Reclaim.DELETE) {
            places.remove(namespace);
        }
    }

    /**
     * Logs in, as a client of the database would.
     *
     * @param credentials user and password
     * @return the data of the tenant whose login it is, for reading and writing; empty when the login is refused
     */
    public synchronized Optional<Map<String, String>> login(Credentials credentials) {
        return places.values().stream()
                .filter(place -> matches(place, credentials))
                .map(place -> place.data)
                .findFirst();
    }

    private static boolean matches(Place place, Credentials credentials) {
        char[] password = credentials.user().equals(place.blue.user())
                ? place.bluePassword
                : credentials.user().equals(place.green.user()) ? place.greenPassword : null;
        return place.provisioned && password != null && Arrays.equals(password, credentials.password());
    }
}
