package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;

/** The kit's own server, found by a kubeconfig as any cluster is. */
class KubeconfigClusterTest extends KubeApiConformance {

    @AutoClose
    private final KubeApiServer own = KubeApiServer.builder().tls().start();

    @Override
    protected KubeConnection connection() {
        return connection(Config.fromKubeconfig(own.kubeconfig()));
    }

    static KubeConnection connection(Config config) {
        try {
            return new KubeConnection(
                    config.getMasterUrl().replaceAll("/+$", ""),
                    pem(config.getCaCertData(), config.getCaCertFile()),
                    text(config.getOauthToken()),
                    pem(config.getClientCertData(), config.getClientCertFile()),
                    pem(config.getClientKeyData(), config.getClientKeyFile()));
        } catch (IOException e) {
            throw new UncheckedIOException("a certificate that the kubeconfig names cannot be read", e);
        }
    }

    private static String pem(@Nullable String data, @Nullable String file) throws IOException {
        if (data != null && !data.isEmpty()) {
            return new String(Base64.getMimeDecoder().decode(data), StandardCharsets.UTF_8);
        }
        return file == null || file.isEmpty() ? "" : Files.readString(Path.of(file));
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
