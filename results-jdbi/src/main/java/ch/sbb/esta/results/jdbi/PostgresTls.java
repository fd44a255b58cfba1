package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.jdbi.internal.PemTrustFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/**
 * Whether connections to Postgres are encrypted, and what a server must prove.
 *
 * <p>Immutable.
 */
public final class PostgresTls {

    private static final String VERIFY_FULL = "verify-full";

    private final String mode;
    private final @Nullable String authorities;

    private PostgresTls(String mode, @Nullable String authorities) {
        this.mode = mode;
        this.authorities = authorities;
    }

    /**
     * No encryption: for servers on the same machine, or behind a proxy that encrypts.
     *
     * @return the setting
     */
    public static PostgresTls disabled() {
        return new PostgresTls("disable", null);
    }

    /**
     * Encryption with whoever answers. It keeps listeners out, not impostors.
     *
     * @return the setting
     */
    public static PostgresTls unverified() {
        return new PostgresTls("require", null);
    }

    /**
     * Encryption with a server that has a certificate of a trusted authority, whatever name it bears.
     *
     * @return the setting, which trusts the authorities of the JVM
     */
    public static PostgresTls verifyAuthority() {
        return new PostgresTls("verify-ca", null);
    }

    /**
     * Encryption with a server that has a certificate of a trusted authority for the host name that was asked for.
     *
     * @return the setting, which trusts the authorities of the JVM
     */
    public static PostgresTls verifyFull() {
        return new PostgresTls(VERIFY_FULL, null);
    }

    /**
     * Trusts the authorities of a file instead of those of the JVM. It is read now; a changed file needs a new setting.
     *
     * @param pem certificates in PEM, one or many
     * @return a copy
     * @throws ResultsException {@code INVALID} when the file cannot be read, holds no certificate, or nothing is verified
     */
    public PostgresTls trusting(Path pem) {
        try {
            return trusting(Files.readAllBytes(pem));
        } catch (IOException e) {
            throw new ResultsException(
                    Code.INVALID,
                    "the certificates in " + Escaped.of(pem.toString()) + " cannot be read: "
                            + e.getClass().getSimpleName(),
                    e);
        } catch (ResultsException e) {
            throw e.about(pem);
        }
    }

    /**
     * Trusts these authorities instead of those of the JVM.
     *
     * @param pem certificates in PEM, one or many
     * @return a copy
     * @throws ResultsException {@code INVALID} when there is no certificate in it, or nothing is verified
     */
    public PostgresTls trusting(byte[] pem) {
        if (!mode.startsWith("verify")) {
            throw ResultsException.invalid("with TLS in mode " + mode
                    + " nothing is verified, so there is nothing to trust; begin with verifyFull()");
        }
        String text = new String(Objects.requireNonNull(pem, "pem"), StandardCharsets.ISO_8859_1);
        try {
            PemTrustFactory.certificates(text);
        } catch (CertificateException e) {
            throw new ResultsException(
                    Code.INVALID, "these are no certificates in PEM, -----BEGIN CERTIFICATE----- and so on", e);
        }
        return new PostgresTls(mode, text);
    }

    void apply(Properties properties) {
        properties.setProperty(PGProperty.SSL_MODE.getName(), mode);
        if (mode.startsWith("verify")) {
            String factory =
                    authorities == null ? DefaultJavaSSLFactory.class.getName() : PemTrustFactory.class.getName();
            properties.setProperty(PGProperty.SSL_FACTORY.getName(), factory);
        }
        if (authorities != null) {
            properties.setProperty(PGProperty.SSL_FACTORY_ARG.getName(), authorities);
        }
    }

    /** The mode, in the words of the driver. */
    @Override
    public String toString() {
        return mode;
    }
}
