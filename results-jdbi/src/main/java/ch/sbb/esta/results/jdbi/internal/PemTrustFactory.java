package ch.sbb.esta.results.jdbi.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.postgresql.PGProperty;
import org.postgresql.ssl.WrappedFactory;

/**
 * Makes TLS sockets that trust the certificates in the driver's property {@code sslfactoryarg}, and no others. Thread-safe.
 *
 * <p>Not the driver's own for files: that looks for keys in the home directory as well, and takes no bytes.
 */
public final class PemTrustFactory extends WrappedFactory {

    /**
     * Called by the driver.
     *
     * @param properties those of a connection
     * @throws GeneralSecurityException when the certificates are unusable
     * @throws IOException when this JVM cannot make a key store
     */
    public PemTrustFactory(Properties properties) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        int count = 0;
        for (Certificate certificate : certificates(properties.getProperty(PGProperty.SSL_FACTORY_ARG.getName(), ""))) {
            trusted.setCertificateEntry("authority-" + ++count, certificate);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        factory = context.getSocketFactory();
    }

    /**
     * Reads certificates.
     *
     * @param pem one or many, in PEM
     * @return at least one
     * @throws CertificateException when there is none, or one is damaged
     */
    public static Collection<? extends Certificate> certificates(String pem) throws CertificateException {
        Collection<? extends Certificate> found = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)));
        if (found.isEmpty()) {
            throw new CertificateException("no certificate was found");
        }
        return found;
    }
}
