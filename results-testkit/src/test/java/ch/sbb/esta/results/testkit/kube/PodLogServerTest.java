package ch.sbb.esta.results.testkit.kube;

import org.junit.jupiter.api.AutoClose;

class PodLogServerTest extends PodLogConformance {

    @AutoClose
    private final ScriptedKubelet kubelet =
            new ScriptedKubelet(KubeApiServer.builder().tls().start());

    @Override
    protected KubeConnection connection() {
        return KubeConnection.to(kubelet.server());
    }
}
