package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.k8s.TenantOperatorConfig.Exposure;
import ch.sbb.esta.results.spi.TenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the Secret of one tenant holds credentials that work. Nothing is published that was not verified, and no password is
 * changed before the tenant's status says who changes it: of two operators one writes first, and the other one finds its reading outdated.
 */
final class TenantCredentials {

    private static final Logger LOG = LoggerFactory.getLogger(TenantCredentials.class);
    private static final Duration CLAIM = Duration.ofMinutes(2);
    private static final String CLAIM_FIELD = "claim";
    private static final int MOST_FAULTS = 5;

    private final ClusterObjects objects;
    private final TenantProvisioner provisioner;
    private final TenantOperatorConfig config;
    private final EventRecorder events;
    private final String instance;

    TenantCredentials(
            ClusterObjects objects,
            TenantProvisioner provisioner,
            TenantOperatorConfig config,
            EventRecorder events,
            String instance) {
        this.objects = objects;
        this.provisioner = provisioner;
        this.config = config;
        this.events = events;
        this.instance = instance;
    }

    /** Why a password is changed. */
    private enum Change {
        /** There is no Secret, or somebody edited it. */
        RESET,
        /** It is time. */
        ROTATE,
        /** The credentials are as they were written, and do not work any more. */
        REPLACE
    }

    /**
     * One look at a tenant.
     *
     * @param secret what is there under the name that it shall have
     */
    private record Look(TenantSubject subject, TenantSpec spec, Tenant tenant, Optional<TenantSecret> secret) {

        String namespace() {
            return subject.namespace();
        }
    }

    /**
     * Brings the Secret to its due form.
     *
     * @return when to come back; empty when another operator is at it, who must be given some time
     * @throws TenantSetback when that is not possible
     */
    Optional<Instant> settle(TenantSubject subject, TenantSpec spec, Tenant tenant, TenantStatus status) {
        Look look = new Look(subject, spec, tenant, read(subject, spec.secretName()));
        look.secret().ifPresent(found -> requireOurs(found, look));
        Optional<TenantSecret> former = former(look, status);
        Optional<TenantSecret> source = look.secret().isPresent() ? look.secret() : former;
        Optional<Change> change = change(look, source, status);
        Instant rotated;
        Credentials credentials;
        if (change.isEmpty()) {
            TenantSecret kept = source.orElseThrow();
            credentials = kept.credentials().orElseThrow();
            rotated = kept.rotated();
        } else {
            if (!claim(subject, status)) {
                return Optional.empty();
            }
            LOG.info("Changing a password of tenant {}: {}", subject.namespace(), change.get());
            credentials = renew(look, change.get(), source);
            rotated = config.cluster().clock().instant();
            check(provisionerVerify(look, credentials), status);
        }
        publish(look, desired(look, credentials, rotated));
        change.ifPresent(made -> tell(look, made));
        former.ifPresent(old -> objects.delete(ClusterObjects.SECRET, look.namespace(), old.object()));
        status.set(
                TenantStatus.SECRET_READY,
                "True",
                "Written",
                "Secret " + spec.secretName() + " holds verified credentials");
        status.put("secretName", spec.secretName());
        status.put("user", credentials.user());
        status.put("lastRotationTime", TenantStatus.time(rotated));
        dropClaim(status);
        Optional<Instant> due = due(look, rotated);
        due.ifPresentOrElse(
                when -> status.put("nextRotationTime", TenantStatus.time(when)),
                () -> status.remove("nextRotationTime"));
        return Optional.of(due.orElse(Instant.MAX));
    }

    private Optional<TenantSecret> read(TenantSubject subject, String name) {
        return kubernetes(name, () -> TenantSecret.find(objects, subject.namespace(), name));
    }

    private static void requireOurs(TenantSecret found, Look look) {
        if (!found.isOurs(look.namespace())) {
            throw TenantSetback.of(
                    TenantStatus.SECRET_READY,
                    "NotOurs",
                    "Secret " + look.spec().secretName() + " is there and was not written by the operator; it is left"
                            + " as it is. Delete it, or choose another secretName");
        }
    }

