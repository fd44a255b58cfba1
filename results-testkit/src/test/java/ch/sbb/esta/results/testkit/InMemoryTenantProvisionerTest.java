package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryTenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner.Credentials;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

class InMemoryTenantProvisionerTest extends TenantProvisionerContract {

    @SuppressWarnings("NullAway.Init") // set before each test
    private InMemoryTenantProvisioner tenants;

    @Override
    protected TenantProvisioner newProvisioner(InstantSource clock) {
        tenants = new InMemoryTenantProvisioner("east-1", clock);
        return tenants;
    }

    @Override
    protected boolean write(Credentials credentials, String text) {
        Optional<Map<String, String>> data = tenants.login(credentials);
        data.ifPresent(map -> map.put("text", text));
        return data.isPresent();
    }

    @Override
    protected Optional<String> read(Credentials credentials) {
        return Optional.ofNullable(tenants.login(credentials).orElseThrow().get("text"));
    }
}
