package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.spi.TenantProvisioner;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at one namespace and does what is to do there. One thread at a time per namespace. */
final class TenantReconciler {

    /** The name that every ResultsTenant has: a namespace is one tenant. */
    static final String NAME = "results";

    private static final Logger LOG = LoggerFactory.getLogger(TenantReconciler.class);

    /** While another operator changes a password, or has written just now. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private final ClusterObjects objects;
    private final TenantProvisioner provisioner;
    private final TenantOperatorConfig config;
    private final EventRecorder events;
    private final TenantCredentials credentials;
    private final TenantDeparture departure;

    TenantReconciler(
            ClusterObjects objects, TenantProvisioner provisioner, TenantOperatorConfig config, String instance) {
        this.objects = objects;
        this.provisioner = provisioner;
        this.config = config;
        this.events = new EventRecorder(
                objects,
                config.cluster().clock(),
                new EventRecorder.Source("results-operator", instance, "results-tenant-"));
        this.credentials = new TenantCredentials(objects, provisioner, config, events, instance);
        this.departure = new TenantDeparture(objects, provisioner, config, events);
    }

    TenantDeparture departure() {
        return departure;
    }

    /**
     * Does what is to do.
     *
     * @return when to come back
     * @throws RuntimeException when it must be tried again; it is told in the status, or logged here
     */
    Optional<Instant> reconcile(String namespace) {
        return LogFields.ofTenant(namespace).call(() -> tryTo(namespace));
    }

    private Optional<Instant> tryTo(String namespace) {
        try {
            return look(namespace);
        } catch (OutdatedException e) {
            LOG.debug("Somebody else wrote in {}, looking again", namespace, e);
            throw e;
        } catch (TenantSetback e) {
            LOG.warn("Tenant {} is not ready: {} {}", namespace, e.reason(), e.message());
            throw e;
        } catch (ResultsException e) {
            LOG.warn("Could not look at tenant {}: {}", namespace, e.getMessage());
            throw e;
        } catch (RuntimeException e) {
            LOG.error("Looking at tenant {} failed in a way that nobody thought of", namespace, e);
            throw e;
        }
    }

    private Optional<Instant> look(String namespace) {
        Optional<ObjectNode> resource = objects.find(ClusterObjects.TENANT, namespace, NAME);
        Optional<ObjectNode> place = place(namespace);
        boolean terminating = place.map(TenantReconciler::isDeleting).orElse(false);
        if (resource.isPresent()) {
            TenantSubject subject = TenantSubject.ofResource(objects, resource.get());
            if (subject.deletionTime().isPresent()) {
                departure.leave(subject, terminating);
                return Optional.empty();
            }
            return terminating ? Optional.empty() : attend(subject);
        }
        if (place.isPresent() && !terminating) {
            TenantSubject subject = TenantSubject.ofNamespace(objects, place.get());
            if (isLabelled(place.get())) {
                return attend(subject);
            }
            if (config.namespaceLabel().isPresent() && subject.hasStatusAnnotation()) {
                departure.withdraw(subject);
                return Optional.empty();
            }
        } else if (place.isPresent() && isLabelled(place.get())) {
            departure.leftLabel(namespace);
        }
        departure.sweep(namespace);
        return Optional.empty();
    }