    /** The Secret under the name that it had before the spec was changed. */
    private Optional<TenantSecret> former(Look look, TenantStatus status) {
        String name = status.text("secretName");
        return name.isEmpty() || name.equals(look.spec().secretName())
                ? Optional.empty()
                : read(look.subject(), name).filter(secret -> secret.isOurs(look.namespace()));
    }

    private Optional<Change> change(Look look, Optional<TenantSecret> source, TenantStatus status) {
        if (source.isEmpty() || source.get().credentials().isEmpty()) {
            return Optional.of(Change.RESET);
        }
        TenantSecret secret = source.get();
        Credentials credentials = secret.credentials().orElseThrow();
        boolean edited = secret.isEdited();
        if (edited && !credentials.user().equals(look.tenant().user())) {
            // Whoever edits a Secret does not make the operator log in as somebody else.
            return Optional.of(Change.RESET);
        }
        List<TenantFault> faults = provisionerVerify(look, credentials);
        if (isBroken(faults)) {
            return Optional.of(edited ? Change.RESET : Change.REPLACE);
        }
        check(faults, status);
        boolean isDue = due(look, secret.rotated())
                .filter(when -> !when.isAfter(config.cluster().clock().instant()))
                .isPresent();
        return isDue ? Optional.of(Change.ROTATE) : Optional.empty();
    }

    private Optional<Instant> due(Look look, Instant rotated) {
        Duration period = look.spec().rotationPeriod() == null
                ? config.rotationPeriod().orElse(null)
                : look.spec().rotationPeriod();
        if (period == null) {
            return Optional.empty();
        }
        // Up to a tenth earlier, so that tenants made together do not rotate together; every operator finds the same
        // time.
        int share = Math.floorMod(look.namespace().hashCode() ^ Long.hashCode(rotated.getEpochSecond()), 1000);
        return Optional.of(rotated.plus(period).minus(period.multipliedBy(share).dividedBy(10_000)));
    }

    private List<TenantFault> provisionerVerify(Look look, Credentials credentials) {
        return database(TenantStatus.VERIFIED, () -> provisioner.verify(look.namespace(), credentials));
    }

    private static boolean isBroken(List<TenantFault> faults) {
        return faults.stream().anyMatch(fault -> fault.effect() == Effect.BROKEN);
    }

    /** Writes what verification found. */
    private void check(List<TenantFault> faults, TenantStatus status) {
        if (faults.isEmpty()) {
            status.set(TenantStatus.VERIFIED, "True", "Verified", "logged in, wrote, read, and was refused elsewhere");
            return;
        }
        String text = faults.stream()
                .limit(MOST_FAULTS)
                .map(TenantFault::toString)
                .collect(Collectors.joining(" | ", "", faults.size() > MOST_FAULTS ? " | and more" : ""));
        boolean broken = isBroken(faults);
        if (broken || config.exposure() == Exposure.REFUSE) {
            throw TenantSetback.of(TenantStatus.VERIFIED, broken ? "Broken" : "Exposed", text);
        }
        status.set(TenantStatus.VERIFIED, "True", "Exposed", text);
    }

    /** Says in the status that this operator changes the password. False when another one says so. */
    private boolean claim(TenantSubject subject, TenantStatus status) {
        ObjectNode before = subject.status();
        if (isClaimedElsewhere(before)) {
            return false;
        }
        Instant now = config.cluster().clock().instant();
        before.putObject(CLAIM_FIELD).put("holder", instance).put("since", now.toString());
        subject.write(before);
        status.remove(CLAIM_FIELD);
        return true;
    }

    /** A claim ends after some minutes: its operator may be gone. What it did late is found by verification. */
    private boolean isClaimedElsewhere(JsonNode status) {
        JsonNode claim = status.path(CLAIM_FIELD);
        String holder = claim.path("holder").asText();
        Instant since = instant(claim.path("since").asText());
        Instant now = config.cluster().clock().instant();
        return !holder.isEmpty()
                && !holder.equals(instance)
                && since != null
                && since.isAfter(now.minus(CLAIM))
                && since.isBefore(now.plus(CLAIM));
    }

