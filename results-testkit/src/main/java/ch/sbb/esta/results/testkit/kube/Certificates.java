package ch.sbb.esta.results.testkit.kube;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/**
 * A certificate authority of one start of the server, and a certificate of it for 127.0.0.1 and localhost (RFC 5280). Made by hand because the JDK offers no
 * public way to make one, and Netty's needs a library or the JDK's internals.
 *
 * @param authority the CA's certificate, PEM
 * @param certificate the server's certificate, PEM
 * @param key the server's private key, PEM (PKCS 8)
 */
record Certificates(String authority, String certificate, String key) {

    private static final byte[] ECDSA_SHA_256 = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));
    private static final Duration BACKDATED = Duration.ofDays(1);
    private static final Duration LIFETIME = Duration.ofDays(365);
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    static Certificates make() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair authority = generator.generateKeyPair();
            KeyPair server = generator.generateKeyPair();
            byte[] issuer = name("results-testkit-ca");
            byte[] ca = certificate(issuer, issuer, authority, authority.getPrivate(), authorityExtensions());
            byte[] leaf =
                    certificate(issuer, name("kube-apiserver"), server, authority.getPrivate(), serverExtensions());
            return new Certificates(
                    pem("CERTIFICATE", ca),
                    pem("CERTIFICATE", leaf),
                    pem("PRIVATE KEY", server.getPrivate().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot make the certificate of the test server", e);
        }
    }

    private static byte[] certificate(byte[] issuer, byte[] subject, KeyPair keys, PrivateKey signer, byte[] extensions)
            throws GeneralSecurityException {
        Instant now = Instant.now();
        byte[] body = Der.sequence(
                Der.tagged(0xa0, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(63, new SecureRandom()).add(BigInteger.ONE)),
                ECDSA_SHA_256,
                issuer,
                Der.sequence(Der.time(now.minus(BACKDATED)), Der.time(now.plus(LIFETIME))),
                subject,
                keys.getPublic().getEncoded(),
                Der.tagged(0xa3, extensions));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(signer);
        signature.update(body);
        return Der.sequence(body, ECDSA_SHA_256, Der.bits(signature.sign()));
    }

    private static byte[] name(String commonName) {
        return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.text(commonName))));
    }

    private static byte[] authorityExtensions() {
        byte[] keyCertSign = {3, 2, 2, 4};
        return Der.sequence(
                Der.sequence(Der.oid("2.5.29.19"), Der.bool(), Der.octets(Der.sequence(Der.bool()))),
                Der.sequence(Der.oid("2.5.29.15"), Der.bool(), Der.octets(keyCertSign)));
    }

    private static byte[] serverExtensions() {
        byte[] names = Der.sequence(
                Der.tagged(DNS_NAME, "localhost".getBytes(StandardCharsets.US_ASCII)),
                Der.tagged(IP_ADDRESS, new byte[] {127, 0, 0, 1}));
        byte[] serverAuth = Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"));
        return Der.sequence(
                Der.sequence(Der.oid("2.5.29.17"), Der.octets(names)),
                Der.sequence(Der.oid("2.5.29.37"), Der.octets(serverAuth)));
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type + "-----\n";
    }
}
