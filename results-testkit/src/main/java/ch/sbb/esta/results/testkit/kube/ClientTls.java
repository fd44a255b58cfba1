package ch.sbb.esta.results.testkit.kube;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** TLS of a client from the PEM texts of a kubeconfig. */
final class ClientTls {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN (|RSA |EC )PRIVATE KEY-----([^-]+)-----END", Pattern.DOTALL);
    private static final char[] NO_PASSWORD = new char[0];
    // secp256r1, secp384r1, secp521r1 by the length of their private numbers.
    private static final List<String> CURVES = List.of("1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35");

    private ClientTls() {}

    static SSLContext context(KubeConnection connection) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(connection), trust(connection), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException(
                    "the certificates or the key for " + connection.url() + " are not usable: " + e.getMessage(), e);
        }
    }

    private static TrustManager @Nullable [] trust(KubeConnection connection)
            throws GeneralSecurityException, IOException {
        if (connection.caCertificate().isEmpty()) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        for (Certificate certificate : certificates(connection.caCertificate())) {
            store.setCertificateEntry("ca-" + number++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyManager @Nullable [] keys(KubeConnection connection)
            throws GeneralSecurityException, IOException {
        if (connection.clientCertificate().isEmpty()) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "client", key(connection.clientKey()), NO_PASSWORD, certificates(connection.clientCertificate()));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static Certificate[] certificates(String pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
                .toArray(Certificate[]::new);
    }

    static PrivateKey key(String pem) throws GeneralSecurityException {
        Matcher matcher = KEY.matcher(pem);
        if (!matcher.find()) {
            throw new GeneralSecurityException("the client key is not a PEM private key without password");
        }
        byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
        return switch (matcher.group(1)) {
            case "RSA " ->
                KeyFactory.getInstance("RSA")
                        .generatePrivate(wrapped(Der.sequence(Der.oid("1.2.840.113549.1.1.1"), Der.tagged(0x05)), der));
            case "EC " -> ellipticKey(der);
            default -> anyKey(new PKCS8EncodedKeySpec(der));
        };
    }

    private static PrivateKey ellipticKey(byte[] der) throws GeneralSecurityException {
        // SEC 1: SEQUENCE { INTEGER 1, OCTET STRING key, ... }; the length of the key tells the curve.
        int header = (der[1] & 0x80) == 0 ? 2 : 2 + (der[1] & 0x7f);
        int length = der[header + 4];
        String curve = CURVES.get(length <= 32 ? 0 : length <= 48 ? 1 : 2);
        byte[] algorithm = Der.sequence(Der.oid("1.2.840.10045.2.1"), Der.oid(curve));
        return KeyFactory.getInstance("EC").generatePrivate(wrapped(algorithm, der));
    }

    private static PrivateKey anyKey(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
        GeneralSecurityException last = new GeneralSecurityException("no key algorithm tried");
        for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (GeneralSecurityException e) {
                last = e;
            }
        }
        throw last;
    }

    private static PKCS8EncodedKeySpec wrapped(byte[] algorithm, byte[] key) {
        return new PKCS8EncodedKeySpec(Der.sequence(Der.integer(BigInteger.ZERO), algorithm, Der.octets(key)));
    }
}
