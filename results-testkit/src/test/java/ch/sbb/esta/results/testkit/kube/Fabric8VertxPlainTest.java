package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;

class Fabric8VertxPlainTest extends Fabric8ClientScenarios {

    Fabric8VertxPlainTest() {
        super(new VertxHttpClientFactory(), KubeApiServer.builder().start());
    }
}
