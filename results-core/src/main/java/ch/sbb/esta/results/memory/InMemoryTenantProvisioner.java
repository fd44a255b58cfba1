package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Removal.Reclaim;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.RemovalReport.Volume;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.spi.TenantProvisioner;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Provisions tenants on the heap: the names that a database would get, two logins, and a map in the place of the tables. Nothing survives the
 * process. Names are those of {@link TenantNames}.
 *
 * <p>Thread-safe: every call holds one lock.
 */
public final class InMemoryTenantProvisioner implements TenantProvisioner {

    private static final int PASSWORD_BYTES = 24;

    private final String clusterId;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final NavigableMap<String, Place> places = new TreeMap<>();

    /** What is kept of a tenant, also while it is removed but not deleted. */
    private static final class Place {

        private final TenantNames names;
        private final String schema;
        private final Map<String, String> data = new ConcurrentHashMap<>();
        private final Map<String, char[]> passwords = new HashMap<>();
        private String user;
        private State state = State.ACTIVE;
        private @Nullable Instant removed;
        private @Nullable Instant due;

        private Place(TenantNames names, String schema) {
            this.names = names;
            this.schema = schema;
            this.user = names.blue();
        }

        private List<String> roles() {
            return List.of(names.owner(), names.blue(), names.green(), names.reader());
        }

        private void revoke(State newState, Instant now) {
            passwords.clear();
            state = newState;
            removed = removed == null ? now : removed;
        }
    }

    /**
     * Creates a provisioner without tenants.
     *
     * @param clusterId which cluster the namespaces belong to
     * @throws ResultsException {@code INVALID} when the id is malformed
     */
    public InMemoryTenantProvisioner(String clusterId) {
        this(clusterId, InstantSource.system());
    }

    /**
     * Creates a provisioner without tenants that takes the time from a clock.
     *
     * @param clusterId which cluster the namespaces belong to
     * @param clock by which grace periods are reckoned
     * @throws ResultsException {@code INVALID} when the id is malformed
     */
    public InMemoryTenantProvisioner(String clusterId, InstantSource clock) {
        TenantNames.runtime(clusterId);
        this.clusterId = clusterId;
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public synchronized Tenant provision(TenantRequest request) {
        String namespace = request.namespace();
        Place place = places.get(namespace);
        if (place == null) {
            TenantNames names = TenantNames.of(clusterId, namespace);
            place = new Place(names, request.schema().orElse(names.schema()));
            requireFree(place.schema);
            places.put(namespace, place);
        } else if (!request.schema().orElse(place.schema).equals(place.schema)) {
            throw ResultsException.invalid("tenant " + clusterId + "/" + namespace + " is in schema "
                    + Escaped.of(place.schema) + ", which cannot be changed to "
                    + Escaped.of(request.schema().orElseThrow()));
        }
        place.state = State.ACTIVE;
        place.removed = null;
        place.due = null;
        return tenant(namespace, place);
    }

    private void requireFree(String schema) {
        if (places.values().stream().anyMatch(place -> place.schema.equals(schema))) {
            throw new ResultsException(
                    Code.CONFLICT, "schema " + Escaped.of(schema) + " belongs to another tenant; choose another name");
        }
    }

    private Tenant tenant(String namespace, Place place) {
        return new Tenant(
                clusterId, namespace, place.schema, place.names.owner(), place.user, place.names.reader(), place.state);
    }

    @Override
    public synchronized Optional<Tenant> find(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        return Optional.ofNullable(places.get(namespace)).map(place -> tenant(namespace, place));
    }

    @Override
    public synchronized List<Tenant> list() {
        return places.entrySet().stream()
                .map(entry -> tenant(entry.getKey(), entry.getValue()))
                .toList();
    }

    @Override
    public synchronized List<TenantFault> verify(String namespace, Credentials credentials) {
        Place place = get(namespace);
        if (place.state != State.ACTIVE) {
            return List.of(new TenantFault(
                    Effect.BROKEN,
                    "tenant " + clusterId + "/" + namespace + " is " + place.state,
                    "provision it again"));
        }
        if (!matches(place, credentials)) {
            return List.of(new TenantFault(
                    Effect.BROKEN,
                    "login " + Escaped.of(credentials.user()) + " is refused",
                    "reset the tenant's password and publish the new credentials"));
        }
        return List.of();
    }

    @Override
    public synchronized Credentials rotate(String namespace, String inUse) {
        Place place = getActive(namespace);
        if (inUse.equals(place.names.blue())) {
            place.user = place.names.green();
        } else if (inUse.equals(place.names.green())) {
            place.user = place.names.blue();
        } else {
            throw ResultsException.invalid(Escaped.of(inUse) + " is no login of tenant " + clusterId + "/" + namespace);
        }
        return newPassword(place);
    }

    @Override
    public synchronized Credentials resetPassword(String namespace) {
        return newPassword(getActive(namespace));
    }

    private Credentials newPassword(Place place) {
        byte[] bytes = new byte[PASSWORD_BYTES];
        random.nextBytes(bytes);
        char[] password =
                Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).toCharArray();
        place.passwords.put(place.user, password);
        return new Credentials(place.user, password);
    }

    private Place get(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        Place place = places.get(namespace);
        if (place == null) {
            throw ResultsException.notFound("tenant " + clusterId + "/" + namespace);
        }
        return place;
    }

    private Place getActive(String namespace) {
        Place place = get(namespace);
        if (place.state != State.ACTIVE) {
            throw new ResultsException(
                    Code.CONFLICT,
                    "tenant " + clusterId + "/" + namespace + " is " + place.state + "; provision it again first");
        }
        return place;
    }

    @Override
    public synchronized RemovalReport remove(String namespace, Removal removal) {
        Objects.requireNonNull(namespace, "namespace");
        Place place = places.get(namespace);
        if (place == null) {
            return RemovalReport.ABSENT;
        }
        Instant now = clock.instant();
        Instant asked = (place.removed == null ? now : place.removed).plus(removal.grace());
        Instant due = place.due != null && place.due.isAfter(asked) ? place.due : asked;
        Outcome outcome = removal.reclaim() == Reclaim.RETAIN
                ? Outcome.RETAINED
                : due.isAfter(now) ? Outcome.SCHEDULED : Outcome.DELETED;
        if (removal.mode() == Removal.Mode.REMOVE) {
            place.revoke(removal.reclaim() == Reclaim.RETAIN ? State.RETAINED : State.DELETING, now);
            place.due = removal.reclaim() == Reclaim.RETAIN ? null : due;
            if (outcome == Outcome.DELETED) {
                places.remove(namespace);
            }
        }
        return new RemovalReport(
                outcome, place.schema, place.roles(), outcome == Outcome.SCHEDULED ? due : null, volume(place));
    }

    private static Volume volume(Place place) {
        return new Volume(
                1, place.data.values().stream().mapToLong(String::length).sum());
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
        char[] password = place.passwords.get(credentials.user());
        return password != null && Arrays.equals(password, credentials.password());
    }
}
