package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.Config;
import org.junit.jupiter.api.Tag;

/** The cluster of $KUBECONFIG, in the profile "cluster" only. */
@Tag("cluster")
class GivenClusterTest extends KubeApiConformance {

    @Override
    protected KubeConnection connection() {
        if (System.getenv("KUBECONFIG") == null) {
            throw new IllegalStateException("KUBECONFIG names no file: set it to the kubeconfig of a cluster");
        }
        return KubeconfigClusterTest.connection(Config.autoConfigure(null));
    }
}
