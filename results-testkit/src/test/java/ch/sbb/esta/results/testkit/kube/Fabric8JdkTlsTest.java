package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;

class Fabric8JdkTlsTest extends Fabric8ClientScenarios {

    Fabric8JdkTlsTest() {
        super(new JdkHttpClientFactory(), KubeApiServer.builder().tls().start());
    }
}
