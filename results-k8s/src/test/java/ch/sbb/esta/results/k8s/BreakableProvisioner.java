package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.memory.InMemoryTenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Tenants on the heap, in a database that can be down, and that counts what is done to passwords. */
final class BreakableProvisioner implements TenantProvisioner {

    private final InMemoryTenantProvisioner tenants;
    private final AtomicInteger rotations = new AtomicInteger();
    private final AtomicInteger resets = new AtomicInteger();
    private final Map<String, TenantRequest> requests = new ConcurrentHashMap<>();
    private final List<TenantFault> faults = new CopyOnWriteArrayList<>();
    private volatile @Nullable ResultsException failure;

    BreakableProvisioner(InMemoryTenantProvisioner tenants) {
        this.tenants = tenants;
    }

    void goDown() {
        failure = new ResultsException(Code.UNAVAILABLE, "the database is down");
    }

    void comeBack() {
        failure = null;
    }

    void findFault(TenantFault fault) {
        faults.add(fault);
    }

    void findNoFaults() {
        faults.clear();
    }

    int rotations() {
        return rotations.get();
    }

    int resets() {
        return resets.get();
    }

    Optional<TenantRequest> request(String namespace) {
        return Optional.ofNullable(requests.get(namespace));
    }

    Optional<Map<String, String>> login(Credentials credentials) {
        return tenants.login(credentials);
    }

    private InMemoryTenantProvisioner up() {
        ResultsException down = failure;
        if (down != null) {
            throw down;
        }
        return tenants;
    }

    @Override
    public Tenant provision(TenantRequest request) {
        requests.put(request.namespace(), request);
        return up().provision(request);
    }

    @Override
    public Optional<Tenant> find(String namespace) {
        return up().find(namespace);
    }

    /** What a test sees, also while the database is down. */
    Optional<Tenant> look(String namespace) {
        return tenants.find(namespace);
    }

    @Override
    public List<Tenant> list() {
        return up().list();
    }

    @Override
    public List<TenantFault> verify(String namespace, Credentials credentials) {
        List<TenantFault> found = up().verify(namespace, credentials);
        return found.isEmpty() ? List.copyOf(faults) : found;
    }

    @Override
    public Credentials rotate(String namespace, String inUse) {
        rotations.incrementAndGet();
        return up().rotate(namespace, inUse);
    }

    @Override
    public Credentials resetPassword(String namespace) {
        resets.incrementAndGet();
        return up().resetPassword(namespace);
    }

    @Override
    public RemovalReport remove(String namespace, Removal removal) {
        return up().remove(namespace, removal);
    }
}
