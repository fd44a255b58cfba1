package ch.sbb.esta.results.testkit.kube;

import org.junit.jupiter.api.AutoClose;

class PodLogServerTest extends PodLogConformance {

    @AutoClose
    private final KubeApiServer server = KubeApiServer.builder().tls().start();

    @AutoClose
    private final ScriptedKubelet kubelet = new ScriptedKubelet(server);

    @Override
    protected KubeConnection connection() {
        return KubeConnection.to(server);
    }
}