    /** The namespace; empty also where the operator may not read it, which it can do without. */
    private Optional<ObjectNode> place(String namespace) {
        try {
            return objects.find(ClusterObjects.NAMESPACE, "", namespace);
        } catch (ResultsException e) {
            if (e.code() == Code.DENIED && config.namespaceLabel().isEmpty()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static boolean isDeleting(JsonNode object) {
        return !object.path("metadata").path("deletionTimestamp").asText().isEmpty();
    }

    private boolean isLabelled(JsonNode namespace) {
        return config.namespaceLabel()
                .filter(key -> namespace.path("metadata").path("labels").has(key))
                .isPresent();
    }

    private Optional<Instant> attend(TenantSubject subject) {
        if (subject.isResource() && !subject.hasFinalizer()) {
            subject.addFinalizer();
        }
        departure.forget(subject.namespace());
        Instant now = config.cluster().clock().instant();
        TenantStatus status = new TenantStatus(subject.status(), subject.generation(), now);
        try {
            TenantSpec spec = spec(subject);
            provision(subject, spec, status);
            Optional<Instant> next = credentials.settle(subject, spec, provisioned(subject), status);
            if (next.isEmpty()) {
                return Optional.of(now.plus(SOON));
            }
            status.set(TenantStatus.READY, "True", "Ready", "schema, login and Secret are there and verified");
            write(subject, status);
            return next.filter(when -> when.isBefore(Instant.MAX));
        } catch (TenantSetback e) {
            return setBack(subject, status, e);
        }
    }

    private TenantSpec spec(TenantSubject subject) {
        try {
            return TenantSpec.read(subject.spec(), config.secretName());
        } catch (ResultsException e) {
            throw TenantSetback.of(TenantStatus.PROVISIONED, e);
        }
    }

    private void provision(TenantSubject subject, TenantSpec spec, TenantStatus status) {
        try {
            Tenant tenant = provisioner.provision(spec.request(subject.namespace()));
            status.put("schema", tenant.schema());
            status.put("readerRole", tenant.reader());
            status.set(
                    TenantStatus.PROVISIONED,
                    "True",
                    "Provisioned",
                    "schema " + tenant.schema() + " is there with its tables and roles");
        } catch (ResultsException e) {
            throw TenantSetback.of(TenantStatus.PROVISIONED, e);
        }
    }

    private Tenant provisioned(TenantSubject subject) {
        try {
            return provisioner
                    .find(subject.namespace())
                    .orElseThrow(() -> ResultsException.notFound("tenant " + subject.namespace()));
        } catch (ResultsException e) {
            throw TenantSetback.of(TenantStatus.PROVISIONED, e);
        }
    }

    /** What is passing does not turn a known condition into its contrary, it makes it unknown. */
    private Optional<Instant> setBack(TenantSubject subject, TenantStatus status, TenantSetback setback) {
        String value = setback.isPassing() && status.isTrue(setback.condition()) ? "Unknown" : "False";
        boolean readyUnknown = setback.isPassing() && isNowReady(subject);
        status.set(setback.condition(), value, setback.reason(), setback.message());
        status.set(
                TenantStatus.READY,
                readyUnknown ? "Unknown" : "False",
                setback.reason(),
                setback.condition() + ": " + setback.message());
        credentials.dropClaim(status);
        write(subject, status);
        boolean needsAnotherSpec = setback.condition().equals(TenantStatus.PROVISIONED)
                && setback.reason().equals("Invalid");
        if (needsAnotherSpec) {
            LOG.warn("Tenant {} is not ready: {}", subject.namespace(), setback.message());
            return Optional.empty();
        }
        throw setback;
    }

    private static boolean isNowReady(TenantSubject subject) {
        String ready = TenantStatus.condition(subject.status(), TenantStatus.READY)
                .path("status")
                .asText();
        return ready.equals("True") || ready.equals("Unknown");
    }

    /** Writes the status where it changed, and an event where the tenant became ready, or not ready for another reason. */
    private void write(TenantSubject subject, TenantStatus status) {
        JsonNode before = TenantStatus.condition(subject.status(), TenantStatus.READY);
        JsonNode after = TenantStatus.condition(status.json(), TenantStatus.READY);
        subject.write(status.json());
        boolean same = before.path("status").equals(after.path("status"))
                && before.path("reason").equals(after.path("reason"));
        if (same) {
            return;
        }
        if (after.path("status").asText().equals("True")) {
            events.normal(subject, "Ready", after.path("message").asText());
        } else {
            events.warning(
                    subject,
                    after.path("reason").asText(),
                    after.path("message").asText());
        }
    }

    /** Says to a ResultsTenant of another name that it counts for nothing. */
    void refuseName(String namespace, String name) {
        Optional<ObjectNode> found = objects.find(ClusterObjects.TENANT, namespace, name);
        if (found.isEmpty()) {
            return;
        }
        TenantSubject subject = TenantSubject.ofResource(objects, found.get());
        TenantStatus status = new TenantStatus(
                subject.status(), subject.generation(), config.cluster().clock().instant());
        status.set(
                TenantStatus.READY,
                "False",
                "WrongName",
                "a namespace is one tenant, whose ResultsTenant must be named " + NAME + ", not " + Escaped.of(name));
        write(subject, status);
    }
}
