package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

/**
 * How the conformance tests reach a cluster.
 *
 * @param url the API server's address, without a slash at the end
 * @param caCertificate PEM of the authorities to trust; empty for the JDK's own
 * @param token a bearer token; empty for none
 * @param clientCertificate PEM of the client's certificate chain; empty for none
 * @param clientKey PEM of its private key: PKCS 8, PKCS 1 (RSA) or SEC 1 (EC); empty for none
 */
public record KubeConnection(
        String url, String caCertificate, String token, String clientCertificate, String clientKey) {

    /**
     * Checks that no component is null.
     *
     * @param url the API server's address
     * @param caCertificate PEM, or empty
     * @param token a bearer token, or empty
     * @param clientCertificate PEM, or empty
     * @param clientKey PEM, or empty
     */
    public KubeConnection {
        requireNonNull(url, "url");
        requireNonNull(caCertificate, "caCertificate");
        requireNonNull(token, "token");
        requireNonNull(clientCertificate, "clientCertificate");
        requireNonNull(clientKey, "clientKey");
    }

    /**
     * The connection to a server of this kit.
     *
     * @param server a running server
     * @return how to reach it
     */
    public static KubeConnection to(KubeApiServer server) {
        return new KubeConnection(server.url(), server.caCertificate(), server.token(), "", "");
    }

    @Override
    public String toString() {
        return "KubeConnection[" + url + "]";
    }
}
