package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;

class Fabric8VertxTlsTest extends Fabric8ClientScenarios {

    Fabric8VertxTlsTest() {
        super(new VertxHttpClientFactory(), KubeApiServer.builder().tls().start());
    }
}
