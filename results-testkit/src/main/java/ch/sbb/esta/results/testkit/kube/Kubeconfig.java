package ch.sbb.esta.results.testkit.kube;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The file by which clients find a server (documentation page "Organizing Cluster Access Using kubeconfig Files"). */
final class Kubeconfig {

    private Kubeconfig() {}

    static String text(String url, String authority, String token) {
        String trust = authority.isEmpty()
                ? ""
                : "\n    certificate-authority-data: "
                        + Base64.getEncoder().encodeToString(authority.getBytes(StandardCharsets.US_ASCII));
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: results-testkit
                  cluster:
                    server: %s%s
                users:
                - name: results-testkit
                  user:
                    token: %s
                contexts:
                - name: results-testkit
                  context:
                    cluster: results-testkit
                    user: results-testkit
                    namespace: default
                current-context: results-testkit
                """.formatted(url, trust, token);
    }
}