    /** Ends a claim of this operator, and one that has run out. */
    void dropClaim(TenantStatus status) {
        if (!isClaimedElsewhere(status.json())) {
            status.remove(CLAIM_FIELD);
        }
    }

    private static @Nullable Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private Credentials renew(Look look, Change change, Optional<TenantSecret> source) {
        String namespace = look.namespace();
        return database(TenantStatus.VERIFIED, () -> {
            if (change == Change.RESET) {
                return provisioner.resetPassword(namespace);
            }
            String inUse =
                    source.flatMap(TenantSecret::credentials).orElseThrow().user();
            try {
                return provisioner.rotate(namespace, inUse);
            } catch (ResultsException e) {
                if (e.code() != Code.INVALID) {
                    throw e;
                }
                // The Secret is from before the tenant was deleted and made again.
                return provisioner.resetPassword(namespace);
            }
        });
    }

    private ObjectNode desired(Look look, Credentials credentials, Instant rotated) {
        DatabaseAddress database = config.database();
        Map<String, String> entries = new HashMap<>(furtherEntries(look.tenant()));
        entries.put(TenantSecret.USER, credentials.user());
        entries.put(TenantSecret.PASSWORD, new String(credentials.password()));
        entries.put("DB_HOST", database.host());
        entries.put("DB_PORT", Integer.toString(database.port()));
        entries.put("DB_NAME", database.name());
        entries.put("DB_SCHEMA", look.tenant().schema());
        entries.put("jdbc-url", database.jdbcUrl(look.tenant().schema()));
        return TenantSecret.desired(look.subject(), look.spec().secretName(), entries, rotated);
    }

    private Map<String, String> furtherEntries(Tenant tenant) {
        try {
            return config.secretEntries().apply(tenant);
        } catch (RuntimeException e) {
            throw TenantSetback.of(
                    TenantStatus.SECRET_READY,
                    "NoEntries",
                    "the embedder's further entries of the Secret failed with "
                            + e.getClass().getName() + " " + Escaped.of(String.valueOf(e.getMessage())));
        }
    }

    private void publish(Look look, ObjectNode desired) {
        kubernetes(look.spec().secretName(), () -> {
            if (look.secret().isEmpty()) {
                return objects.create(ClusterObjects.SECRET, look.namespace(), desired);
            }
            TenantSecret found = look.secret().get();
            return found.equalsDesired(desired)
                    ? found.object()
                    : objects.replace(ClusterObjects.SECRET, look.namespace(), found.replacement(desired));
        });
    }

    private void tell(Look look, Change change) {
        String secret = "Secret " + look.spec().secretName();
        switch (change) {
            case RESET ->
                events.normal(
                        look.subject(),
                        "SecretWritten",
                        secret + (look.secret().isEmpty() ? " was made" : " had been edited and was made anew")
                                + ", with a new password");
            case ROTATE ->
                events.normal(
                        look.subject(), "Rotated", secret + " has another login; the one before works until next time");
            case REPLACE ->
                events.warning(
                        look.subject(), "Replaced", secret + " held credentials that did not work, and has others now");
        }
    }

    private static <T> T database(String condition, Supplier<T> call) {
        try {
            return call.get();
        } catch (ResultsException e) {
            throw TenantSetback.of(condition, e);
        }
    }

    private static <T> T kubernetes(String secret, Supplier<T> call) {
        try {
            return call.get();
        } catch (ResultsException e) {
            if (e.code() != Code.DENIED) {
                throw TenantSetback.of(TenantStatus.SECRET_READY, e);
            }
            throw TenantSetback.of(
                    TenantStatus.SECRET_READY,
                    "Denied",
                    e.getMessage() + "; let the operator's ClusterRole name the Secret " + secret
                            + " in resourceNames, or choose the name that it has");
        }
    }
}
