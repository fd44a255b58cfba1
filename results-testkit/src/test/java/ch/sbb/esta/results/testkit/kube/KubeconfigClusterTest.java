package ch.sbb.esta.results.testkit.kube;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;

/** Runs against the cluster of $KUBECONFIG; without one, against the kit's own server by a kubeconfig of its own. */
class KubeconfigClusterTest extends KubeApiConformance {

    @AutoClose
    private final KubeApiServer own = KubeApiServer.builder().tls().start();

    @Override
    protected KubeConnection connection() {
        String given = System.getenv("KUBECONFIG");
        try {
            return connection(given == null || given.isEmpty() ? own.kubeconfig() : Files.readString(Path.of(given)));
        } catch (IOException e) {
            throw new IllegalStateException("the file that KUBECONFIG names cannot be read: " + given, e);
        }
    }

    private static KubeConnection connection(String kubeconfig) throws IOException {
        Path file = Files.createTempFile("kubeconfig-", ".yaml");
        try {
            Files.writeString(file, kubeconfig);
            Config config = Config.fromKubeconfig(file.toFile());
            return new KubeConnection(
                    config.getMasterUrl().replaceAll("/+$", ""),
                    pem(config.getCaCertData(), config.getCaCertFile()),
                    text(config.getOauthToken()),
                    pem(config.getClientCertData(), config.getClientCertFile()),
                    pem(config.getClientKeyData(), config.getClientKeyFile()));
        } finally {
            Files.delete(file);
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
