package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;

class Fabric8JdkPlainTest extends Fabric8ClientScenarios {

    Fabric8JdkPlainTest() {
        super(new JdkHttpClientFactory(), KubeApiServer.builder().start());
    }
}
