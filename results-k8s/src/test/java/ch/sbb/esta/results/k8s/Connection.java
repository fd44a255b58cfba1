package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;

/** Which HTTP client speaks to the cluster, and whether encrypted, which then means HTTP/2. */
enum Connection {
    JDK(HttpStack.JDK, false),
    JDK_TLS(HttpStack.JDK, true),
    VERTX(HttpStack.VERTX, false),
    VERTX_TLS(HttpStack.VERTX, true);

    private final HttpStack stack;
    private final boolean encrypted;

    Connection(HttpStack stack, boolean encrypted) {
        this.stack = stack;
        this.encrypted = encrypted;
    }

    TestCluster open() {
        return open(KubeApiServer.builder());
    }

    TestCluster open(KubeApiServer.Builder server) {
        return TestCluster.start(stack, encrypted ? server.tls() : server);
    }
}
