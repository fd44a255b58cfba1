package ch.sbb.esta.results.testkit.kube;

import org.junit.jupiter.api.AutoClose;

class KubeApiServerPlainTest extends KubeApiConformance {

    @AutoClose
    private final KubeApiServer server = KubeApiServer.builder().start();

    @Override
    protected KubeConnection connection() {
        return KubeConnection.to(server);
    }
}
