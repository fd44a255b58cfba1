package ch.sbb.esta.results.testkit.kube;

import org.junit.jupiter.api.AutoClose;

class KubeApiServerTlsTest extends KubeApiConformance {

    @AutoClose
    private final KubeApiServer server = KubeApiServer.builder().tls().start();

    @Override
    protected KubeConnection connection() {
        return KubeConnection.to(server);
    }
}
